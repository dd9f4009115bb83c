import ArgumentParser
import ExchangeCore
@_spi(Programs) import ExchangeTesting
import Foundation

struct Disaster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wipes one node's disk, puts back another's, runs a third twice, and looks for what was lost.",
        discussion: """
            Nodes are processes; agencies exchange messages all the time. Meanwhile a backup is made of one node, and \
            the folder of another is copied. Then, at once: of a third node everything is removed but its keys, its \
            configuration and what an authority publishes, and it begins anew (exchange-node new-store); the first gets \
            its backup back (exchange-node restore); and the copy of the second is started beside the original.

            In the end every accepted message has been handed to each of its recipients; what came twice was flagged; \
            every pair's tallies agree; the copy is turned away by all; and the openssl command verifies every receipt. \
            What a wiped node had accepted and nobody had yet, its agency hands in again: no protocol finds that.

            EXIT CODES
              0  nothing was lost, and the copy is fenced
              1  not so: what is wrong is listed, and the folders are kept
              2  the command cannot run as it was called
              128 and more  ended by that signal, such as 130 by Ctrl-C
              64 the command line is wrong

            EXAMPLE
              exchange-lab disaster
              exchange-lab disaster --nodes 4 --seconds 5 --seed 17
            """)

    /// Three to whom something happens, and one that sees it.
    private static let minimumNodes = 4

    @Option(name: .long, help: "How many nodes: 4 to 16.") var nodes = 7
    @Option(name: .long, help: "How long agencies work before, between and after, each.") var seconds = 15
    @Option(name: .long, help: "Determines what is drawn; a new one where it is left out.") var seed: UInt64?
    @Option(name: .long, help: "Keep the report in this file: JSON, one object a line.") var report: String?

    func validate() throws {
        guard (Self.minimumNodes...LocalExchange.maximumNodes).contains(nodes) else {
            throw ValidationError("--nodes takes \(Self.minimumNodes) to \(LocalExchange.maximumNodes)")
        }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds takes 1 to 3600") }
    }

    func run() async throws {
        let plan = DisasterPlan(
            seed: seed ?? .random(in: .min ... .max), nodeCount: nodes, work: .seconds(Int64(seconds)),
            report: report.map { URL(filePath: $0) })
        let workspace = try Workspace.forCommand()
        let run = DisasterRun(plan: plan, workspace: workspace, terminal: Terminal(allowsColour: true))
        throw ExitCode(await Interruption.run { await run.run() })
    }
}

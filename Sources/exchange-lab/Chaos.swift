import ArgumentParser
import ExchangeCore
@_spi(Programs) import ExchangeTesting
import Foundation

struct Chaos: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Kills nodes and cuts networks while agencies exchange messages, and looks for what was lost.",
        discussion: """
            Nodes are processes on real disks, with relays between them. Agencies hand in messages under keys of their \
            own, again after every error, and confirm what they were handed. Meanwhile nodes are killed with SIGKILL at \
            any moment, pairs are parted both ways and one way, and connections are slowed, silenced and cut in the \
            middle of a body. To one node at a time an older backup is put back (exchange-node restore), the disk is \
            full, or a write fails. In the end everything is healed. Then every accepted message has to be receipted by, \
            and handed over to, each of its recipients, once; every pair's tallies agree; every audit chain is whole; and \
            the openssl command verifies every receipt. A fault that happened to nobody fails the run.

            What came after a backup is what a restore may bring a second time: it bears the flag. What the node had \
            accepted and nobody has, its agency hands in again, and makes one message twice a restore at most.

            A seed repeats what is drawn. Processes and disks have a time of their own, so that two runs of one seed \
            are alike and not equal.

            EXIT CODES
              0  nothing was lost, and nothing came twice
              1  not so: what is wrong is listed, and the folders are kept
              2  the command cannot run as it was called
              128 and more  ended by that signal, such as 130 by Ctrl-C
              64 the command line is wrong

            EXAMPLE
              exchange-lab chaos --kills 100 --nodes 3
              exchange-lab chaos --kills 50 --disk-faults 0
              exchange-lab chaos --seed 17 --report chaos.jsonl
            """)

    /// Records that are read in place, and never belong to the project.
    private static let usualData = "../shared/data"

    @Option(name: .long, help: "How many SIGKILLs, at least.") var kills = 1000
    @Option(
        name: .long,
        help: "How often older backup, full disk and failing write each; once per 100 kills if left out.")
    var diskFaults: Int?
    @Option(name: .long, help: "How many nodes: 2 to 16.") var nodes = 7
    @Option(name: .long, help: "Determines what is drawn; a new one where it is left out.") var seed: UInt64?
    @Option(name: .long, help: "No more faults after this time; the rest takes some minutes more.") var minutes = 40
    @Option(name: .long, help: "A folder with records (CSV) whose text is sent; \(usualData) if it is there.")
    var data: String?
    @Option(name: .long, help: "Keep the report in this file: JSON, one object a line.") var report: String?

    func validate() throws {
        guard (2...LocalExchange.maximumNodes).contains(nodes) else {
            throw ValidationError("--nodes takes 2 to \(LocalExchange.maximumNodes)")
        }
        guard kills >= 1 else { throw ValidationError("--kills takes 1 or more") }
        guard (0...kills).contains(diskFaults ?? 0) else {
            throw ValidationError("--disk-faults takes 0 to the number of kills")
        }
        guard (1...24 * 60).contains(minutes) else { throw ValidationError("--minutes takes 1 to \(24 * 60)") }
        if let data, Self.records(in: data) == nil { throw ValidationError("--data: no CSV file is in \(data)") }
    }

    func run() async throws {
        let plan = ChaosPlan(
            seed: seed ?? .random(in: .min ... .max), nodeCount: nodes, kills: kills,
            diskFaults: diskFaults ?? max(1, kills / 100), canFillDisks: SmallDisk.isPossible,
            maximum: .minutes(Int64(minutes)), records: Self.records(in: data ?? Self.usualData), dataFolder: data,
            report: report.map { URL(filePath: $0) })
        let workspace = try Workspace.forCommand()
        let run = ChaosRun(plan: plan, workspace: workspace, terminal: Terminal(allowsColour: true))
        throw ExitCode(await Interruption.run { await run.run() })
    }

    /// The first CSV file of a folder.
    private static func records(in folder: String) -> URL? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".csv") }.min().map { URL(filePath: folder).appending(path: $0) }
    }
}

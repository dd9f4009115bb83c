import ArgumentParser
@_spi(Programs) import ExchangeTesting
import Foundation

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Seven nodes play the letter's case, from the first signal to the departure alert.",
        discussion: """
            Each organisation's node is a process of its own, with its own keys, folder and store. In the middle one of
            them is killed and another hangs; both come back. In the end every receipt is verified with the openssl
            command.

            EXIT CODES
              0  everybody was told, and everything is proved
              1  not: what is missing is listed
              2  the command cannot run as it was called
              128 and more  ended by that signal, such as 130 by Ctrl-C; nothing is left running
              64 the command line is wrong

            EXAMPLE
              exchange-lab demo --keep evidence
              exchange-lab demo --input many-signals.jsonl --from avim
            """)

    @Option(name: .long, help: "Leave the nodes' folders and the evidence in this folder, which must be new or empty.")
    var keep: String?
    @Option(name: .long, help: "Send these submissions in bulk instead: JSON, one a line.")
    var input: String?
    @Option(name: .long, help: "The organisation whose node sends them.")
    var from: Cast = .nidos
    @Option(name: .long, help: "The algorithm of all keys: p256, or rsa3072 as PKIoverheid issues.")
    var algorithm: ExamplePKI.Algorithm = .p256
    @Flag(name: .customLong("no-color"), help: "No colours; NO_COLOR in the environment does the same.")
    var noColor = false

    func validate() throws {
        if let input, !FileManager.default.isReadableFile(atPath: input) {
            throw ValidationError("--input: \(input) cannot be read")
        }
    }

    func run() async throws {
        let terminal = Terminal(allowsColour: !noColor)
        let workspace = try Workspace.forCommand(keepingAt: keep.map { URL(filePath: $0) })
        let demonstration = Demonstration(
            workspace: workspace, algorithm: algorithm, terminal: terminal,
            bulk: input.map { BulkInput(file: URL(filePath: $0), sender: from) })
        throw ExitCode(await Interruption.run { await demonstration.run() })
    }
}

extension Cast: ExpressibleByArgument {}
extension ExamplePKI.Algorithm: ExpressibleByArgument {}

import ArgumentParser
@_spi(Programs) import ExchangeTesting
import Foundation

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Nine nodes play the letter's case, from the first talk to a place of his own.",
        discussion: """
            Each organisation's node is a process of its own, with its own keys, folder and store. One of them is \
            killed, and the line between two others is cut. At night nobody takes an alert, until the ladder of the \
            node reaches the deputy. The day after the 18th birthday a message to the guardian is refused, until care \
            coordination has begun.

            Days and weeks pass: the nodes stop, their clocks go on (trial.clockAhead), and they start on what they \
            had. Three seconds stand for the half hour in which an alert is owned.

            In the end a matrix shows each organisation with each message. It has no empty cell, nothing is owed at \
            any node, and every receipt is verified with the openssl command.

            EXIT CODES
              0  everybody was told, and everything is proved
              1  not: what is missing is listed
              2  the command cannot run as it was called
              128 and more  ended by that signal, such as 130 by Ctrl-C; nothing runs on
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

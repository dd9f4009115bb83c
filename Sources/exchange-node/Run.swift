import ArgumentParser
import Foundation
import SignalExchange

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the node until it is asked to stop.",
        discussion: """
            Prints one line of JSON when it listens, and its log to standard error. SIGTERM and SIGINT let what is \
            on its way end and stop the node within 10 seconds. A second node on the same folder is refused.

            Settings: flags, then environment (EXCHANGE_NODE_LISTEN_PORT, EXCHANGE_NODE_LOG_LEVEL, …), then node.yaml.

            EXIT CODES
              0  asked to stop
              2  something in the folder or on the machine is wrong, and is named
              5  the store cannot be opened, or a write may not have reached the disk

            EXAMPLE
              exchange-node run --folder nidos --log-level debug
            """)

    @OptionGroup var folder: FolderOptions
    @Option(name: .long, help: "Overrides listen.host.") var host: String?
    @Option(name: .long, help: "Overrides listen.port.") var port: Int?
    @Option(name: .long, help: "Overrides log.level.") var logLevel: String?
    @Flag(name: .long, help: "Stop when standard input ends: for a parent that may be killed.")
    var exitWithParent = false

    func run() async throws {
        try await reporting {
            let flags = [
                "listen.host": host, "listen.port": port.map(String.init), "log.level": logLevel,
            ].compactMapValues { $0 }
            try await NodeProgram(folder: folder.nodeFolder, flags: flags, exitsWithParent: exitWithParent).run()
        }
    }
}

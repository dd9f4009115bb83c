import ArgumentParser
import SignalExchange

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says in plain words what is wrong, with this node, its machine and the way to partners.",
        discussion: """
            One line a finding: ok, warning or WRONG, and what to do. It looks at clock, libssl, disk, node, store, \
            keys and their copy, certificates, revocation lists and directory, and whether anybody would be told if \
            something were late; then it sends each partner a probe and waits for its receipt. It goes without a \
            running node too, but for the probes.

            A probe is a message that ends at the partner's node; it speaks of no case, and is kept like others. One \
            that got no receipt stays in the queue, and the next check waits for it in place of a second.

            EXIT CODES
              0  nothing is wrong; there may be warnings
              2  something of this node or machine is wrong
              5  only a partner did not answer, or something of a partner's is wrong

            EXAMPLE
              exchange-node check --folder nidos
              exchange-node check --folder nidos --no-probe --json
            """)
    @OptionGroup var folder: FolderOptions
    @Flag(name: .long, help: "Send no probes.") var noProbe = false
    @Option(name: .long, help: "How many seconds partners have for their receipts (1 to 600).") var wait: Int64 = 10
    @Flag(name: .long, help: "Print one JSON object a line.") var json = false

    func validate() throws {
        guard (1...600).contains(wait) else { throw ValidationError("--wait takes 1 to 600 seconds") }
    }

    func run() async throws {
        try await reporting {
            try await CheckConsole(folder: folder.nodeFolder, printsJSON: json).run(probeSeconds: noProbe ? nil : wait)
        }
    }
}

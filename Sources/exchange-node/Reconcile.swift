import ArgumentParser
import Foundation
import SignalExchange

struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do our books and theirs agree? Makes and keeps a signed report of each pair.",
        discussion: """
            The node exchanges accounts with the partner, waits up to 10 seconds for its answer, and says up to \
            which number both ledgers agree, what is missing where, and what is being done about it. Where the \
            partner does not answer, the report rests on its last account and says how old that is.

            The report is signed by this node, and holds both signed accounts, so that a third party can verify \
            them with openssl. It lies in the folder under reconciliations/, the newest 100 of each partner. No \
            content of a message is in it.

            EXIT CODES
              0  all books agree, and every partner answered
              5  not all has arrived, or a partner did not answer: it goes on by itself
              6  somebody must decide: the lines say what, and with which command

            EXAMPLE
              exchange-node reconcile --folder nidos
              exchange-node reconcile 00000099000000002000 \\
                --folder nidos --out pair.cms
            """)
    @OptionGroup var options: ClientOptions
    @Argument(help: .init("Only this partner.", valueName: "oin")) var partner: String?
    @Option(
        name: .long,
        help: .init(
            "Write the signed report to this file; without a partner, each into this folder.", valueName: "file"))
    var out: String?

    func run() async throws {
        try await reporting {
            try await ReconcileConsole(client: try await options.client(), printsJSON: options.json)
                .run(partner: partner, out: out.map { URL(fileURLWithPath: $0).path })
        }
    }
}

import ArgumentParser
import SignalExchange

struct Evidence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a third party who said what, to whom, who received it, and who owned it.",
        discussion: """
            EXAMPLE
              exchange-node evidence export 019a… --out evidence-17 --folder avim
              exchange-node evidence verify evidence-17 --anchors roots.pem
            """,
        subcommands: [Export.self, Verify.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a folder with all that this node can prove of one message, sent or received.",
            discussion: """
                THE FOLDER HOLDS THE CLEAR CONTENT OF A MESSAGE ABOUT A CHILD. Only this user can read it; hand it \
                over by hand or encrypted. It holds no key.

                In it are the message, receipts, refusals and acknowledgements as they were signed, the certificates \
                and revocation lists that this node has now and had when it took each, index.json, and README.txt \
                with the openssl commands that verify them. It is written whole or not at all. The node must run.

                EXIT CODES
                  0  written
                  2  something lies at --out already, or it cannot be written there
                  3  this node has no such message
                  4  the node is not running

                EXAMPLE
                  exchange-node evidence export 019a… --out evidence-17 --folder avim
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The message's id.") var id: String
        @Option(name: .long, help: .init("The folder to make: new, or empty.", valueName: "dir")) var out: String

        func run() async throws {
            try await reporting {
                try await EvidenceConsole(printsJSON: options.json)
                    .export(id, to: out, from: try await options.client())
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies such a folder, without a node and without a network.",
            discussion: """
                Checks every digest, every signature with its certificate, chain and revocation list as of the \
                export, that each receipt is for this very message and by its recipient, and that acknowledgements \
                name its digest. Then it shows who said, received, owned and concluded what, when, and what is open.

                Without --anchors the authorities are those in the folder, which prove nothing about who issued the \
                certificates: whoever made the folder chose them.

                EXIT CODES
                  0   all of it verifies
                  1   something does not verify, and is named
                  2   the folder, or the file of --anchors, cannot be read
                  64  the command line is wrong

                EXAMPLE
                  exchange-node evidence verify evidence-17 --anchors roots.pem --json
                """)
        @Argument(help: "The folder that `evidence export` made.") var dir: String
        @Option(name: .long, help: .init("Root certificates in PEM that did not come with it.", valueName: "file"))
        var anchors: String?
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting { try EvidenceConsole(printsJSON: json).verify(dir, anchorsFile: anchors) }
        }
    }
}

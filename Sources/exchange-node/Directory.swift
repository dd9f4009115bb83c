import ArgumentParser
import SignalExchange

struct Directory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signs, verifies, installs and shows the directory of a community.",
        discussion: """
            The directory says who the members are, where their nodes are called, and by which certificates. Two \
            organisations that pair each sign their own; in a community one body does it for all: docs/pairing.md.

            EXAMPLE
              exchange-node directory sign --install --folder nidos
              exchange-node directory show --folder nidos
            """,
        subcommands: [Sign.self, Verify.self, Install.self, Show.self])

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signs a directory of this organisation's card and those that were imported.",
            discussion: """
                What is agreed beside who is a member (routing rules, terms, clocks) is taken from agreements.json \
                in the folder, where that is there: docs/pairing.md.

                It is written to signed/directory.cms, with the signer's certificate beside it as \
                signed/directory.crt: these two are for whoever follows this directory. The key is \
                keys/directory.key, made where it is missing; where an authority issued its certificate, put both in \
                place before. The version is one more than the highest that lies in the folder.

                EXIT CODES
                  0  signed, or as it was
                  2  a card, a key or agreements.json does not hold, and is named

                EXAMPLE
                  exchange-node directory sign --install --folder nidos
                """)
        @OptionGroup var folder: FolderOptions
        @Flag(name: .long, help: "Install it in this folder too.") var install = false
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting {
                try await DirectoryConsole(folder: folder.nodeFolder, printsJSON: json).sign(installs: install)
            }
        }
    }

    /// A directory that somebody handed over, and by whose certificate it is judged.
    struct GivenDirectory: ParsableArguments {
        @OptionGroup var folder: FolderOptions
        @Argument(help: "The signed directory.") var file: String
        @Option(
            name: .long,
            help: .init("The certificate of who signed it, where it is not the known one.", valueName: "file"))
        var signer: String?
        @Option(name: .long, help: "That certificate's fingerprint, as they read it out.") var fingerprint: String?
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        var console: DirectoryConsole { DirectoryConsole(folder: folder.nodeFolder, printsJSON: json) }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says whether a directory could be installed, and changes nothing.",
            discussion: """
                EXIT CODES
                  0  it verifies, this organisation is in it, and it is not older
                  2  it does not, and why

                EXAMPLE
                  exchange-node directory verify directory.cms --folder nidos
                """)
        @OptionGroup var given: GivenDirectory

        func run() async throws {
            try await reporting {
                try await given.console.verify(given.file, signerPath: given.signer, spoken: given.fingerprint)
            }
        }
    }

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies a directory, puts it in place, and has the running node use it.",
            discussion: """
                An older one, another one under the version that is installed, one without this organisation, and \
                one that does not verify are refused. The first time, or where another body signs from now on, give \
                its certificate and the fingerprint that it reads out.

                EXIT CODES
                  0  installed, or here already
                  2  refused, and why

                EXAMPLE
                  exchange-node directory install directory.cms --folder nidos
                """)
        @OptionGroup var given: GivenDirectory

        func run() async throws {
            try await reporting {
                try await given.console.install(given.file, signerPath: given.signer, spoken: given.fingerprint)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the members of a directory, whom to call, and what is agreed.",
            discussion: """
                Of one that does not verify it shows what it says, then why, with exit code 2.

                EXAMPLE
                  exchange-node directory show --folder nidos
                """)
        @OptionGroup var folder: FolderOptions
        @Argument(help: "The signed directory. (default: the installed one)") var file: String?
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting { try DirectoryConsole(folder: folder.nodeFolder, printsJSON: json).show(file) }
        }
    }
}

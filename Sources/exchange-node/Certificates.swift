import ArgumentParser
import SignalExchange

struct Certificates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts in place what an authority issued.",
        discussion: """
            EXAMPLE
              exchange-node certificates install issued/* --root root.crt --folder nidos
            """,
        subcommands: [Install.self])

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts certificates, authorities and revocation lists of your authority in place.",
            discussion: """
                Give all that it sent, in PEM or DER, in any order. Each certificate goes beside the key that it was \
                issued for; what stands between into trust/intermediates.pem; a list into crl/, where it is newer than \
                those that are there. A root is trusted only where it is given with --root. Everything is judged \
                before anything is written.

                EXIT CODES
                  0  in place
                  2  a file fits no key, does not hold or is no such file, and is named

                EXAMPLE
                  exchange-node certificates install issued/* --root root.crt --folder nidos
                """)
        @OptionGroup var folder: FolderOptions
        @Argument(help: "Files with certificates and revocation lists.") var files: [String] = []
        @Option(name: .long, help: .init("The root of your own authority.", valueName: "file"))
        var root: [String] = []

        func validate() throws {
            guard !(files + root).isEmpty else { throw ValidationError("Name at least one file.") }
        }

        func run() async throws {
            try await reporting {
                try await CertificatesConsole(folder: folder.nodeFolder).install(files, roots: root)
            }
        }
    }
}

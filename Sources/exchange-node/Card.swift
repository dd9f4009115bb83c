import ArgumentParser
import SignalExchange

struct Card: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes this organisation's card for a partner, and takes a partner's.",
        discussion: """
            A card is what two organisations hand each other so that their nodes can reach each other: docs/pairing.md \
            is the way, on one page. Who made a card shows the fingerprint alone, read out by telephone.

            EXAMPLE
              exchange-node card export --out nidos.card --folder nidos --role guardian \\
                --endpoint exchange.nidos.example:8443 \\
                --contact-name "Duty desk" --contact-phone +31701234567
              exchange-node card import avim.card --folder nidos
            """,
        subcommands: [Export.self, Show.self, Import.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes this organisation's card, and shows its fingerprint.",
            discussion: """
                In it are name, OIN, roles, endpoint, certificates, the authorities that issued them, their \
                revocation lists and the duty contact, signed with this organisation's signing key. Nothing of it is \
                secret. What is not given is as in the last card. A card that partners would refuse is not made.

                EXIT CODES
                  0  written
                  2  something is missing or does not hold, and is named

                EXAMPLE
                  exchange-node card export --out nidos.card --folder nidos \\
                    --role guardian --endpoint exchange.nidos.example:8443 \\
                    --contact-name "Duty desk" --contact-phone +31701234567
                """)
        @OptionGroup var folder: FolderOptions
        @Option(name: .long, help: .init("The file to write.", valueName: "file")) var out: String
        @Option(name: .long, help: "A role of the organisation, such as guardian; may be given again.")
        var role: [String] = []
        @Option(name: .long, help: .init("Where partners call this node.", valueName: "host:port"))
        var endpoint: String?
        @Option(name: .long, help: "The organisation's name. (default: as in its certificate)") var name: String?
        @Option(name: .long, help: "Who is called at night.") var contactName: String?
        @Option(name: .long, help: "On which number, with the country's code: +31701234567.") var contactPhone: String?
        @Option(
            name: .long,
            help: .init("A further certificate of this organisation, such as a renewed one.", valueName: "file"))
        var also: [String] = []
        @Flag(name: .long, help: "Leave the revocation lists out; the partner then has to fetch them first.")
        var withoutLists = false
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting {
                var wishes = CardExport.Wishes()
                wishes.name = name
                wishes.roles = role
                wishes.endpoint = endpoint
                wishes.contactName = contactName
                wishes.contactPhone = contactPhone
                wishes.furtherCertificates = also
                wishes.leavesListsOut = withoutLists
                try await CardConsole(folder: folder.nodeFolder, printsJSON: json).export(wishes, to: out)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verifies a card and shows what it says, with its fingerprint.",
            discussion: "EXAMPLE\n  exchange-node card show avim.card")
        @OptionGroup var folder: FolderOptions
        @Argument(help: "The card's file.") var file: String
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting { try CardConsole(folder: folder.nodeFolder, printsJSON: json).show(file) }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a partner's card, once its fingerprint was compared by telephone.",
            discussion: """
                Call the partner on a number that you know, and not on one that came with the card. They read the \
                fingerprint out from their own screen; you type it. Everything in the card is verified before \
                anything is written: form, signature, chain, use, validity, OIN.

                The card is kept in cards/. Its authorities go into trust/, a root that is new here only with \
                --accept-authority; its revocation lists into crl/, where they are newer than what is there. A \
                member of the directory it becomes with `directory sign`.

                EXIT CODES
                  0  kept, or here already
                  2  the card does not hold, its fingerprint is another or was not given, it
                     is older than the one that is here, or its authority is not known

                EXAMPLE
                  exchange-node card import avim.card --folder nidos \\
                    --fingerprint "4821 0093 5512 7740 0218 9934 1207 6651"
                """)
        @OptionGroup var folder: FolderOptions
        @Argument(help: "The card's file.") var file: String
        @Option(name: .long, help: "As it was read out. Without it, it is asked for on the terminal.")
        var fingerprint: String?
        @Flag(name: .long, help: "Trust the card's authority too, where it is not known here.")
        var acceptAuthority = false
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        func run() async throws {
            try await reporting {
                try await CardConsole(folder: folder.nodeFolder, printsJSON: json)
                    .take(file, spoken: fingerprint, acceptsAuthority: acceptAuthority)
            }
        }
    }
}

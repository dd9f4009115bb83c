import ArgumentParser
import SignalExchange

struct Queue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows who has been told and who has not, and why.",
        discussion: """
            EXAMPLE
              exchange-node queue list --folder avim --open
              exchange-node queue show 019a… --folder avim
            """,
        subcommands: [List.self, Show.self, Hold.self, Release.self, Withdraw.self, Told.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists deliveries: what is open the most pressing first, otherwise the newest first.",
            discussion: "EXAMPLE\n  exchange-node queue list --folder avim --open --partner 00000099000000001000")
        @OptionGroup var options: ClientOptions
        @Flag(name: .long, help: "Only those without a receipt, and those refused or held.") var open = false
        @Option(name: .long, help: .init("Only those to this partner.", valueName: "oin")) var partner: String?
        @Option(name: .long, help: "Only those of this case.") var caseRef: String?
        @Option(name: .long, help: "At most this many. (default: all with --open, otherwise 1000)") var limit: Int?

        func validate() throws {
            guard limit ?? 1 > 0 else { throw ValidationError("--limit is 1 or more.") }
        }

        func run() async throws {
            try await reporting {
                try await options.console().queueList(
                    .init(
                        partner: partner, caseRef: caseRef, onlyOpen: open,
                        maximumItems: limit ?? (open ? nil : 1000)))
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the deliveries of one message: each recipient, and how far it is.",
            discussion: "EXAMPLE\n  exchange-node queue show 019a… --folder avim --json")
        @OptionGroup var options: ClientOptions
        @Argument(help: "The message's id.") var id: String
        @Flag(name: .long, help: "Show the recipients' reasons and outcomes too: content, for those who may read it.")
        var answers = false

        func run() async throws {
            try await reporting { try await options.console().queueShow(id, withAnswers: answers) }
        }
    }

    struct DeliveryOptions: ParsableArguments {
        @OptionGroup var client: ClientOptions
        @Option(name: .long, help: .init("The partner.", valueName: "oin")) var partner: String
        @Option(name: .long, help: "The delivery's number in the channel to it.") var number: String
        @Option(name: .long, help: "The message that you mean; another one is left alone.") var message: String?
        @Option(name: .long, help: "Why; kept, and declared to the partner in clear: nothing of the case.")
        var reason: String
    }

    /// Who holds or withdraws: what is done to a signal is somebody's.
    struct PersonOptions: ParsableArguments {
        @Option(
            name: .customLong("as"),
            help: .init("The duty role that decides, such as duty-officer; the partner is told.", valueName: "role"))
        var role: String
    }

    private static func move(_ event: String, _ delivery: DeliveryOptions, as role: String?) async throws {
        try await reporting {
            try await delivery.client.console().queueMove(
                event, partner: delivery.partner, number: delivery.number, message: delivery.message, role: role,
                reason: delivery.reason)
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds a delivery that was not receipted yet, until it is released or withdrawn.",
            discussion: """
                Role and reason go to the partner in clear, signed, so that they must not say anything of the \
                case.

                EXAMPLE
                  exchange-node queue hold --folder avim \\
                    --partner 00000099000000001000 --number 7 \\
                    --as duty-officer --reason "checking the recipient"
                """)
        @OptionGroup var delivery: DeliveryOptions
        @OptionGroup var person: PersonOptions

        func run() async throws { try await Queue.move("hold", delivery, as: person.role) }
    }

    struct Told: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Notes that a recipient was told of a message by telephone.",
            discussion: """
                It is evidence beside the message, and ends nothing: the delivery stays open and late until \
                their own system acknowledges it.

                EXAMPLE
                  exchange-node queue told 019a… --folder avim --partner 00000099000000001000 \\
                    --as duty-guardian
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The message's id.") var message: String
        @Option(name: .long, help: .init("Whom the delivery is for.", valueName: "oin")) var partner: String
        @Option(name: .customLong("as"), help: "The duty role that was told; no person's name.") var role: String
        @Option(name: .long, help: "When, as 2026-11-26T20:00:00Z. (default: now)") var at: String?

        func run() async throws {
            try await reporting {
                try await options.caseConsole().told(message, partner: partner, role: role, at: at)
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a held delivery go.",
            discussion: """
                EXAMPLE
                  exchange-node queue release --folder avim \\
                    --partner 00000099000000001000 --number 7 --reason "checked"
                """)
        @OptionGroup var delivery: DeliveryOptions

        func run() async throws { try await Queue.move("release", delivery, as: nil) }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a delivery that was not receipted yet. Its number is declared void to the partner.",
            discussion: """
                Role and reason go to the partner in clear, signed, so that they must not say anything of the \
                case.

                EXAMPLE
                  exchange-node queue withdraw --folder avim \\
                    --partner 00000099000000001000 --number 7 \\
                    --as duty-officer --reason "addressed to the wrong organisation"
                """)
        @OptionGroup var delivery: DeliveryOptions
        @OptionGroup var person: PersonOptions

        func run() async throws { try await Queue.move("withdraw", delivery, as: person.role) }
    }
}

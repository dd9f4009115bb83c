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
        subcommands: [List.self, Show.self, Hold.self, Release.self, Withdraw.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists deliveries: what is open the most pressing first, otherwise the newest first.",
            discussion: "EXAMPLE\n  exchange-node queue list --folder avim --open --partner 00000099000000001000")
        @OptionGroup var options: ClientOptions
        @Flag(name: .long, help: "Only those without a receipt, and those refused or held.") var open = false
        @Option(name: .long, help: "Only those to this partner (OIN).") var partner: String?
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
        @Option(name: .long, help: "The partner's OIN.") var partner: String
        @Option(name: .long, help: "The delivery's number in the channel to it.") var number: String
        @Option(name: .long, help: "Why; kept, and for a hold declared to the partner.") var reason: String
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Holds a delivery that was not receipted yet.",
            discussion: """
                EXAMPLE
                  exchange-node queue hold --folder avim --partner 00000099000000001000 --number 7 --reason "wrong case"
                """)
        @OptionGroup var delivery: DeliveryOptions

        func run() async throws {
            try await reporting {
                try await delivery.client.console().queueMove(
                    "hold", partner: delivery.partner, number: delivery.number, reason: delivery.reason)
            }
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a held delivery go.",
            discussion: """
                EXAMPLE
                  exchange-node queue release --folder avim --partner 00000099000000001000 --number 7 --reason "checked"
                """)
        @OptionGroup var delivery: DeliveryOptions

        func run() async throws {
            try await reporting {
                try await delivery.client.console().queueMove(
                    "release", partner: delivery.partner, number: delivery.number, reason: delivery.reason)
            }
        }
    }

    struct Withdraw: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a delivery that was not receipted yet. Its number is declared void to the partner.",
            discussion: """
                The reason says who cancels in which role; it goes to the partner in clear, signed, so that it must not
                say anything of the case.

                EXAMPLE
                  exchange-node queue withdraw --folder avim --partner 00000099000000001000 --number 7 \\
                    --reason "duty officer: addressed to the wrong organisation"
                """)
        @OptionGroup var delivery: DeliveryOptions

        func run() async throws {
            try await reporting {
                try await delivery.client.console().queueMove(
                    "withdraw", partner: delivery.partner, number: delivery.number, reason: delivery.reason)
            }
        }
    }
}

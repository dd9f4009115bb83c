import ArgumentParser
import SignalExchange

struct Inbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what was received, and tells its sender what is done with it.",
        discussion: """
            EXAMPLE
              exchange-node inbox list --folder nidos --state ready
              exchange-node inbox take 019a… --folder nidos --as duty-guardian
            """,
        subcommands: [List.self, Show.self, Take.self, Decline.self, Conclude.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Lists received messages that somebody has still to take or to conclude, the most pressing first.",
            discussion: "EXAMPLE\n  exchange-node inbox list --folder nidos --state ready --json")
        @OptionGroup var options: ClientOptions
        @Option(name: .long, help: "Only those that are ready, owned, declined or concluded.") var state: String?
        @Flag(name: .long, help: "Also those that were declined or concluded.") var all = false

        func validate() throws {
            guard state == nil || !all else { throw ValidationError("Give --state or --all, not both.") }
        }

        func run() async throws {
            try await reporting {
                try await options.console().inboxList(all ? .all : state.map { .state($0) } ?? .open)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one message whole. Its content is personal data: for those who may read it.",
            discussion: "EXAMPLE\n  exchange-node inbox show 019a… --folder nidos")
        @OptionGroup var options: ClientOptions
        @Argument(help: "The message's id.") var id: String

        func run() async throws { try await reporting { try await options.console().inboxShow(id) } }
    }

    /// A step that a duty role takes.
    struct StepOptions: ParsableArguments {
        @OptionGroup var client: ClientOptions
        @Argument(help: "The message's id.") var id: String
        @Option(
            name: .customLong("as"),
            help: .init("The duty role that speaks, such as duty-guardian; no person's name.", valueName: "role"))
        var role: String
    }

    struct Take: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes ownership (L2): a person has seen it and owns it.",
            discussion: "EXAMPLE\n  exchange-node inbox take 019a… --folder nidos --as duty-guardian")
        @OptionGroup var step: StepOptions

        func run() async throws {
            try await reporting {
                try await step.client.console().inboxStep("take", on: step.id, role: step.role, text: nil)
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Declines ownership (L2), with a reason that the sender is told.",
            discussion: """
                EXAMPLE
                  exchange-node inbox decline 019a… --folder ind --as duty-officer \\
                    --reason "known case, see COBO"
                """)
        @OptionGroup var step: StepOptions
        @Option(name: .long, help: "Why.") var reason: String

        func run() async throws {
            try await reporting {
                try await step.client.console().inboxStep("decline", on: step.id, role: step.role, text: reason)
            }
        }
    }

    struct Conclude: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Concludes (L3): what was done, also where that is nothing, and why.",
            discussion: """
                EXAMPLE
                  exchange-node inbox conclude 019a… --folder nidos --as duty-guardian \\
                    --outcome "COA informed"
                """)
        @OptionGroup var step: StepOptions
        @Option(name: .long, help: "What was done.") var outcome: String

        func run() async throws {
            try await reporting {
                try await step.client.console().inboxStep("conclude", on: step.id, role: step.role, text: outcome)
            }
        }
    }
}

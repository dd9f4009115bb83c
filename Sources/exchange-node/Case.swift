import ArgumentParser
import SignalExchange

struct Case: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows who has been told what in a case, and asks partners for their part of it.",
        discussion: "EXAMPLE\n  exchange-node case show 5f0c2a6e-… --folder avim",
        subcommands: [Show.self, Draft.self, Ask.self])

    struct Draft: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes the departure alert that a case drafts by itself.",
            discussion: """
                A child that does not arrive when it was expected (PLC-03), or of which somebody says so, has an \
                alert (DEP-01) drafted at the provider and at the guardian. It has what the case tells; what only \
                people know is named on standard error and left out. Fill it in and send it. Nothing is sent by \
                this, and nothing is drafted any more when the child arrived or the alert is there.

                EXAMPLE
                  exchange-node case draft 5f0c2a6e-… --folder jade > alert.json
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The case's reference.") var reference: String

        func run() async throws { try await reporting { try await options.caseConsole().draft(reference) } }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows each message with each organisation, what is owed, and what happened.",
            discussion: """
                By what this node sent, received and was told; other organisations hold other parts. \
                `told` is the receipt (L1), `owned` the L2, `concluded` the L3; LATE is over its clock, \
                (telephone) was told by telephone. `named` is a recipient of somebody else's message that has not \
                said a word of it: whether it was told, its sender knows, or the partner that was asked \
                (`case ask`): then it stands there by the word of that partner, and what contradicts this node's \
                ledger stands first. ANOTHER MESSAGE: what it holds under this id is not what is here.

                Terms are of four kinds: not before a day, due, a length that can be extended, and a service \
                level, which nobody owes. Other references of the same child are named with the answer that \
                linked them (SIG-02); --linked shows what happened under all of them.

                EXAMPLE
                  exchange-node case show 5f0c2a6e-9d1b-4c37-8a54-2e7d1f90b3c6 --folder avim
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The case's reference.") var reference: String
        @Flag(name: .long, help: "With all references of the same child.") var linked = false

        func run() async throws {
            try await reporting { try await options.caseConsole().show(reference, isLinked: linked) }
        }
    }

    struct Ask: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Asks partners' nodes who has been told what in a case, by their ledgers.",
            discussion: """
                Their nodes answer by themselves, with the messages that this organisation sent or is named in; \
                a guardian is told of all. Ids, digests and times, and nothing of what stands in a message. \
                `case show` has the answers.

                EXAMPLE
                  exchange-node case ask 5f0c2a6e-… --all --folder nidos
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The case's reference.") var reference: String
        @Option(name: .long, help: "The OIN of the partner that is asked.") var partner: String?
        @Flag(name: .long, help: "Ask all that take part in the case; as guardian all members.") var all = false
        @Flag(name: .long, help: "Go on behind the last message of the last answer.") var more = false
        @Option(name: .customLong("as"), help: "In which of its roles this organisation asks.") var role: String?
        @Option(name: .long, help: "The purpose, where no message of the case here names one.") var purpose: String?
        @Option(name: .long, help: "A code of legal-basis, as for the purpose; may be repeated.")
        var legalBasis: [String] = []
        @Option(name: .long, help: "Wait this many seconds for the answers (0 to 600).") var wait: Int64 = 10

        func validate() throws {
            guard all != (partner != nil) else { throw ValidationError("give either --partner OIN or --all") }
            guard (0...600).contains(wait) else { throw ValidationError("--wait takes 0 to 600 seconds") }
        }

        func run() async throws {
            try await reporting {
                try await options.caseConsole().ask(
                    reference, partner: partner, isMore: more, role: role, purpose: purpose, legalBasis: legalBasis,
                    waitSeconds: wait)
            }
        }
    }
}

struct Obligations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what is owed here and to this organisation, and what is late.",
        discussion: "EXAMPLE\n  exchange-node obligations list --late --folder avim",
        subcommands: [List.self, Steps.self])

    struct Steps: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows whom the ladder told, and what of it is over.",
            discussion: """
                A STEP is remind, deputy, management or duty-officer; `ended` says that what they were told of \
                is there, and `told-by-telephone` that somebody called. Reading confirms nothing: systems \
                follow the same by the feed `escalations`.

                EXAMPLE
                  exchange-node obligations steps --follow --folder avim
                """)
        @OptionGroup var options: ClientOptions
        @Flag(name: .long, help: "Go on with what is taken from now on.") var follow = false
        @Option(name: .long, help: "How many to show of those before: 1 to 500.") var last = 100

        func run() async throws {
            try await reporting { try await options.caseConsole().steps(last: last, follows: follow) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists acknowledgements and answers that are owed.",
            discussion: """
                OWED is receipt (L1), ownership (L2), outcome (L3), or the type of an answer. TOLD are the \
                steps of the ladder that were taken. An obligation ends with the acknowledgement itself, and \
                never by silence.

                EXAMPLE
                  exchange-node obligations list --late --folder avim
                """)
        @OptionGroup var options: ClientOptions
        @Flag(name: .long, help: "Only what is late now.") var late = false

        func run() async throws {
            try await reporting { try await options.caseConsole().obligations(onlyLate: late) }
        }
    }
}

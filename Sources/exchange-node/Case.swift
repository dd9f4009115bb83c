import ArgumentParser
import SignalExchange

struct Case: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows who has been told what in a case.",
        discussion: "EXAMPLE\n  exchange-node case show 5f0c2a6e-… --folder avim",
        subcommands: [Show.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows each message with each organisation, what is owed, and what happened.",
            discussion: """
                By what this node sent, received and was told; other organisations hold other parts. \
                `told` is the receipt (L1), `owned` the L2, `concluded` the L3; LATE is over its clock, \
                (telephone) was told by telephone. `named` is a recipient of somebody else's message \
                that has not said a word of it: whether it was told, its sender knows. ANOTHER MESSAGE: \
                what it holds under this id is not what is here.

                EXAMPLE
                  exchange-node case show 5f0c2a6e-9d1b-4c37-8a54-2e7d1f90b3c6 --folder avim
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The case's reference.") var reference: String

        func run() async throws { try await reporting { try await options.caseConsole().show(reference) } }
    }
}

struct Obligations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what is owed here and to this organisation, and what is late.",
        discussion: "EXAMPLE\n  exchange-node obligations list --late --folder avim",
        subcommands: [List.self])

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

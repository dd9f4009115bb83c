import ArgumentParser
import SignalExchange

struct Catalogue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the message types, and judges a message before it is sent.",
        discussion: """
            It goes without a node and without a folder, and sends nothing.

            EXAMPLE
              exchange-node catalogue list
              exchange-node catalogue example SIG-01 > signal.json
              exchange-node catalogue validate signal.json
            """,
        subcommands: [List.self, Show.self, Validate.self, Example.self])

    struct JSONOptions: ParsableArguments {
        @Flag(name: .long, help: "Print one JSON object a line.") var json = false

        var console: CatalogueConsole { CatalogueConsole(printsJSON: json) }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the message types: who sends them to whom, and how pressing they are.",
            discussion: "EXAMPLE\n  exchange-node catalogue list")
        @OptionGroup var options: JSONOptions

        func run() async throws { try await reporting { options.console.list() } }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one type: fields, rules, who is told, what is expected after it.",
            discussion: """
                With --json it prints the JSON Schema of the type.

                EXAMPLE
                  exchange-node catalogue show DEP-01
                """)
        @OptionGroup var options: JSONOptions
        @Argument(help: "The type, such as SIG-01.") var type: String

        func run() async throws { try await reporting { try options.console.show(type) } }
    }

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Judges a message as a node would, and names the first fault, its field and the way out.",
            discussion: """
                Whether the directory has the recipients, and whether the case allows it, only the node can say.

                EXIT CODES
                  0  valid
                  3  not valid, and why

                EXAMPLE
                  exchange-node catalogue validate signal.json
                  cat signal.json | exchange-node catalogue validate -
                """)
        @OptionGroup var options: JSONOptions
        @Argument(help: "A JSON file, or - for standard input.") var file: String

        func run() async throws { try await reporting { try options.console.validate(file) } }
    }

    struct Example: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints an example of a type, to be changed and sent.",
            discussion: "EXAMPLE\n  exchange-node catalogue example PLC-01")
        @OptionGroup var options: JSONOptions
        @Argument(help: "The type, such as SIG-01.") var type: String

        func run() async throws { try await reporting { try options.console.example(type) } }
    }
}

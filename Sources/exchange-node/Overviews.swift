import ArgumentParser
import SignalExchange

struct Partners: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows every partner: the link, what is open, gaps, and whether both lists agree.",
        discussion: "EXAMPLE\n  exchange-node partners --folder nidos")
    @OptionGroup var options: ClientOptions

    func run() async throws { try await reporting { try await options.console().partners() } }
}

struct Consumers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows which of your systems fetch what, and how much waits for each.",
        discussion: "EXAMPLE\n  exchange-node consumers --folder nidos")
    @OptionGroup var options: ClientOptions

    func run() async throws { try await reporting { try await options.console().consumers() } }
}

struct Alarms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what somebody must look at now, and what to do; ends an alarm that was dealt with.",
        discussion: """
            EXAMPLE
              exchange-node alarms list --folder nidos
              exchange-node alarms clear delivery-refused --folder nidos \\
                --partner 00000099000000003000
            """,
        subcommands: [List.self, Clear.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the open alarms.", discussion: "EXAMPLE\n  exchange-node alarms list --folder nidos")
        @OptionGroup var options: ClientOptions

        func run() async throws { try await reporting { try await options.console().alarms() } }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends an alarm that a person has dealt with. One that still holds is raised again.",
            discussion: """
                EXAMPLE
                  exchange-node alarms clear delivery-refused --folder nidos \\
                    --partner 00000099000000003000
                """)
        @OptionGroup var options: ClientOptions
        @Argument(help: "The alarm's code, as `alarms list` shows it.") var code: String
        @Option(name: .long, help: "The partner's OIN, where the alarm has one.") var partner: String?
        @Option(name: .long, help: "Only the alarm of this message.") var message: String?

        func run() async throws {
            try await reporting {
                try await options.console().clearAlarm(code, partner: partner, message: message)
            }
        }
    }
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the running node: incarnation, directory, files, alarms.",
        discussion: "EXAMPLE\n  exchange-node status --folder nidos --json")
    @OptionGroup var options: ClientOptions

    func run() async throws { try await reporting { try await options.console().status() } }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows this program's version, the protocol's, and OpenSSL's.",
        discussion: "EXAMPLE\n  exchange-node version")

    func run() throws { print(try NodeVersion.text()) }
}

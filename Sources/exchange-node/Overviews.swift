import ArgumentParser
import SignalExchange

struct Partners: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows every partner: the link, what is open, gaps, and whether both lists agree.",
        discussion: "EXAMPLE\n  exchange-node partners --folder nidos")
    @OptionGroup var options: ClientOptions

    func run() async throws { try await reporting { try await options.console().partners() } }
}

struct Alarms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what somebody must look at now, and what to do.",
        discussion: "EXAMPLE\n  exchange-node alarms --folder nidos")
    @OptionGroup var options: ClientOptions

    func run() async throws { try await reporting { try await options.console().alarms() } }
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

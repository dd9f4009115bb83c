import ArgumentParser

@main
struct ExchangeLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange-lab",
        abstract: "Runs a community of exchange nodes on this machine, with test organisations only.",
        discussion: """
            EXAMPLE
              exchange-lab demo
              exchange-lab lab --nodes 3 --json
              exchange-lab chaos --kills 100
              exchange-lab disaster --nodes 4
              exchange-lab simulate --seeds 1000
            """,
        subcommands: [Demo.self, Lab.self, Chaos.self, Disaster.self, Simulate.self])
}

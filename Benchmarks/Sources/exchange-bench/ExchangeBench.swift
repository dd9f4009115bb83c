import ArgumentParser
@_spi(Programs) import ExchangeTesting
import Foundation

@main
struct ExchangeBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange-bench",
        abstract: "Measures how fast nodes exchange messages, and what that costs.",
        discussion: """
            Nodes run as processes on the loopback address, in their release build,
            with an example PKI, and keep everything on the disk. Test
            organisations only. Figures hold for a quiet machine: look at `load`.

            SECTIONS
              exchange  the ceiling, and two nodes that exchange notices of 4 KiB
              rsa       the same with RSA-3072 keys
              fanout    one message to 1, 3 and 8 recipients
              queue     with 1,000,000 deliveries queued for a dead third node

            EXIT CODES
              0  measured; whether a goal was reached is in the table
              1  a node failed, or did not finish in time
              64 the command line is wrong

            EXAMPLE
              exchange-bench --quick
              exchange-bench --only exchange,queue --out figures.json
            """)

    @Flag(name: .long, help: "A smoke test: everything small and short. Its figures say nothing.")
    var quick = false
    @Option(name: .long, help: "Only these sections, with commas between.", transform: Section.list)
    var only: [Section] = Section.allCases
    @Option(name: .long, help: "Where the results go as JSON.")
    var out = "Benchmarks/.build/results.json"
    @Option(name: .long, help: "Records that the notices are made from; generated ones where it is not there.")
    var data = "../shared/data/ctdc-minors.csv"

    func run() async throws {
        let notices = try Notices(records: URL(filePath: data))
        let bench = Bench(plan: quick ? .quick : .full, notices: notices)
        let status = await Interruption.run {
            do {
                let report = try await bench.run(only)
                tell(report.table)
                try report.write(to: URL(filePath: out))
                tell("results: \(out)")
                return 0
            } catch {
                FileHandle.standardError.write(Data("exchange-bench: \(error)\n".utf8))
                return 1
            }
        }
        throw ExitCode(status)
    }
}

/// A part of the benchmark that can be run by itself.
enum Section: String, CaseIterable {
    case exchange, rsa, fanout, queue

    @Sendable static func list(_ text: String) throws -> [Section] {
        try text.split(separator: ",").map { name in
            guard let section = Section(rawValue: String(name)) else {
                let names = allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no section \(name); use one or more of \(names)")
            }
            return section
        }
    }
}

import ExchangeCatalogue
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A part of `make chaos`: the same program with few kills, whose verdict is its exit status.
    @Suite struct ChaosTests {
        private static let executable = NodeProcess.builtExecutable.deletingLastPathComponent()
            .appending(path: "exchange-lab")

        @Test
        func `nodes that are killed, parted and put back under load lose nothing, and what comes twice is flagged`()
            async throws
        {
            let seed = UInt64.random(in: .min ... .max)
            print("seed \(seed)")
            let folder = try TemporaryFolder(prefix: "chaos")
            let report = folder.url.appending(path: "report.jsonl")
            let run = try await Command.run(
                Self.executable.path,
                [
                    "chaos", "--nodes", "3", "--kills", "12", "--minutes", "2", "--seed", "\(seed)", "--report",
                    report.path,
                ])
            #expect(run.end == .exited(status: 0), "\(run.said)")
            let lines = try String(contentsOf: report, encoding: .utf8).split(separator: "\n")
                .map { try JSONParser.parse(Array($0.utf8)) }
            let first = try #require(lines.first)
            #expect(first["seed"]?.text == "\(seed)")
            let accepted = try #require(first["accepted"]?.number)
            let deliveries = try #require(first["deliveries"]?.number)
            #expect(accepted > 0 && deliveries >= accepted)
            let faults = lines.filter { $0["fault"] != nil }
            #expect(faults.count == (SmallDisk.isPossible ? 13 : 12))
            #expect(faults.allSatisfy { ($0["happened"]?.number ?? 0) > 0 }, "\(faults)")
            let verdict = try #require(lines.last)
            #expect(verdict["lost"]?.number == 0 && verdict["unexpected"]?.number == 0)
            #expect(verdict["handedTwice"]?.number == 0)
            let answers = try #require(first["answers"]?.number)
            // One each, and what was taken again, or stands under a second number, after the restore.
            #expect(verdict["verified"]?.number ?? 0 >= deliveries + answers)
            print(run.said.split(separator: "\n").suffix(7).joined(separator: "\n"))
            try folder.remove()
        }

        @Test func `what chaos cannot be is a wrong command line`() async throws {
            for arguments in [
                ["--nodes", "1"], ["--kills", "0"], ["--minutes", "0"], ["--disk-faults", "-1"],
                ["--data", "/nowhere"],
            ] {
                let run = try await Command.run(Self.executable.path, ["chaos"] + arguments)
                #expect(run.end == .exited(status: 64), "\(run.said)")
            }
        }
    }
}

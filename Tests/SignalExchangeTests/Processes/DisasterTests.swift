import ExchangeCatalogue
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A part of `make disaster`: the same program with few nodes, whose verdict is its exit status.
    @Suite struct DisasterTests {
        private static let executable = NodeProcess.builtExecutable.deletingLastPathComponent()
            .appending(path: "exchange-lab")

        @Test func `a wiped disk, an old backup and a copy that runs beside its original lose nothing under load`()
            async throws
        {
            let seed = UInt64.random(in: .min ... .max)
            print("seed \(seed)")
            let folder = try TemporaryFolder(prefix: "disaster")
            let report = folder.url.appending(path: "report.jsonl")
            let run = try await Command.run(
                Self.executable.path,
                ["disaster", "--nodes", "4", "--seconds", "2", "--seed", "\(seed)", "--report", report.path])
            #expect(run.end == .exited(status: 0), "\(run.said)")
            let lines = try String(contentsOf: report, encoding: .utf8).split(separator: "\n")
                .map { try JSONParser.parse(Array($0.utf8)) }
            #expect(try #require(lines.first)["accepted"]?.number ?? 0 > 0)
            let verdict = try #require(lines.last)
            #expect(verdict["lost"]?.number == 0 && verdict["handedTwice"]?.number == 0)
            #expect(verdict["fencedBy"]?.number == 3)
            #expect(verdict["verified"]?.number ?? 0 > 0)
            print(run.said.split(separator: "\n").suffix(7).joined(separator: "\n"))
            try folder.remove()
        }

        @Test func `what a disaster cannot be is a wrong command line`() async throws {
            for arguments in [["--nodes", "3"], ["--seconds", "0"]] {
                let run = try await Command.run(Self.executable.path, ["disaster"] + arguments)
                #expect(run.end == .exited(status: 64), "\(run.said)")
            }
        }
    }
}

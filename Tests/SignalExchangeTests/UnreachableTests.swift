import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Who reads a node's log, and nothing else, learns that a partner is out of reach.
    @Suite(.community(limits: ["unreachableAlarmAfterSeconds": 1])) struct UnreachableTests {
        @Test func `a partner that cannot be reached is a warning with its name, since when, and what waits`()
            async throws
        {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            try await withNode(avim) { context in
                for _ in 0..<2 {
                    _ = try await Submitting(context).submit(
                        JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), key: nil, by: .node)
                }
            }
            let start = Timestamp.current
            try await avim.process.start()
            let log = avim.process.log
            let line = try await within(.seconds(30), "a warning about \(nidos.oin)") {
                try await poll {
                    try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init).first {
                        $0.contains("a partner cannot be reached") && $0.contains(nidos.oin.text)
                    }
                }
            }
            for word in [" warning ", nidos.member.name, "waiting=2 ", "does not answer"] {
                #expect(line.contains(word), "\(line)")
            }
            let since = try #require(line.firstMatch(of: /since=(\S+)/).flatMap { Timestamp(String($0.1)) }, "\(line)")
            #expect(since >= start && since <= .current)
            try await avim.waitForAlarm(.partnerUnreachable, about: nidos.oin)

            // Each attempt that fails alike is no line of its own.
            let api = avim.api
            _ = try await within(.seconds(60), "three attempts") {
                try await poll {
                    let row = try await api.client.get("/v1/partners").elements
                        .first { $0["oin"]?.text == nidos.oin.text }
                    return (row?["failures"]?.number ?? 0) >= 3 ? true : nil
                }
            }
            let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains("trying again") && $0.contains(nidos.oin.text) } == 1)
            try await avim.process.kill()
        }

        @Test func `who is no member any more is not said to be unreachable any more`() async throws {
            let community = try #require(Stage.community)
            let (coa, ggd) = (community[slug: "coa"], community[slug: "ggd"])
            try await coa.process.start()
            try await coa.waitForAlarm(.partnerUnreachable, about: ggd.oin)
            let version = try #require(await coa.api.client.get("/v1/status")["directoryVersion"]?.number)
            try NodeFolder.write(
                community.signedDirectory(version: version + 1, without: ggd.oin), to: coa.folder.directory)
            try await coa.api.reload()
            try await coa.waitForNoAlarm(.partnerUnreachable, about: ggd.oin)
            try await coa.process.kill()
        }
    }
}

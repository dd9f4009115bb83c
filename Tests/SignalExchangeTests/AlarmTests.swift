import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What ends an alarm, and what it leaves.
    @Suite(.community(running: "nidos")) struct AlarmTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        private let messages = (1...2).map { MessageID(at: .current, random: Bytes16(high: 0, low: $0)) }

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        /// Starts avim's node on a store that has alarms about nidos: one of each message, and one of none.
        private func start(with code: AlarmCode) async throws {
            try await avim.process.stop()
            let ledger = try await SQLiteLedger.open(
                at: avim.folder.store, digest: sha256, random: { randomBytes(count: $0) }, now: NodeClock().now)
            for id in messages + [nil] {
                try await ledger.raise(
                    Alarm(code: code, partner: nidos.oin, messageID: id, detail: "of a test", at: .current))
            }
            try await ledger.close()
            try await avim.process.start()
        }

        /// The messages of the open alarms; `nil` for the one of none.
        private func open(_ code: AlarmCode) async throws -> [String?] {
            try await avim.api.client.get("/v1/alarms").elements.filter { $0["code"]?.text == code.rawValue }
                .map { $0["message"]?.text }
        }

        @Test func `a tally ends what was said of the partner, and leaves what was said of its messages`() async throws
        {
            try await start(with: .revocationListStale)
            let left = try await within(.seconds(20), "the alarm of no message to end") {
                try await poll {
                    let left = try await open(.revocationListStale)
                    return left.contains(nil) ? nil : left
                }
            }
            #expect(left == messages.map(\.description))
        }

        @Test func `who leaves the partner out is told with which command an open alarm of the code is cleared`()
            async throws
        {
            try await start(with: .messageIDConflict)
            let none = try await avim.command("alarms", "clear", "message-id-conflict")
            #expect(none.exitStatus == 3, "\(none.said)")
            let right = "`exchange-node alarms clear message-id-conflict --partner \(nidos.oin)`"
            #expect(none.said.contains(right), "\(none.said)")
            #expect(try await open(.messageIDConflict).count == 3)
        }

        @Test func `a person ends one alarm by its message, and all of a code and partner without one`() async throws {
            try await start(with: .numberConflict)
            let one = try await avim.command(
                "alarms", "clear", "number-conflict", "--partner", nidos.oin.text, "--message",
                messages[0].description)
            #expect(one.exitStatus == 0, "\(one.said)")
            #expect(try await open(.numberConflict) == [messages[1].description, nil])
            let all = try await avim.command("alarms", "clear", "number-conflict", "--partner", nidos.oin.text)
            #expect(all.exitStatus == 0, "\(all.said)")
            #expect(try await open(.numberConflict) == [])
        }
    }
}

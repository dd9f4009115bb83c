import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What a partner's tallies prove of its store, and what they do not.
    @Suite(.community()) struct TallyTests {
        let nidos: NodeHandle

        init() throws { nidos = try #require(Stage.community)[slug: "nidos"] }

        private func alarms(about partner: OIN, _ context: NodeContext) async throws -> [AlarmCode] {
            try await context.ledger.alarms(includingCleared: false).map(\.alarm).filter { $0.partner == partner }
                .map(\.code)
        }

        @Test func `a tally that its successor's overtook is no proof of a clone`() async throws {
            let avim = try Stage.foreignNode("avim")
            let successor = IncarnationID(Randomness.bytes16())
            try await withNode(nidos) { context in
                let tallies = TallyExchange(context)
                let overtaken = try avim.tally(for: nidos.oin)
                try await tallies.take(overtaken, from: avim.oin, askedAt: nil)
                try await tallies.take(
                    avim.tally(for: nidos.oin, incarnation: successor, after: avim.incarnation), from: avim.oin,
                    askedAt: nil)
                await #expect(throws: RequestError.self, "who sent it is not the running node any more") {
                    try await tallies.take(overtaken, from: avim.oin, askedAt: nil)
                }
                #expect(try await alarms(about: avim.oin, context) == [])
                // It changes nothing of which incarnation is the present one.
                let facts = try await context.ledger.incarnationFacts(successor, after: [], of: avim.oin)
                #expect(facts.latest?.incarnation == successor)
            }
        }

        @Test func `an incarnation that signs long after its successor proves a clone`() async throws {
            let coa = try Stage.foreignNode("coa")
            let successor = IncarnationID(Randomness.bytes16())
            try await withNode(nidos) { context in
                let before = context.now.wall + .minutes(-10)
                for (incarnation, predecessor) in [(coa.incarnation, nil), (successor, coa.incarnation)] {
                    try await context.ledger.keepIncarnation(
                        SeenIncarnation(
                            incarnation: incarnation, predecessor: predecessor, highest: .start, firstSeen: before),
                        skipping: [], of: coa.oin)
                }
                try await TallyExchange(context).take(coa.tally(for: nidos.oin), from: coa.oin, askedAt: nil)
                #expect(try await alarms(about: coa.oin, context) == [.partnerCloned])
            }
        }
    }
}

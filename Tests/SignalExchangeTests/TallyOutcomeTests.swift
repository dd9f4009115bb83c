import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What a partner says that it answered, against what it did answer.
    @Suite(.community(running: "avim", "nidos")) struct TallyOutcomeTests {
        @Test func `a tally tells what was answered, and one that takes a receipt back is an alarm`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "told")
            try await avim.api.waitForAnswers(to: id)
            let number = SequenceNumber(1)
            let answered = OutcomeRange(NumberRange(number, number), .receipt)

            // The partner's own node says so itself.
            try await avim.process.stop()
            let sender = try Stage.foreignNode("avim")
            let reply = try await sender.client().post(sender.tally(for: nidos.oin), .tally, to: nidos)
            let payload = try SignedStatement.unverifiedPayload(reply.body, kind: .tally)
            #expect(try Tally(wireBytes: payload).outcomes == [answered])

            try await nidos.process.stop()
            try await avim.process.start()
            let recipient = try Stage.foreignNode("nidos")
            _ = try await recipient.client().post(
                recipient.tally(for: avim.oin, outcomes: [answered]), .tally, to: avim)
            func alarms() async throws -> [AlarmRow] {
                try await avim.api.alarms().filter { $0.code == AlarmCode.talliesDiffer.rawValue }
            }
            let before = try await alarms().filter { $0.detail.contains("its receipt is here") }
            #expect(before.isEmpty, "\(before)")
            _ = try await recipient.client().post(
                recipient.tally(for: avim.oin, outcomes: [OutcomeRange(answered.numbers, .refusal)]), .tally, to: avim)
            let found = try await alarms().filter { $0.detail.contains("number 1 to this partner") }
            #expect(found.map(\.partner) == [nidos.oin])
        }
    }
}

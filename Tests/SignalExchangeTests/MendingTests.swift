import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What the disk damaged is got back from who has it.
    @Suite struct MendingTests {
        @Test func `a message that the disk damaged is got back from a recipient, and reaches who had not been told`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
                let id = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.guardian, .immigration])), key: "both")
                _ = try await avim.api.deliveries(of: id, to: nidos.oin, waiting: .seconds(20))
                try avim.damageEnvelope(of: id) { _ in [0x30, 0x00] }
                try await ind.process.start()
                try await avim.waitForAlarm(.storedMessageUnreadable, about: ind.oin)
                let leaves = try await avim.auditLeaves()
                try await avim.api.greetPartners()
                try await ind.api.waitForInbox(id, within: .seconds(60))
                try await avim.api.waitForAnswers(to: id)
                #expect(try await ind.api.inboxEntry(id)["body"] != nil)
                let alarms = try await avim.api.alarms().map(\.code)
                #expect(!alarms.contains("stored-message-unreadable"), "\(alarms)")
                #expect(try await avim.auditLeaves() > leaves)
                try await avim.waitForLog("damaged content was got back")
            }
        }
    }
}

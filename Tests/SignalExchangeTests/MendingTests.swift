import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Synchronization
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

        @Test func `a received message that the disk damaged is got back from its sender, and read`() async throws {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "one")
                try await nidos.api.waitForInbox(id, within: .seconds(20))
                try nidos.damageEnvelope(of: id) { $0.dropLast() + [$0[$0.count - 1] ^ 1] }
                let leaves = try await nidos.auditLeaves()
                for _ in 1...2 {
                    let entry = try await nidos.api.inboxEntry(id)
                    #expect(entry["body"] == nil && entry["unreadable"] != nil)
                }
                try await nidos.waitForAlarm(.storedMessageUnreadable, about: avim.oin)
                #expect(try await nidos.auditLeaves() == leaves + 1, "one alarm, however often it is read")
                try await nidos.api.greetPartners()
                try await nidos.waitForNoAlarm(.storedMessageUnreadable, about: avim.oin)
                #expect(try await nidos.api.inboxEntry(id)["body"] != nil)
                try await nidos.waitForLog("damaged content was got back")
                // What the people do with it is told as ever.
                try await nidos.api.take(id, role: "duty-guardian")
                try await avim.api.waitForAnswers(to: id)
            }
        }
    }

    /// What counts of what a partner gives back.
    @Suite(.community()) struct MendingAnswerTests {
        /// A partner that gives one message back, and notes what it was asked for.
        private final class Giving: PartnerConnection {
            let answer: RefillAnswer
            let asked = Mutex<[RefillRequest.Asked]>([])

            init(_ answer: RefillAnswer) { self.answer = answer }

            func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8] { [] }
            func deliver(_ batch: [UInt8]) async throws -> [UInt8] { [] }
            func shutdown() async {}
            func refill(_ request: [UInt8]) async throws -> [UInt8] {
                let request = try RefillRequest(wireBytes: request)
                asked.withLock { $0.append(request.asked) }
                return answer.wireBytes
            }
        }

        @Test
        func `what a sender gives back in the place of a damaged message counts by the digest of the books alone`()
            async throws
        {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let sender = try ForeignNode(avim)
            try await withNode(nidos) { context in
                try await TallyExchange(context).take(
                    sender.tally(for: nidos.oin), from: avim.oin, askedAt: context.now.wall)
                let parcels = try (1...2).map { _ in
                    try sender.seal(
                        ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party, previous: nil)]), for: nidos
                    )
                }
                _ = try await Receiving(context).receive(sender.batch([parcels[0]], for: nidos), from: avim.oin)
                try nidos.damageEnvelope(of: parcels[0].id) { $0.dropLast() + [$0[$0.count - 1] ^ 1] }
                func read() async throws -> MessageID? {
                    let kept = try #require(try await context.ledger.message(parcels[0].id))
                    return try? await StoredContent(context).read(kept).id
                }
                for _ in 1...2 { #expect(try await read() == nil) }
                #expect(
                    try await context.ledger.alarms(includingCleared: false)
                        .filter { $0.alarm.messageID == parcels[0].id }.map(\.count) == [1],
                    "raised once, however often it is read")
                // AVIM signed both; the other comes under the id of the first, and its receipt counts for nothing here.
                for parcel in [parcels[1], parcels[0]] {
                    let connection = Giving(
                        RefillAnswer(
                            base: nil, upTo: SequenceNumber(1),
                            items: [
                                RefillItem(
                                    item: ChannelItem(
                                        number: SequenceNumber(1), messageID: parcels[0].id,
                                        messageDigest: parcels[0].digest), answer: .receipt([1]),
                                    envelope: parcel.envelope)
                            ]))
                    await Mending(context).mend(with: avim.oin, over: connection)
                    #expect(connection.asked.withLock(\.self) == [.message(parcels[0].id)])
                    let isMended = parcel.id == parcels[0].id
                    #expect(try await read() == (isMended ? parcels[0].id : nil))
                    let alarms = try await context.ledger.alarms(includingCleared: false).map(\.alarm.code)
                    #expect(alarms.contains(.storedMessageUnreadable) == !isMended)
                }
                // Nobody is asked for what can be read.
                let connection = Giving(RefillAnswer(base: nil, upTo: .none, items: []))
                await Mending(context).mend(with: avim.oin, over: connection)
                #expect(connection.asked.withLock(\.self).isEmpty)
            }
        }
    }
}

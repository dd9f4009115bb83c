import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community(running: "nidos")) struct DuplicateTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        @Test func `a batch that comes twice is answered with the stored receipt, byte for byte`() async throws {
            let content = try ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)])
            let batch = try avim.batch([avim.seal(content, for: nidos)], for: nidos)
            let caller = try avim.client()
            let first = try await caller.post(batch, .batch, to: nidos)
            try #require(first.status == 200, "\(first.text)")
            let leaves = try await nidos.auditLeaves()
            let second = try await caller.post(batch, .batch, to: nidos)
            #expect(first.body == second.body)
            let outcomes = try BatchAnswer(wireBytes: first.body).outcomes
            #expect(outcomes.count == 1 && outcomes[0].answer.receipt != nil, "\(outcomes)")
            #expect(try await nidos.auditLeaves() == leaves)
            #expect(try await nidos.api.inbox().count { $0.messageID == content.id } == 1)

            // A new manifest over the same item, as after a restart of the sender.
            let item = try Manifest(
                wireBytes: SignedStatement.unverifiedPayload(Batch(wireBytes: batch).signedManifest, kind: .manifest)
            ).items[0]
            let again = Batch(
                signedManifest: try avim.signedManifest([item], for: nidos.oin),
                envelopes: try Batch(wireBytes: batch).envelopes)
            let third = try await avim.deliver(again.wireBytes, to: nidos)
            #expect(third.outcomes == outcomes)
        }

        @Test func `the same id with another digest is refused, raises an alarm and overwrites nothing`() async throws {
            let content = try ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)])
            let first = try await avim.deliver(avim.seal(content, for: nidos), to: nidos)
            #expect(first.receipt != nil)
            let before = try await nidos.api.inboxEntry(content.id)
            var other = content
            other.body = ExampleSignal.body(explanation: "Other words under the same id.")
            let signed = try #require(await avim.deliver(avim.seal(other, for: nidos), to: nidos).refusal)
            let refusal = try await Refusal(wireBytes: community.payload(of: signed, signedBy: nidos))
            #expect(refusal.code == .messageIDConflict)
            #expect(refusal.item.messageID == content.id)
            try await nidos.waitForAlarm(.messageIDConflict, about: avim.oin)
            #expect(try await nidos.api.inboxEntry(content.id) == before)
        }

        @Test func `another message under a number that is taken waits and raises an alarm`() async throws {
            let first = try ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)])
            let parcel = try avim.seal(first, for: nidos)
            let item = avim.items(for: [parcel])[0]
            _ = try await avim.deliver(
                Batch(signedManifest: avim.signedManifest([item], for: nidos.oin), envelopes: [parcel.envelope])
                    .wireBytes,
                to: nidos)
            let second = try avim.seal(
                ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)]), for: nidos)
            let taken = ManifestItem(
                item: ChannelItem(number: item.item.number, messageID: second.id, messageDigest: second.digest),
                kind: .message)
            let answer = try await avim.deliver(
                Batch(signedManifest: avim.signedManifest([taken], for: nidos.oin), envelopes: [second.envelope])
                    .wireBytes,
                to: nidos)
            #expect(answer.outcomes[0].answer.later == .numberConflict)
            try await nidos.waitForAlarm(.numberConflict, about: avim.oin)
        }
    }
}

import ExchangeCore
import ExchangeStore
import Testing

@testable import ExchangeTesting

/// What the triggers of the SQLite schema keep, the store in memory keeps too, also against a fault of the core.
@Suite struct MemoryGuardTests {
    /// A store with a receipted delivery, an open one, a receipted number of AVIM's, and the key of a case.
    private func filled() async throws -> MemoryDisk {
        let disk = MemoryDisk()
        let ledger = try await Sample.openMemory(on: disk)
        for ordinal in 1...2 { try await ledger.accept(ordinal, key: "key\(ordinal)") }
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        try await ledger.receive(1, number: 1)
        _ = try await ledger.caseKey(for: Sample.case1, orKeep: [1])
        try await ledger.close()
        return disk
    }

    private static func key(_ number: UInt64) -> DeliveryKey {
        DeliveryKey(partner: Community.avim, number: SequenceNumber(number))
    }

    private static func breaking() throws -> [(String, LedgerChange)] {
        let (mine, theirs) = (try Sample.message(1), try Sample.message(1, from: Community.avim))
        let item = ChannelItem(number: SequenceNumber(1), messageID: theirs.id, messageDigest: theirs.digest)
        let other = ChannelItem(number: SequenceNumber(2), messageID: theirs.id, messageDigest: theirs.digest)
        let claim = try #require(IdempotencyClaim(key: "key1", submissionDigest: .zero))
        let at = Sample.start
        return [
            ("a message id stands for one message", .keepMessage(mine, envelope: [], isOutgoing: true)),
            ("nothing that is open is purged", .purgeContent(of: try Sample.message(2).id)),
            ("what nobody took is not purged", .purgeContent(of: theirs.id)),
            ("a delivery is of a message", .openDelivery(try Sample.message(9), to: mine.sender)),
            ("a case has one key", .keepCaseKey([2], of: Sample.case1)),
            ("a key is of a message", .claimIdempotencyKey(claim, try Sample.message(9).id)),
            (
                "an answer is repeated, never changed",
                .fillSlot(from: Community.avim, item, .refusal(.schemaViolated, [1]))
            ),
            ("a receipt has its proof", .fillSlot(from: Community.avim, other, .receipt([]))),
            ("a message is not noted", .fillSlot(from: Community.avim, other, .noted(.message, reason: ""))),
            ("a proof is of a slot", .reissueProof(to: Community.avim, SequenceNumber(9), [1])),
            (
                "a message stands once in the inbox",
                .handOver(theirs, availableAt: at, awaiting: nil, mayBeRepeated: false)
            ),
            (
                "a delivery that has its answer is not reopened",
                .declare(Self.key(1), as: .open, reason: "", isToBeTold: true)
            ),
            (
                "a receipt is not taken back",
                .moveTransport(of: Self.key(1), to: .refused, proof: [1], detail: "", at: at)
            ),
            ("an answer has its proof", .moveTransport(of: Self.key(2), to: .receipted, proof: [], detail: "", at: at)),
            ("what is open is to be told", .endDeclaration(of: Self.key(2))),
            ("a declaration has its reason", .declare(Self.key(2), as: .held, reason: "", isToBeTold: true)),
            (
                "there is no such delivery",
                .deferDelivery(Self.key(3), until: at, detail: "", isAttempt: true)
            ),
            ("there is no such entry", .moveInbox(mine.id, to: .owned, role: "", at: at)),
        ]
    }

    @Test func `a change that would break a rule is refused, and nothing of its transaction is kept`() async throws {
        let disk = try await filled()
        let ledger = try await Sample.openMemory(on: disk)
        let before = try await ledger.verifyAuditChain()
        for (rule, change) in try Self.breaking() {
            let error = #expect(throws: StoreError.self, "\(rule)") {
                try ledger.write(at: Sample.start) { transaction in
                    try transaction.apply([.appendLeaf(AuditLeaf(.alarmRaised, at: Sample.start)), change])
                }
            }
            #expect(error?.code == .invariantViolated, "\(rule)")
        }
        #expect(try await ledger.verifyAuditChain() == before)
        #expect(ledger.problem == nil, "a store that refuses a fault works")
        #expect(try await ledger.deliveries(DeliveryFilter()).map(\.state) == [.accepted, .receipted])
        #expect(try await ledger.account(with: Community.avim).open == 1)
    }

    @Test func `a leaf that was changed is found`() async throws {
        let disk = try await filled()
        var store = try #require(disk.durable)
        let leaf = try #require(store.audit[3])
        store.audit[3] = StoredLeaf(leaf: leaf.leaf + [0], hash: leaf.hash)
        disk.durable = store
        #expect(try await Sample.openMemory(on: disk).verifyAuditChain() == .broken(atLeaf: 3))
    }
}

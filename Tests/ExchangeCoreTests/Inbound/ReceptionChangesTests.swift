import ExchangeCore
import Testing

/// The rows that each verdict writes.
@Suite struct ReceptionChangesTests {
    private typealias Base = ReceptionTests
    private static let item = Base.item

    private static func handOver(_ changes: [LedgerChange]) -> (at: Timestamp, awaiting: MessageID?)? {
        for case .handOver(_, let at, let awaiting, _) in changes { return (at, awaiting) }
        return nil
    }

    private static func leaves(_ changes: [LedgerChange]) -> [AuditKind] {
        changes.compactMap { if case .appendLeaf(let leaf) = $0 { leaf.kind } else { nil } }
    }

    @Test func `a receipt is written with the message, its slot and its leaf, in one decision`() {
        let changes = Base.changes(.receipt, Base.verified(), Base.receipt, Base.facts())
        let summary = Sample.summary(Self.item)
        #expect(changes.contains(.keepMessage(summary, envelope: [0xEE], isOutgoing: false)))
        #expect(changes.contains(.fillSlot(from: Sample.nidos, Self.item, Base.receipt)))
        #expect(changes.contains(.releaseSuccessors(of: summary.id, from: Sample.nidos, at: Sample.wall)))
        #expect(Self.leaves(changes) == [.messageReceived])
    }

    @Test func `a refusal for a signer that is not trusted is one alarm about its organisation`() {
        let verdict = ReceptionVerdict.refuse(.signerNotTrusted, detail: "revoked")
        let refusal = KeptAnswer.refusal(.signerNotTrusted, [1])
        let examination = Examination.refused(.signerNotTrusted, detail: "revoked")
        let changes = Base.changes(verdict, examination, refusal, Base.facts())
        let alarm = Alarm(
            code: .signerNotTrusted, partner: Sample.nidos, messageID: nil, detail: "revoked", at: Sample.wall)
        #expect(changes.contains(.raiseAlarm(alarm)))
    }

    @Test func `an answer whose signature has lapsed is signed anew beside the old one`() {
        for (old, fresh) in [
            (Base.receipt, KeptAnswer.receipt([1])), (Base.refusal, .refusal(.schemaViolated, [1])),
        ] {
            let facts = Base.facts(slot: FilledSlot(item: Self.item, answer: old))
            let verdict = Base.decide(Self.item, .lapsed(old), facts: facts)
            #expect(verdict == .reissue(old))
            let changes = Base.changes(verdict, .lapsed(old), fresh, facts)
            #expect(changes.contains(.reissueProof(to: Sample.nidos, Self.item.number, [1])))
            #expect(Self.leaves(changes) == [.answerReissued])
            // What another request has answered anew meanwhile is repeated.
            let later = Base.facts(slot: FilledSlot(item: Self.item, answer: fresh))
            #expect(Base.decide(Self.item, .lapsed(old), facts: later) == .repeat(fresh))
        }
    }

    @Test func `a plain duplicate writes nothing`() {
        let facts = Base.facts(slot: FilledSlot(item: Self.item, answer: Base.receipt))
        #expect(Base.changes(.repeat(Base.receipt), Base.verified(), nil, facts).isEmpty)
    }

    @Test func `a held number is filled with the receipt of a message that came before under another number`() {
        let facts = Base.facts(
            slot: FilledSlot(item: Self.item, answer: Base.held),
            message: KnownMessage(digest: Self.item.messageDigest, answer: Base.receipt))
        let verdict = Base.decide(Self.item, Base.verified(), facts: facts)
        #expect(verdict == .repeat(Base.receipt))
        #expect(
            Base.changes(verdict, Base.verified(), nil, facts)
                == [.fillSlot(from: Sample.nidos, Self.item, Base.receipt), Base.counted()])
    }

    @Test func `what was made before the store was put back comes flagged, whoever sends it as new`() {
        func isFlagged(renewedAt: Timestamp?) -> Bool? {
            let facts = Base.facts(renewedAt: renewedAt)
            for case .handOver(_, _, _, let flag) in Base.changes(.receipt, Base.verified(), Base.receipt, facts) {
                return flag
            }
            return nil
        }
        let created = Sample.summary(Self.item).created
        #expect(isFlagged(renewedAt: nil) == false)
        #expect(isFlagged(renewedAt: created) == true)
        let skew = ProtocolLimits.clockSkewMaximum
        #expect(isFlagged(renewedAt: created + Milliseconds(-skew.count)) == true, "the sender's clock may stand ahead")
        #expect(isFlagged(renewedAt: created + Milliseconds(-skew.count - 1)) == false)
    }

    @Test func `a message whose predecessor is here is handed over at once`() {
        let changes = Base.changes(.receipt, Base.verified(predecessor: Sample.message(1)), Base.receipt, Base.facts())
        let handOver = Self.handOver(changes)
        #expect(handOver?.at == Sample.wall)
        #expect(handOver?.awaiting == nil)
    }

    @Test(arguments: [Priority.routine, .urgent, .asap])
    func `a message waits for its predecessor, but not for ever`(priority: Priority) {
        let examination = Base.verified(priority: priority, predecessor: Sample.message(1))
        let changes = Base.changes(.receipt, examination, Base.receipt, Base.facts(predecessor: .missing))
        let handOver = Self.handOver(changes)
        #expect(handOver?.at == Sample.wall + NodeLimits().predecessorWait)
        #expect(handOver?.awaiting == Sample.message(1))
    }

    @Test func `stat never waits for its predecessor, and says which is missing`() {
        let examination = Base.verified(priority: .stat, predecessor: Sample.message(1))
        let changes = Base.changes(.receipt, examination, Base.receipt, Base.facts(predecessor: .missing))
        let handOver = Self.handOver(changes)
        #expect(handOver?.at == Sample.wall)
        #expect(handOver?.awaiting == Sample.message(1))
    }

    @Test func `a message whose predecessor waits itself goes on no later than that`() {
        let examination = Base.verified(predecessor: Sample.message(1))
        let end = Sample.wall + NodeLimits().predecessorWait
        for (until, expected) in [
            (Sample.wall + Milliseconds(9), Sample.wall + Milliseconds(9)), (end + Milliseconds(9), end),
        ] {
            let changes = Base.changes(
                .receipt, examination, Base.receipt, Base.facts(predecessor: .waiting(until: until)))
            #expect(Self.handOver(changes)?.at == expected)
            #expect(Self.handOver(changes)?.awaiting == Sample.message(1))
        }
        let over = Base.changes(
            .receipt, examination, Base.receipt, Base.facts(predecessor: .waiting(until: Sample.wall)))
        #expect(Self.handOver(over)?.at == Sample.wall)
        #expect(Self.handOver(over)?.awaiting == nil)
    }

    @Test(arguments: [Predecessor.missing, .waiting(until: Sample.wall + Milliseconds(9))])
    func `a message that waits lets nobody go on before it, and one that does not wait does`(predecessor: Predecessor) {
        let released = LedgerChange.releaseSuccessors(of: Self.item.messageID, from: Sample.nidos, at: Sample.wall)
        let facts = Base.facts(predecessor: predecessor)
        let before = Sample.message(1)
        let changes = Base.changes(.receipt, Base.verified(predecessor: before), Base.receipt, facts)
        #expect(!changes.contains(released))
        let until = Self.handOver(changes)?.at ?? Sample.wall
        #expect(changes.contains(.alignSuccessors(of: Self.item.messageID, from: Sample.nidos, until: until)))
        let pressing = Base.verified(priority: .stat, predecessor: before)
        #expect(Base.changes(.receipt, pressing, Base.receipt, facts).contains(released))
        let probe = Base.verified(isHandedOver: false, predecessor: before)
        #expect(Base.changes(.receipt, probe, Base.receipt, facts).contains(released))
    }

    @Test func `nobody waits any longer for a message that is declared void, and still for one that is held`() {
        func releases(_ kind: ItemKind, _ facts: ReceptionFacts = Base.facts()) -> Bool {
            Base.changes(.note(kind, reason: "w"), .declared(kind, reason: "w"), nil, facts)
                .contains(.releaseSuccessors(of: Self.item.messageID, from: Sample.nidos, at: Sample.wall))
        }
        #expect(releases(.void))
        #expect(!releases(.held))
        let resealed = Base.facts(message: KnownMessage(digest: Self.item.messageDigest, answer: Base.receipt))
        #expect(!releases(.void, resealed), "it came under another number, and may wait itself")
    }

    @Test func `a probe ends at the node`() {
        let examination = Base.verified(isHandedOver: false)
        let changes = Base.changes(.receipt, examination, Base.receipt, Base.facts())
        #expect(Self.handOver(changes) == nil)
        #expect(changes.contains(.fillSlot(from: Sample.nidos, Self.item, Base.receipt)))
    }

    @Test func `a refusal fills the slot, keeps no message and is logged`() {
        let changes = Base.changes(
            .refuse(.codeUnknown, detail: "x"), .refused(.codeUnknown, detail: "x"), .refusal(.codeUnknown, [5]),
            Base.facts())
        #expect(
            changes == [
                .fillSlot(from: Sample.nidos, Self.item, .refusal(.codeUnknown, [5])), Base.counted(refusals: 1),
                .appendLeaf(
                    AuditLeaf(
                        .refusalIssued, at: Sample.wall, messageID: Self.item.messageID, partner: Sample.nidos,
                        number: Self.item.number, digest: Self.item.messageDigest, note: "code-unknown")),
            ])
    }

    @Test(arguments: [ItemKind.void, .held])
    func `a declared number is noted with its reason`(kind: ItemKind) {
        let changes = Base.changes(
            .note(kind, reason: "withdrawn"), .declared(kind, reason: "withdrawn"), nil, Base.facts())
        #expect(changes.first == .fillSlot(from: Sample.nidos, Self.item, .noted(kind, reason: "withdrawn")))
        #expect(Self.leaves(changes) == [.numberNoted])
    }

    @Test func `a held number that is declared again is not noted again, and may become void`() {
        let facts = Base.facts(slot: FilledSlot(item: Self.item, answer: Base.held))
        let again = Base.decide(Self.item, .declared(.held, reason: "asked to wait"), facts: facts)
        #expect(again == .repeat(Base.held))
        #expect(
            Base.changes(again, .declared(.held, reason: "asked to wait"), nil, facts).isEmpty)
        #expect(
            Base.decide(Self.item, .declared(.void, reason: "withdrawn"), facts: facts)
                == .note(.void, reason: "withdrawn"))
    }

    @Test func `an answer that was signed for another verdict stops the process`() async {
        await #expect(processExitsWith: .failure) {
            _ = ReceptionTests.changes(
                .receipt, ReceptionTests.verified(), .refusal(.codeUnknown, [1]), ReceptionTests.facts())
        }
    }
}

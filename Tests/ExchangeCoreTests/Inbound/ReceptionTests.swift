import ExchangeCore
import Testing

/// What a recipient answers, for each combination of what came and what it holds.
@Suite struct ReceptionTests {
    static let item = Sample.item(3)
    static let receipt = KeptAnswer.receipt([0xAA])
    static let refusal = KeptAnswer.refusal(.schemaViolated, [0xBB])
    static let held = KeptAnswer.noted(.held, reason: "asked to wait")
    static let void = KeptAnswer.noted(.void, reason: "withdrawn")

    static func facts(
        slot: FilledSlot? = nil, message: KnownMessage? = nil, predecessor: Predecessor = .here,
        acknowledged: AcknowledgedDelivery? = nil, usage: InboundUsage = .none, isConfirmed: Bool = true,
        renewedAt: Timestamp? = nil
    ) -> ReceptionFacts {
        ReceptionFacts(
            slot: slot, message: message, predecessor: predecessor, acknowledged: acknowledged,
            usage: usage, isConfirmed: isConfirmed, renewedAt: renewedAt)
    }

    static func triage(
        _ item: ChannelItem = item, facts: ReceptionFacts, limits: NodeLimits = NodeLimits(), now: Now = Sample.now
    ) -> ReceptionVerdict {
        Reception.triage(item, facts: facts, limits: limits, now: now)
    }

    static func decide(
        _ item: ChannelItem, _ examination: Examination, facts: ReceptionFacts,
        limits: NodeLimits = NodeLimits(), now: Now = Sample.now
    ) -> ReceptionVerdict {
        Reception.decide(item, examination, facts: facts, limits: limits, now: now)
    }

    /// What a first item of the partner's leaves counted.
    static func counted(refusals: Int = 0) -> LedgerChange {
        .countUsage(of: Sample.nidos, InboundUsage(since: Sample.wall, items: 1, refusals: refusals))
    }

    static func verified(
        _ item: ChannelItem = item, priority: Priority = .asap, isHandedOver: Bool = true,
        predecessor: MessageID? = nil, acknowledgement: ReceivedAcknowledgement? = nil
    ) -> Examination {
        .verified(
            ReceivedMessage(
                summary: Sample.summary(item, priority: priority, isHandedOver: isHandedOver), storedEnvelope: [0xEE],
                predecessor: predecessor, acknowledgement: acknowledgement))
    }

    static func acknowledgement(_ step: AcknowledgementStep = .owned, digest: UInt8 = 8) -> ReceivedAcknowledgement {
        ReceivedAcknowledgement(
            messageID: Sample.message(80), messageDigest: Sample.digest(digest), step: step, role: "duty")
    }

    @Test func `an acknowledgement of what is not here waits while the own channel may be behind`() {
        let examination = Self.verified(acknowledgement: Self.acknowledgement())
        let verdict = Self.decide(Self.item, examination, facts: Self.facts(isConfirmed: false))
        guard case .later(.recovering, _, alarm: nil) = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    // MARK: Triage

    @Test func `what is new is examined`() {
        #expect(Self.triage(Self.item, facts: Self.facts()) == .examine)
    }

    @Test(arguments: [receipt, refusal, void])
    func `a duplicate is answered with the stored answer before any decryption`(answer: KeptAnswer) {
        let facts = Self.facts(slot: FilledSlot(item: Self.item, answer: answer))
        #expect(Self.triage(Self.item, facts: facts) == .repeat(answer))
        #expect(Self.decide(Self.item, Self.verified(), facts: facts) == .repeat(answer))
    }

    @Test func `a held number may become a message`() {
        let facts = Self.facts(slot: FilledSlot(item: Self.item, answer: Self.held))
        #expect(Self.triage(Self.item, facts: facts) == .examine)
        #expect(Self.decide(Self.item, Self.verified(), facts: facts) == .receipt)
    }

    @Test(arguments: [Sample.item(3, message: 9), Sample.item(3, digest: 9)])
    func `a number that holds another message is a conflict, and nothing is overwritten`(other: ChannelItem) {
        let facts = Self.facts(slot: FilledSlot(item: other, answer: Self.receipt))
        let verdict = Self.decide(Self.item, Self.verified(), facts: facts)
        guard case .later(.numberConflict, _, alarm: .numberConflict) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        let changes = Self.changes(verdict, .notExamined, nil, facts)
        #expect(changes.count == 1)
        #expect(Self.alarms(changes) == [.numberConflict])
    }

    @Test func `the same id with another digest is a conflict, loud and without a trace on what is here`() {
        let facts = Self.facts(message: KnownMessage(digest: Sample.digest(99), answer: Self.receipt))
        let verdict = Self.decide(Self.item, Self.verified(), facts: facts)
        guard case .refuse(.messageIDConflict, _) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        let changes = Self.changes(verdict, Self.verified(), .refusal(.messageIDConflict, [1]), facts)
        #expect(Self.alarms(changes) == [.messageIDConflict])
        #expect(changes.contains(.fillSlot(from: Sample.nidos, Self.item, .refusal(.messageIDConflict, [1]))))
        #expect(!changes.contains { if case .keepMessage = $0 { true } else { false } })
    }

    @Test func `another organisation's message, or our own, is a conflict even with the same digest`() {
        let facts = Self.facts(message: KnownMessage(digest: Self.item.messageDigest, answer: nil))
        guard case .refuse(.messageIDConflict, _) = Self.triage(Self.item, facts: facts) else {
            Issue.record("a partner cannot pass off a message that is not its own")
            return
        }
    }

    @Test func `a held number cannot smuggle in a known id with another digest`() {
        let facts = Self.facts(
            slot: FilledSlot(item: Self.item, answer: Self.held),
            message: KnownMessage(digest: Sample.digest(99), answer: Self.receipt))
        guard case .refuse(.messageIDConflict, _) = Self.decide(Self.item, Self.verified(), facts: facts) else {
            Issue.record("a receipt for another message was repeated")
            return
        }
    }

    // MARK: Decision

    @Test func `what the examination says is what is answered`() {
        let facts = Self.facts()
        #expect(Self.decide(Self.item, Self.verified(), facts: facts) == .receipt)
        #expect(
            Self.decide(Self.item, .refused(.codeUnknown, detail: "x"), facts: facts)
                == .refuse(.codeUnknown, detail: "x"))
        #expect(
            Self.decide(Self.item, .declared(.void, reason: "withdrawn"), facts: facts)
                == .note(.void, reason: "withdrawn"))
    }

    @Test(arguments: LaterCode.allCases)
    func `later is kept nowhere, and is an alarm where somebody must act`(code: LaterCode) {
        let facts = Self.facts()
        let verdict = Self.decide(Self.item, .later(code, detail: "d"), facts: facts)
        let alarms: [LaterCode: AlarmCode] = [
            .revocationListStale: .revocationListStale, .clockSkewed: .clockSkewed, .quotaExceeded: .quotaExceeded,
            .numberConflict: .numberConflict, .keyUnknown: .keyUnknown, .signerUnknown: .messageSignerUnknown,
            .directoryStale: .directoryStale, .internalFault: .internalFault,
        ]
        #expect(verdict == .later(code, detail: "d", alarm: alarms[code]))
        let changes = Self.changes(verdict, .later(code, detail: "d"), nil, facts)
        #expect(Self.alarms(changes) == [alarms[code]].compactMap { $0 })
        #expect(
            changes.allSatisfy {
                switch $0 {
                case .raiseAlarm, .countUsage: true
                default: false
                }
            })
    }

    @Test(arguments: [LaterCode.keyUnknown, .signerUnknown, .directoryStale, .internalFault])
    func `what must be mended here is one alarm a partner, and a receipt to it ends that`(code: LaterCode) throws {
        let facts = Self.facts()
        let verdict = Self.decide(Self.item, .later(code, detail: "d"), facts: facts)
        let raised = Self.changes(verdict, .later(code, detail: "d"), nil, facts)
        guard case .raiseAlarm(let alarm) = raised.last else {
            Issue.record("\(raised)")
            return
        }
        #expect(alarm.partner == Sample.nidos)
        #expect(alarm.messageID == nil)
        #expect(alarm.detail == "\(Self.item.messageID): d", "somebody has to find the message")
        let receipted = Self.changes(.receipt, Self.verified(), Self.receipt, facts)
        #expect(receipted.contains(.clearAlarm(alarm.code, partner: Sample.nidos, messageID: nil)))
    }

    @Test func `a message that came before under another number keeps its one receipt`() {
        let facts = Self.facts(message: KnownMessage(digest: Self.item.messageDigest, answer: Self.receipt))
        let verdict = Self.decide(Self.item, Self.verified(), facts: facts)
        #expect(verdict == .repeat(Self.receipt))
        #expect(
            Self.changes(verdict, Self.verified(), nil, facts)
                == [.fillSlot(from: Sample.nidos, Self.item, Self.receipt), Self.counted()])
    }

    @Test(arguments: [refusal, held, void])
    func `a message that was refused or only declared before is received once it verifies`(earlier: KeptAnswer) {
        let facts = Self.facts(message: KnownMessage(digest: Self.item.messageDigest, answer: earlier))
        #expect(Self.decide(Self.item, Self.verified(), facts: facts) == .receipt)
    }

    // MARK: Acknowledgements

    @Test func `an acknowledgement is received where its message id and digest are those of a delivery`() {
        let facts = Self.facts(
            acknowledged: AcknowledgedDelivery(
                digest: Sample.digest(8), transport: .receipted, followUp: .none))
        let examination = Self.verified(acknowledgement: Self.acknowledgement())
        #expect(Self.decide(Self.item, examination, facts: facts) == .receipt)
        let changes = Self.changes(.receipt, examination, Self.receipt, facts)
        #expect(
            changes.contains(
                .moveFollowUp(
                    of: Sample.message(80), by: Sample.nidos, to: .owned, role: "duty",
                    acknowledgement: Self.item.messageID,
                    at: Sample.wall)))
    }

    @Test(arguments: [nil, AcknowledgedDelivery(digest: Sample.digest(9), transport: .receipted, followUp: .none)])
    func `an acknowledgement of another digest, or of what was never sent, is refused with an alarm`(
        delivery: AcknowledgedDelivery?
    ) {
        let facts = Self.facts(acknowledged: delivery)
        let examination = Self.verified(acknowledgement: Self.acknowledgement())
        let verdict = Self.decide(Self.item, examination, facts: facts)
        guard case .refuse(.acknowledgementMismatch, _) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        let changes = Self.changes(verdict, examination, .refusal(.acknowledgementMismatch, [1]), facts)
        #expect(Self.alarms(changes) == [.acknowledgementMismatch])
        #expect(!changes.contains { if case .moveFollowUp = $0 { true } else { false } })
    }

    @Test func `an ownership that arrives after the outcome is received, and moves nothing`() {
        let facts = Self.facts(
            acknowledged: AcknowledgedDelivery(
                digest: Sample.digest(8), transport: .receipted, followUp: .concluded))
        let examination = Self.verified(acknowledgement: Self.acknowledgement(.owned))
        #expect(Self.decide(Self.item, examination, facts: facts) == .receipt)
        let changes = Self.changes(.receipt, examination, Self.receipt, facts)
        #expect(!changes.contains { if case .moveFollowUp = $0 { true } else { false } })
    }

    @Test func `what was not looked at, and is to be looked at now, is sent again without an alarm`() {
        let verdict = Self.decide(Self.item, .notExamined, facts: Self.facts())
        #expect(verdict == .later(.internalFault, detail: "contended; send again", alarm: nil))
        #expect(Self.changes(verdict, .notExamined, nil, Self.facts()).isEmpty)
    }

    @Test(arguments: TransportState.allCases)
    func `an acknowledgement of what is held or withdrawn is an alarm`(transport: TransportState) {
        let facts = Self.facts(
            acknowledged: AcknowledgedDelivery(digest: Sample.digest(8), transport: transport, followUp: .none))
        let examination = Self.verified(acknowledgement: Self.acknowledgement(.concluded))
        #expect(Self.decide(Self.item, examination, facts: facts) == .receipt)
        let changes = Self.changes(.receipt, examination, Self.receipt, facts)
        let isKeptBack = transport == .held || transport == .withdrawn
        #expect(Self.alarms(changes) == (isKeptBack ? [.acknowledgementWithoutReceipt] : []))
        #expect(changes.contains { if case .moveFollowUp = $0 { true } else { false } }, "it is kept all the same")
    }

    // MARK: Helpers shared with the other reception suites

    static func changes(
        _ verdict: ReceptionVerdict, _ examination: Examination, _ answer: KeptAnswer?, _ facts: ReceptionFacts,
        item: ChannelItem = item
    ) -> [LedgerChange] {
        Reception.changes(
            item, from: Sample.nidos, verdict, examination: examination, answer: answer, facts: facts,
            limits: NodeLimits(), now: Sample.now)
    }

    static func alarms(_ changes: [LedgerChange]) -> [AlarmCode] {
        changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm.code } else { nil } }
    }
}

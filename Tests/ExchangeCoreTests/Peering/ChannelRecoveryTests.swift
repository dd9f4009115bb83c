import ExchangeCore
import Testing

/// What a tally shows of a loss, and what becomes of each number that a partner gives back.
@Suite struct ChannelRecoveryTests {
    private static let placeholder = MessageSummary(
        id: Sample.message(90), digest: .zero, type: ChannelRecovery.lostType, sender: Sample.guardian,
        caseReference: CaseReference(random: Bytes16(high: 9, low: 9)), priority: .routine, created: Sample.wall,
        wanted: .receipt, isHandedOver: false)
    private static let reception = Party(oin: Sample.oin("00000099000000004000"), role: .reception)
    private static let key = DeliveryKey(partner: Sample.avim, number: SequenceNumber(4))

    private static func given(
        _ answer: RecoveredItem.Answer, hasContent: Bool = true, recipients: [Party] = [Sample.police, reception]
    ) -> RecoveredItem {
        RecoveredItem(
            item: Sample.item(4), answer: answer,
            content: hasContent
                ? RecoveredItem.Content(
                    summary: Sample.summary(Sample.item(4)), envelope: [7], recipients: recipients) : nil,
            placeholder: placeholder, recipient: Sample.police)
    }

    private static func known(
        isOutgoing: Bool = true, digest byte: UInt8 = 4
    ) -> RecoveryFacts.Known {
        RecoveryFacts.Known(
            summary: Sample.summary(Sample.item(4, digest: byte)), isOutgoing: isOutgoing)
    }

    private static func decide(
        _ given: RecoveredItem, row: ChannelItem? = nil, message: RecoveryFacts.Known? = nil, deliveredTo: [OIN] = [],
        unprovenNumbers: Int = 0
    ) -> ChannelRecovery.Decision {
        var limits = NodeLimits()
        limits.recoveryMaximumUnprovenNumbersPerPartner = 2
        return ChannelRecovery.decide(
            given, from: Sample.avim,
            facts: RecoveryFacts(
                row: row, message: message, deliveredTo: deliveredTo, unprovenNumbers: unprovenNumbers),
            limits: limits, now: Sample.now)
    }

    private static func changes(_ decision: ChannelRecovery.Decision) -> [LedgerChange] {
        guard case .apply(let changes, _) = decision else { return [] }
        return changes.filter { if case .appendLeaf = $0 { false } else { true } }
    }

    @Test func `a message that was lost comes back with its receipt, and is owed to everybody else whom it names`() {
        let decision = Self.decide(Self.given(.receipt([9])))
        let summary = Sample.summary(Sample.item(4))
        #expect(
            Self.changes(decision) == [
                .keepMessage(summary, envelope: [7], isOutgoing: true),
                .adoptNumbers(of: summary),
                .placeDelivery(summary, to: Sample.police, as: Sample.item(4)),
                .moveTransport(of: Self.key, to: .receipted, proof: [9], detail: "", at: Sample.wall),
                .openRecoveredDelivery(summary, to: Self.reception),
            ])
        guard case .apply(_, isProof: true) = decision else {
            Issue.record("a message of our own that is not here proves that the store is older")
            return
        }
    }

    @Test func `whom another partner's part told of is not owed it twice`() {
        let changes = Self.changes(
            Self.decide(
                Self.given(.receipt([9])), message: Self.known(), deliveredTo: [Self.reception.oin]))
        #expect(
            changes == [
                .placeDelivery(Sample.summary(Sample.item(4)), to: Sample.police, as: Sample.item(4)),
                .moveTransport(of: Self.key, to: .receipted, proof: [9], detail: "", at: Sample.wall),
            ])
    }

    @Test func `what is here and has its answer stays as it is`() {
        #expect(
            Self.changes(Self.decide(Self.given(.receipt([9])), row: Sample.item(4), message: Self.known())).isEmpty)
        #expect(Self.changes(Self.decide(Self.given(.nothing, hasContent: false), row: Sample.item(4))).isEmpty)
    }

    @Test
    func `another message under a number that has its answer is a contradiction, and so is one of ours under its id`() {
        #expect(Self.decide(Self.given(.receipt([9])), row: Sample.item(4, message: 5)) == .contradiction)
        #expect(Self.decide(Self.given(.receipt([9])), message: Self.known(digest: 8)) == .contradiction)
    }

    @Test func `whoever has used the id of a lost message takes that message, and no channel`() {
        let changes = Self.changes(Self.decide(Self.given(.receipt([9])), message: Self.known(isOutgoing: false)))
        let alarms = changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm.code } else { nil } }
        #expect(alarms == [.messageIDConflict, .recoveryIncomplete])
        #expect(changes.contains(.placeDelivery(Self.placeholder, to: Sample.police, as: Sample.item(4))))
        #expect(!changes.contains { if case .openRecoveredDelivery = $0 { true } else { false } })
    }

    @Test func `a number that the partner does not have is void, and it is told so`() {
        let changes = Self.changes(Self.decide(Self.given(.nothing, hasContent: false)))
        #expect(
            changes == [
                .keepMessage(Self.placeholder, envelope: [], isOutgoing: true),
                .placeDelivery(Self.placeholder, to: Sample.police, as: Sample.item(4)),
                .declare(Self.key, as: .withdrawn, reason: "node: lost with the store", isToBeTold: true),
            ])
    }

    @Test func `a refusal comes back as an open item, with its id alone where the content is nowhere`() {
        let refusal = RecoveredItem.Answer.refusal(.typeUnknown, detail: "type", [8])
        let changes = Self.changes(Self.decide(Self.given(refusal, hasContent: false)))
        #expect(
            changes.dropFirst(2).first
                == .moveTransport(
                    of: Self.key, to: .refused, proof: [8], detail: "type-unknown: type", at: Sample.wall))
        let alarms = changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm.code } else { nil } }
        #expect(alarms == [.deliveryRefused])
    }

    @Test func `what cannot be verified is no receipt, and an alarm says which message it is`() {
        let changes = Self.changes(Self.decide(Self.given(.unproven, hasContent: false)))
        #expect(
            changes.contains(
                .declare(Self.key, as: .withdrawn, reason: "node: lost with the store", isToBeTold: false)))
        let alarms = changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm } else { nil } }
        #expect(alarms.map(\.code) == [.recoveryIncomplete])
        #expect(alarms.map(\.messageID) == [Sample.message(4)])
        // The message itself is here: it is sent, and answered again.
        let open = Self.changes(Self.decide(Self.given(.unreceipted)))
        #expect(!open.contains { if case .declare = $0 { true } else { false } })
    }

    @Test func `what a partner says without a message says nothing of an id`() {
        for answer: RecoveredItem.Answer in [
            .noted(.void, reason: "x"), .refusal(.typeUnknown, detail: "", [8]), .unproven, .noted(.held, reason: "x"),
        ] {
            let given = Self.given(answer, hasContent: false)
            // Another's message, or one of ours with another digest, has this id here: it stays what it is.
            for known in [nil, Self.known(isOutgoing: false), Self.known(digest: 8)] {
                let changes = Self.changes(Self.decide(given, message: known))
                #expect(changes.first == .keepMessage(Self.placeholder, envelope: [], isOutgoing: true))
                #expect(
                    changes.dropFirst().first == .placeDelivery(Self.placeholder, to: Sample.police, as: given.item))
            }
        }
    }

    @Test func `the numbers behind which there is a partner's word alone are bounded, and no others`() {
        let word = Self.given(.noted(.void, reason: "x"), hasContent: false)
        #expect(Self.decide(word, unprovenNumbers: 2) == .exhausted)
        #expect(Self.decide(word, unprovenNumbers: 1) != .exhausted)
        #expect(Self.decide(word, message: Self.known(), unprovenNumbers: 2) != .exhausted)
        #expect(Self.decide(Self.given(.receipt([9])), unprovenNumbers: 2) != .exhausted)
    }

    @Test func `content that comes for a number of which id and digest were here is kept, with its receipt`() {
        let changes = Self.changes(
            Self.decide(Self.given(.receipt([9])), row: Sample.item(4), deliveredTo: [Sample.avim]))
        let summary = Sample.summary(Sample.item(4))
        #expect(
            changes == [
                .moveTransport(of: Self.key, to: .receipted, proof: [9], detail: "", at: Sample.wall),
                .keepMessage(summary, envelope: [7], isOutgoing: true), .adoptNumbers(of: summary),
                .openRecoveredDelivery(summary, to: Self.reception),
            ])
    }

    // MARK: What a tally shows

    private static func position(_ number: UInt64, _ digest: UInt8) -> ChannelPosition {
        ChannelPosition(number: SequenceNumber(number), runningDigest: Sample.digest(digest))
    }

    private static func range(_ first: UInt64, _ last: UInt64) -> NumberRange {
        NumberRange(SequenceNumber(first), SequenceNumber(last))
    }

    /// What the partner's account changes at a node that issued 9 numbers, of which `settled` are certain.
    private static func after(
        received: ChannelPosition, settled: UInt64, isConfirmed: Bool = false, digestThere: UInt8 = 1,
        outcomes: [OutcomeRange] = [], gaps: [NumberRange] = [], askedAt: Timestamp? = Sample.wall,
        recovery: ChannelRecoveryState? = nil
    ) -> [LedgerChange] {
        let tally = Tally(
            node: Sample.avim, partner: Sample.nidos, incarnation: Sample.incarnation(1), predecessors: [],
            created: Sample.wall, isRecovering: false, issued: .start, received: received, safe: .none, gaps: gaps,
            outcomes: outcomes)
        let facts = TallyFacts(
            incarnation: IncarnationFacts(
                incarnation: tally.incarnation, latest: nil, follower: nil, successor: nil, predecessors: [],
                highest: .none, running: tally.incarnation, answering: tally.incarnation),
            issued: position(9, 5), issuerDigest: Sample.digest(digestThere), received: .start, receiverDigest: .zero,
            answered: nil, hasLostAnswers: false, agreement: nil, receipts: [],
            standing: ChannelStanding(
                settled: position(settled, 1), isConfirmed: isConfirmed, recovery: recovery))
        return TallyReception.decide(tally, signed: [1], askedAt: askedAt, facts: facts, now: Sample.now).changes
            .filter {
                switch $0 {
                case .confirmChannel, .beginRecovery: true
                default: false
                }
            }
    }

    @Test func `a channel is settled to its end where the partner has nothing beyond what is certain`() {
        #expect(Self.after(received: Self.position(5, 1), settled: 5) == [.confirmChannel(to: Sample.avim)])
        #expect(Self.after(received: Self.position(3, 1), settled: 5) == [.confirmChannel(to: Sample.avim)])
        #expect(Self.after(received: Self.position(5, 1), settled: 5, isConfirmed: true).isEmpty)
    }

    @Test func `what the partner has beyond it is got back, also where it lies behind a hole`() {
        #expect(
            Self.after(received: Self.position(12, 3), settled: 5) == [
                .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(12)))
            ])
        #expect(
            Self.after(received: Self.position(7, 3), settled: 5) == [
                .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(7)))
            ], "the number stands for another message there than for what was accepted since")
        let beyond = [OutcomeRange(Self.range(8, 8), .receipt)]
        #expect(
            Self.after(
                received: Self.position(5, 1), settled: 5, outcomes: beyond, gaps: [Self.range(6, 7)]) == [
                    .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(8)))
                ])
    }

    @Test func `a channel that was settled is held against the partner's from its start, where they differ below it`() {
        #expect(
            Self.after(received: Self.position(4, 3), settled: 9, isConfirmed: true) == [
                .beginRecovery(of: Sample.avim, from: .none, RecoverySpan(until: SequenceNumber(4)))
            ])
    }

    @Test func `an account that nobody asked for begins nothing`() {
        #expect(Self.after(received: Self.position(12, 3), settled: 5, askedAt: nil).isEmpty)
    }

    @Test func `what a partner claims to have far beyond what is certain is got back in parts`() {
        let end = 5 + ProtocolLimits.channelMaximumGap
        #expect(
            Self.after(received: Self.position(end + 1, 3), settled: 5) == [
                .beginRecovery(
                    of: Sample.avim, from: SequenceNumber(5),
                    RecoverySpan(until: SequenceNumber(end), isPart: true))
            ])
        #expect(
            Self.after(received: Self.position(end, 3), settled: 5) == [
                .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(end)))
            ])
    }

    @Test func `what another opening was getting back is compared anew, and never confirmed without`() {
        #expect(
            Self.after(received: Self.position(12, 3), settled: 5, recovery: .toCompare(until: SequenceNumber(5))) == [
                .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(12)))
            ])
        // The partner has nothing more: what was accepted since still has to be settled.
        #expect(
            Self.after(received: Self.position(5, 1), settled: 5, recovery: .toCompare(until: SequenceNumber(5))) == [
                .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(5)))
            ])
        // What that opening sent stands behind number 7, and 6 and 7 are nowhere: they are asked for, and void if the partner
        // has no more what it had then.
        #expect(
            Self.after(
                received: Self.position(5, 1), settled: 5, recovery: .toCompare(until: SequenceNumber(7))) == [
                    .beginRecovery(of: Sample.avim, from: SequenceNumber(5), RecoverySpan(until: SequenceNumber(7)))
                ])
        let span = RecoverySpan(until: SequenceNumber(8))
        #expect(Self.after(received: Self.position(12, 3), settled: 5, recovery: .under(span)).isEmpty)
    }

    @Test func `nothing is sent while more is missing than is asked for`() {
        func standing(_ recovery: ChannelRecoveryState?, isConfirmed: Bool = false) -> ChannelStanding {
            ChannelStanding(settled: .start, isConfirmed: isConfirmed, recovery: recovery)
        }
        let end = SequenceNumber(8)
        #expect(standing(nil, isConfirmed: true).maySend)
        #expect(standing(.under(RecoverySpan(until: end))).maySend)
        #expect(!standing(nil).maySend)
        #expect(!standing(.toCompare(until: SequenceNumber(8))).maySend)
        #expect(!standing(.under(RecoverySpan(until: end, isPart: true))).maySend)
    }
}

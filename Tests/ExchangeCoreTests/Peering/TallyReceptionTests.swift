import ExchangeCore
import Testing

/// What a partner's tally shows and changes: of both channels, of its incarnation, and of the answers that it gave.
@Suite struct TallyReceptionTests {
    private static let signed: [UInt8] = [7, 7, 7]

    private static func position(_ number: UInt64, _ byte: UInt8) -> ChannelPosition {
        ChannelPosition(number: SequenceNumber(number), runningDigest: Sample.digest(byte))
    }

    private static func range(_ first: UInt64, _ last: UInt64) -> NumberRange {
        NumberRange(SequenceNumber(first), SequenceNumber(last))
    }

    private static func seen(
        _ incarnation: UInt64, after predecessor: UInt64? = nil, highest: UInt64 = 3
    ) -> SeenIncarnation {
        SeenIncarnation(
            incarnation: Sample.incarnation(incarnation), predecessor: predecessor.map { Sample.incarnation($0) },
            highest: position(highest, 2), firstSeen: Sample.wall)
    }

    /// A tally that agrees with ``facts(of:seen:issuerDigest:receiverDigest:answered:agreement:receipts:)``.
    private static func tally(
        _ incarnation: UInt64 = 1, after claims: [PredecessorClaim] = [], issued: ChannelPosition = position(3, 2),
        received: ChannelPosition = position(5, 1), outcomes: [OutcomeRange] = []
    ) -> Tally {
        Tally(
            node: Sample.avim, partner: Sample.nidos, incarnation: Sample.incarnation(incarnation),
            predecessors: claims, created: Sample.wall, isRecovering: false, issued: issued, received: received,
            safe: .none, gaps: [], outcomes: outcomes)
    }

    /// A node that issued 9 numbers, and holds 3 of the partner's.
    private static func facts(
        of tally: Tally, seen: [SeenIncarnation] = [seen(1)], issuerDigest: UInt8 = 1, receiverDigest: UInt8 = 2,
        answered: NumberRange? = nil, agreement: PairAgreement? = nil, receipts: [ReceiptedDelivery] = [],
        running: IncarnationID? = nil
    ) -> TallyFacts {
        TallyFacts(
            incarnation: IncarnationFacts(
                tally.incarnation, after: tally.predecessors, among: seen.map { KeptIncarnation(seen: $0) },
                received: SequenceNumber(3), running: running),
            issued: position(9, 5), issuerDigest: Sample.digest(issuerDigest), received: position(3, 2),
            receiverDigest: Sample.digest(receiverDigest), answered: answered, hasLostAnswers: false,
            agreement: agreement, receipts: receipts,
            standing: ChannelStanding(settled: position(9, 5), isConfirmed: true))
    }

    private static func decide(
        _ tally: Tally, _ facts: TallyFacts, isAnswer: Bool = true, after span: Milliseconds = .zero
    ) -> (agreement: PairAgreement, changes: [LedgerChange]) {
        TallyReception.decide(
            tally, signed: signed, askedAt: isAnswer ? Sample.now.wall : nil, facts: facts, now: Sample.now.after(span))
    }

    private static func alarms(_ changes: [LedgerChange]) -> [Alarm] {
        changes.compactMap { if case .raiseAlarm(let alarm) = $0 { alarm } else { nil } }
    }

    private static let agreed = PairAgreement(
        outgoing: .agree(at: SequenceNumber(5), behind: 4), incoming: .agree(at: SequenceNumber(3), behind: 0))
    private static let lost = PairAgreement(
        outgoing: .lost(from: SequenceNumber(6), to: SequenceNumber(7)), incoming: agreed.incoming)

    @Test func `a tally that agrees is kept as it was signed, with its incarnation, and is no alarm`() {
        let tally = Self.tally()
        let (agreement, changes) = Self.decide(tally, Self.facts(of: tally))
        #expect(agreement == Self.agreed)
        #expect(
            changes == [
                .keepIncarnation(Self.seen(1), skipping: [], of: Sample.avim),
                .noteRunning(tally.incarnation, of: Sample.avim, hasAnswered: true),
                .keepTally(from: Sample.avim, tally.incarnation, signed: Self.signed, Self.agreed),
                .keepCover(PartnerCover(tally), of: Sample.avim),
                // What is on its way, and nothing of it answered: the store finds none of it to be sent again.
                .sendAgain(to: Sample.avim, [Self.range(6, 9)]),
            ])
    }

    @Test func `where both channels differ, one alarm says both`() {
        let tally = Self.tally()
        let (agreement, changes) = Self.decide(tally, Self.facts(of: tally, issuerDigest: 8, receiverDigest: 8))
        #expect(
            agreement
                == PairAgreement(outgoing: .differ(at: SequenceNumber(5)), incoming: .differ(at: SequenceNumber(3))))
        let alarms = Self.alarms(changes)
        #expect(alarms.map(\.code) == [.talliesDiffer])
        #expect(alarms.first?.messageID == nil)
        for part in ["the channel to this partner: the lists differ at or before number 5", "from this partner"] {
            #expect(alarms.first?.detail.contains(part) == true, "\(alarms)")
        }
    }

    @Test func `lost answers and a short predecessor are one alarm that says both`() {
        let claim = PredecessorClaim(incarnation: Sample.incarnation(1), last: Self.position(1, 4))
        let tally = Self.tally(2, after: [claim])
        let (_, changes) = Self.decide(tally, Self.facts(of: tally, answered: Self.range(6, 7)))
        let alarms = Self.alarms(changes)
        #expect(alarms.map(\.code) == [.partnerRolledBack])
        for part in ["numbers 2 to 3 are here and missing there", "lost numbers 6 to 7, which it had answered"] {
            #expect(alarms.first?.detail.contains(part) == true, "\(alarms)")
        }
    }

    @Test func `only a tally that was asked for proves a loss, and it stands while the account does not move`() {
        let tally = Self.tally()
        func agreement(isAnswer: Bool, before: PairAgreement?) -> PairAgreement {
            let facts = Self.facts(of: tally, answered: Self.range(6, 7), agreement: before)
            return Self.decide(tally, facts, isAnswer: isAnswer).agreement
        }
        #expect(agreement(isAnswer: false, before: Self.agreed) == Self.agreed)
        #expect(agreement(isAnswer: true, before: Self.agreed) == Self.lost)
        #expect(agreement(isAnswer: false, before: Self.lost) == Self.lost)
        let other = PairAgreement(
            outgoing: .lost(from: SequenceNumber(4), to: SequenceNumber(7)), incoming: Self.agreed.incoming)
        #expect(agreement(isAnswer: false, before: other) == Self.agreed, "the account has moved since")
    }

    @Test func `a number that a partner put back holds as declared is sent again where its receipt is here`() {
        let tally = Self.tally(outcomes: [OutcomeRange(Self.range(4, 5), .noted)])
        let receipt = ReceiptedDelivery(
            number: SequenceNumber(4), messageID: Sample.message(4), receiptedAt: Sample.wall)
        let facts = Self.facts(of: tally, receipts: [receipt])
        #expect(Self.decide(tally, facts).changes.contains(.sendAgain(to: Sample.avim, [Self.range(4, 4)])))
        let unasked = Self.decide(tally, facts, isAnswer: false).changes
        #expect(!unasked.contains { if case .sendAgain = $0 { true } else { false } }, "it may have been overtaken")
    }

    @Test func `the account of a copy that runs beside the partner's node is evidence alone`() {
        let tally = Self.tally()
        let facts = Self.facts(of: tally, issuerDigest: 8, running: Sample.incarnation(2))
        let (_, changes) = Self.decide(tally, facts, isAnswer: false)
        #expect(changes.contains(.keepTally(from: Sample.avim, tally.incarnation, signed: Self.signed, nil)))
        #expect(Self.alarms(changes).isEmpty, "nothing is compared with it")
        // Whoever answers at the partner's address is its node.
        let (_, answered) = Self.decide(tally, facts)
        #expect(Self.alarms(answered).map(\.code) == [.talliesDiffer])
    }

    @Test func `an overtaken tally proves nothing, whatever it says, and nothing of it is kept`() {
        let tally = Self.tally(
            1, received: Self.position(12, 1), outcomes: [OutcomeRange(Self.range(1, 1), .refusal)])
        let receipt = ReceiptedDelivery(
            number: SequenceNumber(1), messageID: Sample.message(1), receiptedAt: Sample.wall)
        let facts = Self.facts(
            of: tally, seen: [Self.seen(1), Self.seen(2, after: 1)], receiverDigest: 8, receipts: [receipt])
        let (agreement, changes) = Self.decide(tally, facts, isAnswer: false)
        #expect(agreement == PairAgreement(outgoing: .undecided, incoming: .undecided))
        #expect(changes.isEmpty, "\(changes)")
    }

    @Test func `who answers what it was asked in the millisecond in which another was first seen runs now`() {
        let tally = Self.tally()
        // The partner is called at once where an opening is new, and that is the same moment as a rule.
        let facts = Self.facts(
            of: tally, seen: [Self.seen(1), Self.seen(2, after: 1)], running: Sample.incarnation(2))
        let (_, changes) = Self.decide(tally, facts)
        #expect(changes.contains(.noteRunning(tally.incarnation, of: Sample.avim, hasAnswered: true)))
    }

    @Test func `a superseded incarnation is an alarm, and its tally is evidence, but it is not kept anew`() {
        let tally = Self.tally()
        let facts = Self.facts(of: tally, seen: [Self.seen(1), Self.seen(2, after: 1)])
        let (_, changes) = Self.decide(tally, facts, isAnswer: false, after: ProtocolLimits.overtakenMaximum)
        #expect(Self.alarms(changes).map(\.code) == [.partnerCloned])
        #expect(changes.first == .keepTally(from: Sample.avim, tally.incarnation, signed: Self.signed, Self.agreed))
        #expect(changes.count == 2)
    }

    @Test(arguments: [(3, AlarmCode.partnerCloned), (9, .partnerHistoryUnproven)] as [(UInt64, AlarmCode)])
    func `a clone and an unproven history are alarms, and are kept`(incarnation: UInt64, code: AlarmCode) {
        let named: UInt64 = incarnation == 3 ? 1 : 8
        let claim = PredecessorClaim(incarnation: Sample.incarnation(named), last: Self.position(3, 2))
        let tally = Self.tally(incarnation, after: [claim])
        let (_, changes) = Self.decide(tally, Self.facts(of: tally, seen: [Self.seen(1), Self.seen(2, after: 1)]))
        #expect(Self.alarms(changes).map(\.code) == [code])
        #expect(
            changes.first == .keepIncarnation(Self.seen(incarnation, after: named), skipping: [], of: Sample.avim))
    }

    @Test func `a successor is kept with the predecessor that was seen and with those between, and is no alarm`() {
        let claims = [(4, 4), (3, 3), (1, 3), (9, 1)].map {
            PredecessorClaim(incarnation: Sample.incarnation($0.0), last: Self.position($0.1, 2))
        }
        let tally = Self.tally(5, after: claims)
        let (_, changes) = Self.decide(tally, Self.facts(of: tally))
        #expect(Self.alarms(changes).isEmpty, "\(changes)")
        #expect(
            changes.first
                == .keepIncarnation(
                    Self.seen(5, after: 1), skipping: [Sample.incarnation(4), Sample.incarnation(3)], of: Sample.avim))
    }

    @Test func `a receipt that a tally takes back is an alarm of its own message`() {
        let tally = Self.tally(outcomes: [OutcomeRange(Self.range(1, 4), .refusal)])
        let receipts = (1...2).map {
            ReceiptedDelivery(
                number: SequenceNumber($0), messageID: Sample.message($0), receiptedAt: Sample.wall)
        }
        let (_, changes) = Self.decide(tally, Self.facts(of: tally, issuerDigest: 8, receipts: receipts))
        let alarms = Self.alarms(changes)
        #expect(alarms.map(\.code) == [.talliesDiffer, .talliesDiffer])
        #expect(alarms.map(\.messageID) == [nil, Sample.message(1)])
        #expect(alarms.last?.detail.contains("number 1 to this partner") == true)
        #expect(alarms.last?.detail.contains("and so for 1 more") == true)
    }
}

import Testing

@testable import ExchangeCore

/// Which content may go, by the books alone.
@Suite struct RetentionTests {
    private static let day = Milliseconds.hours(24)
    private static let closed = Sample.wall
    private static let longAfter = closed + Milliseconds.hours(24 * 4000)
    private static let cover = PartnerCover(safe: SequenceNumber(7), issued: SequenceNumber(7), isRecovering: false)

    private static func message(
        _ type: String = "SIG-01", wanted: AcknowledgementLevel = .outcome, isHandedOver: Bool = true
    ) -> MessageSummary {
        let sample = Sample.summary(Sample.item(1))
        guard let type = MessageType(code: type) else { preconditionFailure("a type") }
        return MessageSummary(
            id: sample.id, digest: sample.digest, type: type, sender: sample.sender,
            caseReference: sample.caseReference, priority: .routine, created: closed, wanted: wanted,
            isHandedOver: isHandedOver)
    }

    private static func sent(
        _ transport: TransportState = .receipted, number: UInt64 = 7, isDue: Bool = false,
        followUp: FollowUp = .concluded, cover: PartnerCover = cover
    ) -> RetentionFacts.Sent {
        RetentionFacts.Sent(
            key: DeliveryKey(partner: Sample.avim, number: SequenceNumber(number)), transport: transport, isDue: isDue,
            followUp: followUp, closedAt: closed, cover: cover)
    }

    private static func own(
        _ sent: [RetentionFacts.Sent] = [sent()], message: MessageSummary = message(), hasContent: Bool = true,
        hasAlarm: Bool = false, isAwaiting: Bool = false
    ) -> RetentionFacts {
        RetentionFacts(
            message: message, isOutgoing: true, keptAt: closed, hasContent: hasContent, sent: sent, received: [],
            entry: nil, hasAlarm: hasAlarm, isAwaiting: isAwaiting)
    }

    private static func received(
        safe: UInt64 = 7, number: UInt64 = 7, cover: PartnerCover = cover, state: InboxState? = .concluded,
        isConfirmed: Bool = true, message: MessageSummary = message(), movedAt: Timestamp = closed
    ) -> RetentionFacts {
        RetentionFacts(
            message: message, isOutgoing: false, keptAt: closed, hasContent: true, sent: [],
            received: [
                RetentionFacts.Received(
                    key: DeliveryKey(partner: Sample.avim, number: SequenceNumber(number)),
                    safe: SequenceNumber(safe), cover: cover)
            ],
            entry: state.map { RetentionFacts.Entry(state: $0, movedAt: movedAt, isConfirmed: isConfirmed) },
            hasAlarm: false)
    }

    private static func verdict(_ facts: RetentionFacts, at now: Timestamp = longAfter) -> RetentionVerdict {
        Retention.decide(facts, periods: RetentionPeriods(), now: now)
    }

    @Test func `what is closed, safe and past its retention goes, and not a moment before`() {
        let over = Self.closed + RetentionPeriods.defaultPeriod
        for facts in [Self.own(), Self.received()] {
            #expect(Self.verdict(facts) == .purge)
            #expect(Self.verdict(facts, at: over) == .purge)
            #expect(Self.verdict(facts, at: over + Milliseconds(-1)) == .keep(.notOver(until: over)))
        }
        #expect(Self.verdict(Self.own(hasContent: false)) == .keep(.gone))
    }

    @Test func `content that asks for an answer stays until nothing is owed on it`() {
        #expect(Self.verdict(Self.own(isAwaiting: true)) == .keep(.obligation))
        #expect(Self.verdict(Self.own(isAwaiting: false)) == .purge)
    }

    @Test func `nothing that is open goes, however old it is`() {
        for transport in [TransportState.open, .held, .refused] {
            #expect(Self.verdict(Self.own([Self.sent(), Self.sent(transport)])) == .keep(.open), "\(transport)")
        }
        #expect(Self.verdict(Self.own([Self.sent(isDue: true)])) == .keep(.open), "sent again")
        #expect(Self.verdict(Self.own([Self.sent(.withdrawn, isDue: true)])) == .keep(.open), "not declared yet")
        #expect(Self.verdict(Self.own([])) == .keep(.open))
        #expect(Self.verdict(Self.own([Self.sent(), Self.sent(.withdrawn, number: 9, followUp: .none)])) == .purge)
    }

    @Test func `what somebody has still to do is never taken away from them`() {
        for followUp in [FollowUp.none, .owned] {
            #expect(Self.verdict(Self.own([Self.sent(followUp: followUp)])) == .keep(.obligation), "\(followUp)")
        }
        #expect(Self.verdict(Self.own([Self.sent(followUp: .declined)])) == .purge)
        #expect(
            Self.verdict(Self.own([Self.sent(followUp: .none)], message: Self.message(wanted: .receipt))) == .purge)
        #expect(
            Self.verdict(Self.own([Self.sent(followUp: .owned)], message: Self.message(wanted: .ownership))) == .purge)
        for state in [InboxState.ready, .owned, nil] {
            #expect(Self.verdict(Self.received(state: state)) == .keep(.obligation), "\(String(describing: state))")
        }
        #expect(Self.verdict(Self.received(state: .declined)) == .purge)
        #expect(Self.verdict(Self.received(state: nil, message: Self.message("NOD-02", isHandedOver: false))) == .purge)
    }

    @Test func `what a system of the organisation has not confirmed stays for it`() {
        #expect(Self.verdict(Self.received(isConfirmed: false)) == .keep(.notConfirmed))
    }

    @Test func `what an alarm speaks of stays until that is ended`() {
        #expect(Self.verdict(Self.own(hasAlarm: true)) == .keep(.alarm))
    }

    @Test func `our own message stays until each recipient's backup has it`() {
        let behind = PartnerCover(safe: SequenceNumber(6), issued: SequenceNumber(9), isRecovering: false)
        #expect(Self.verdict(Self.own([Self.sent(), Self.sent(cover: behind)])) == .keep(.notSafe))
        #expect(Self.verdict(Self.own([Self.sent(cover: .none)])) == .keep(.notSafe))
    }

    @Test func `a partner's message stays until a backup here has it, and the partner's own books`() {
        #expect(Self.verdict(Self.received(safe: 6)) == .keep(.notSafe))
        for cover in [
            PartnerCover(safe: SequenceNumber(9), issued: SequenceNumber(6), isRecovering: false),
            PartnerCover(safe: SequenceNumber(9), issued: SequenceNumber(9), isRecovering: true),
        ] { #expect(Self.verdict(Self.received(cover: cover)) == .keep(.notSafe), "\(cover)") }
    }

    @Test func `retention counts from when the last thing was done, by the class of the message`() {
        let later = Self.closed + Milliseconds.hours(24 * 400)
        var periods = RetentionPeriods()
        periods.placement = Self.day
        func decide(_ facts: RetentionFacts, _ now: Timestamp) -> RetentionVerdict {
            Retention.decide(facts, periods: periods, now: now)
        }
        let moved = Self.received(message: Self.message("PLC-01"), movedAt: later)
        #expect(decide(moved, later + Milliseconds(Self.day.count - 1)) == .keep(.notOver(until: later + Self.day)))
        #expect(decide(moved, later + Self.day) == .purge)
        let signal = Self.closed + RetentionPeriods.defaultPeriod
        #expect(decide(Self.received(), later) == .keep(.notOver(until: signal)))
        // What is of a family that nobody knows here is kept as long as anything.
        #expect(decide(Self.received(message: Self.message("XYZ-01")), later) == .keep(.notOver(until: signal)))
        #expect(periods.shortest == Self.day)
    }

    @Test func `what goes leaves its id and digest in the audit log, and nothing of it`() {
        let facts = Self.own()
        #expect(
            Retention.changes(facts, now: Self.longAfter) == [
                .purgeContent(of: facts.message.id),
                .appendLeaf(
                    AuditLeaf(
                        .contentPurged, at: Self.longAfter, messageID: facts.message.id, digest: facts.message.digest,
                        note: "signal SIG-01")),
            ])
    }

    @Test func `only a tally that answers our own moves what may go`() {
        let tally = Tally(
            node: Sample.avim, partner: Sample.nidos, incarnation: Sample.incarnation(1), predecessors: [],
            created: Sample.wall, isRecovering: false, issued: .start, received: .start, safe: .none, gaps: [])
        let facts = TallyFacts(
            incarnation: IncarnationFacts(tally.incarnation, after: [], among: [], received: .none), issued: .start,
            issuerDigest: nil, received: .start, receiverDigest: nil, answered: nil, hasLostAnswers: false,
            agreement: nil, receipts: [], standing: ChannelStanding(settled: .start, isConfirmed: true))
        func covers(askedAt: Timestamp?) -> Bool {
            TallyReception.decide(
                tally, signed: [1], askedAt: askedAt, facts: facts,
                now: Now(monotonic: MonotonicTime(milliseconds: 0), wall: Sample.wall)
            ).changes.contains { if case .keepCover = $0 { true } else { false } }
        }
        #expect(covers(askedAt: Sample.wall) && !covers(askedAt: nil))
    }
}

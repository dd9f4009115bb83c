import Testing

@testable import ExchangeCore

/// What a report says of a pair, by its books alone.
@Suite struct ReconciliationTests {
    private func standing(
        isHeardNow: Bool = true,
        agreement: PairAgreement? = PairAgreement(
            outgoing: .agree(at: SequenceNumber(3), behind: 0), incoming: .agree(at: SequenceNumber(2), behind: 0)),
        states: [UnsettledState] = [], isRecoveringHere: Bool = false, isRecoveringThere: Bool = false,
        alarms: [AlarmCode] = [], hasAlarmOfMessage: Bool = false, hasLateDelivery: Bool = false
    ) -> PairStanding {
        PairStanding(
            isHeardNow: isHeardNow, agreement: agreement, states: states, isRecoveringHere: isRecoveringHere,
            isRecoveringThere: isRecoveringThere, alarms: alarms,
            hasAlarmOfMessage: hasAlarmOfMessage, hasLateDelivery: hasLateDelivery)
    }

    private func outgoing(_ agreement: ChannelAgreement) -> PairAgreement {
        PairAgreement(outgoing: agreement, incoming: .agree(at: .none, behind: 0))
    }

    @Test func `only books that agree to their ends, with a partner that answered now, are agreed`() {
        #expect(Reconciliation.verdict(standing()) == .agreed)
        #expect(Reconciliation.verdict(standing(states: [.void, .voidThere, .refusedHere])) == .agreed)
        #expect(Reconciliation.verdict(standing(isHeardNow: false)) == .unconfirmed)
        #expect(Reconciliation.verdict(standing(isHeardNow: false, agreement: nil)) == .unconfirmed)
    }

    @Test func `what goes on by itself is open`() {
        for state in [UnsettledState.open, .again, .missing, .heldThere, .beyond] {
            #expect(Reconciliation.verdict(standing(states: [state])) == .open, "\(state)")
        }
        #expect(
            Reconciliation.verdict(standing(agreement: outgoing(.agree(at: SequenceNumber(3), behind: 1)))) == .open)
        #expect(Reconciliation.verdict(standing(agreement: outgoing(.undecided))) == .open)
        #expect(Reconciliation.verdict(standing(isRecoveringHere: true)) == .open)
        #expect(Reconciliation.verdict(standing(isRecoveringThere: true)) == .open)
    }

    @Test func `what somebody must decide is never only open`() {
        for state in [UnsettledState.held, .refused] {
            #expect(Reconciliation.verdict(standing(states: [.open, state])) == .person, "\(state)")
        }
        #expect(Reconciliation.verdict(standing(agreement: outgoing(.differ(at: SequenceNumber(3))))) == .person)
        #expect(Reconciliation.verdict(standing(isHeardNow: false, alarms: [.partnerCloned])) == .person)
        #expect(Reconciliation.verdict(standing(states: [.open], alarms: [.partnerNotInDirectory])) == .person)
        #expect(Reconciliation.verdict(standing(alarms: [.partnerUnreachable, .deliveryDeferred])) == .agreed)
    }

    @Test func `an alarm of a message, or one that presses and is late, is never only open`() {
        let alarmed = standing(states: [.open], alarms: [.storedMessageUnreadable], hasAlarmOfMessage: true)
        #expect(Reconciliation.verdict(alarmed) == .person)
        #expect(Reconciliation.verdict(standing(states: [.open], hasLateDelivery: true)) == .person)
    }

    @Test func `what presses is late after a minute, and what does not is never`() {
        let now = Timestamp(milliseconds: 1_795_000_000_000)
        func isLate(_ priority: Priority, after seconds: Int64) -> Bool {
            Reconciliation.isLate(priority, openSince: now + Milliseconds.seconds(-seconds), now: now)
        }
        for priority in [Priority.stat, .asap] {
            #expect(!isLate(priority, after: 60))
            #expect(isLate(priority, after: 61))
        }
        for priority in [Priority.urgent, .routine] { #expect(!isLate(priority, after: 86_400)) }
    }

    @Test func `a partner that is ahead is explained by what is got back, and by nothing else`() {
        let ahead = outgoing(.ahead(issued: SequenceNumber(3), received: SequenceNumber(5)))
        #expect(Reconciliation.verdict(standing(agreement: ahead, isRecoveringHere: true)) == .open)
        #expect(Reconciliation.verdict(standing(agreement: ahead)) == .person)
    }

    @Test func `what is lost needs somebody until the alarm of the loss is ended`() {
        for alarm in [AlarmCode.storeRolledBack, .recoveryIncomplete] {
            #expect(Reconciliation.verdict(standing(states: [.lost], alarms: [alarm])) == .person)
        }
        #expect(Reconciliation.verdict(standing(states: [.lost])) == .agreed)
        #expect(Reconciliation.step(for: .lost, isLossOpen: true) == .person)
        #expect(Reconciliation.step(for: .lost, isLossOpen: false) == .none)
    }

    @Test func `what is missing is each hole, and what the partner names behind all that came`() {
        let hole = NumberRange(SequenceNumber(4), SequenceNumber(5))
        func missing(_ issued: UInt64?) -> [NumberRange] {
            Reconciliation.missing(
                gaps: [hole], highestSeen: SequenceNumber(7), issuedThere: issued.map { SequenceNumber($0) })
        }
        #expect(missing(nil) == [hole])
        #expect(missing(7) == [hole])
        #expect(missing(9) == [hole, NumberRange(SequenceNumber(8), SequenceNumber(9))])
    }

    @Test func `what is here beyond the partner's account is named, and nothing where it was never heard`() {
        func beyond(_ issued: UInt64?) -> NumberRange? {
            Reconciliation.beyond(highestSeen: SequenceNumber(7), issuedThere: issued.map { SequenceNumber($0) })
        }
        #expect(beyond(5) == NumberRange(SequenceNumber(6), SequenceNumber(7)))
        #expect(beyond(7) == nil && beyond(9) == nil && beyond(nil) == nil)
    }
}

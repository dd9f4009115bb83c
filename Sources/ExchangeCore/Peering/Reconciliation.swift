/// How the books of a pair stand, the worst last (`protocol.md` §8.3).
public enum PairVerdict: String, CaseIterable, Hashable, Sendable {
    /// Both ledgers hold the same numbered lists, to their ends.
    case agreed
    /// Nothing is known to be missing, but the partner did not answer now.
    case unconfirmed
    /// The nodes go on by themselves.
    case open
    /// Somebody must decide.
    case person
}

/// What a number that is not settled between both sides stands for (`protocol.md` §8.3).
package enum UnsettledState: String, CaseIterable, Hashable, Sendable {
    // Of our channel to the partner.
    case open, held, refused, again, lost, void
    // Of the partner's channel to us.
    case missing
    case heldThere = "held-there"
    case beyond
    case voidThere = "void-there"
    case refusedHere = "refused-here"
}

/// Who acts next on such a number.
package enum NextStep: String, CaseIterable, Hashable, Sendable {
    case node, partner, person, none
}

/// What of a pair's books the verdict rests on.
package struct PairStanding: Hashable, Sendable {
    /// Whether the partner answered a tally that was sent for this report.
    package let isHeardNow: Bool
    /// Against the partner's last tally; `nil` where it was never heard.
    package let agreement: PairAgreement?
    /// Each state in which at least one number is.
    package let states: [UnsettledState]
    package let isRecoveringHere: Bool
    package let isRecoveringThere: Bool
    /// The open alarms about the partner.
    package let alarms: [AlarmCode]
    /// Whether one of them is of a single message: that one does not go by itself, or not as it should.
    package let hasAlarmOfMessage: Bool
    /// Whether a delivery is open for longer than it may press (``Reconciliation/isLate(_:openSince:now:)``).
    package let hasLateDelivery: Bool

    package init(
        isHeardNow: Bool, agreement: PairAgreement?, states: [UnsettledState], isRecoveringHere: Bool,
        isRecoveringThere: Bool, alarms: [AlarmCode], hasAlarmOfMessage: Bool, hasLateDelivery: Bool
    ) {
        self.isHeardNow = isHeardNow
        self.agreement = agreement
        self.states = states
        self.isRecoveringHere = isRecoveringHere
        self.isRecoveringThere = isRecoveringThere
        self.alarms = alarms
        self.hasAlarmOfMessage = hasAlarmOfMessage
        self.hasLateDelivery = hasLateDelivery
    }

    /// Whether people have still to hear of a loss here: they end the alarm when they have.
    package var isLossOpen: Bool { alarms.contains(.storeRolledBack) || alarms.contains(.recoveryIncomplete) }
}

/// Says of a pair's books what a person asks: do ours and theirs agree, and if not, who acts next?
///
/// It claims no more than both accounts show: up to the number at which the digests are equal, and nothing beyond.
package enum Reconciliation {
    /// The numbers of the partner's channel that are not here: the holes, and what its tally names behind them.
    ///
    /// - Parameter issuedThere: the end of its channel, as its tally has it; `nil` where it was never heard.
    package static func missing(
        gaps: [NumberRange], highestSeen: SequenceNumber, issuedThere: SequenceNumber?
    ) -> [NumberRange] {
        guard let issuedThere, issuedThere > highestSeen else { return gaps }
        return gaps + [NumberRange(highestSeen.next, issuedThere)]
    }

    /// The numbers that are here and beyond what the partner's tally names: a batch has overtaken it, or its store is older
    /// than what it signed.
    package static func beyond(highestSeen: SequenceNumber, issuedThere: SequenceNumber?) -> NumberRange? {
        guard let issuedThere, issuedThere < highestSeen else { return nil }
        return NumberRange(issuedThere.next, highestSeen)
    }

    /// How long what presses may be open before a telephone call is the better way.
    package static let pressingOpenMaximum = Milliseconds.minutes(1)

    /// Whether people must not rely on the nodes any longer: a `stat` or `asap` delivery, open beyond
    /// ``pressingOpenMaximum``.
    package static func isLate(_ priority: Priority, openSince: Timestamp, now: Timestamp) -> Bool {
        priority.presses && now - openSince > pressingOpenMaximum
    }

    package static func verdict(_ pair: PairStanding) -> PairVerdict {
        if needsPerson(pair) { return .person }
        let goesOn = pair.states.contains {
            let step = step(for: $0, isLossOpen: pair.isLossOpen)
            return step == .node || step == .partner
        }
        let isWhole = pair.agreement.map { $0.outgoing.isSettled && $0.incoming.isSettled } ?? true
        if goesOn || !isWhole || pair.isRecoveringHere || pair.isRecoveringThere { return .open }
        return pair.isHeardNow ? .agreed : .unconfirmed
    }

    /// Who acts next on a number.
    package static func step(for state: UnsettledState, isLossOpen: Bool) -> NextStep {
        switch state {
        case .open, .again: .node
        case .held, .refused: .person
        case .lost: isLossOpen ? .person : .none
        case .missing, .heldThere, .beyond: .partner
        case .void, .voidThere, .refusedHere: .none
        }
    }

    private static func needsPerson(_ pair: PairStanding) -> Bool {
        if pair.states.contains(where: { step(for: $0, isLossOpen: pair.isLossOpen) == .person }) { return true }
        if pair.alarms.contains(where: \.keepsBooksOpen) { return true }
        if pair.hasAlarmOfMessage || pair.hasLateDelivery { return true }
        return [pair.agreement?.outgoing, pair.agreement?.incoming].contains {
            switch $0 {
            case .differ: true
            // What is got back explains why the partner holds more than was issued here.
            case .ahead: !pair.isRecoveringHere
            case .agree, .lost, .undecided, nil: false
            }
        }
    }
}

extension Priority {
    /// Whether a call is due where a node does not get through at once.
    package var presses: Bool { self >= .asap }
}

extension AlarmCode {
    /// Whether it says that the books of a pair, or the stores in which they stand, are not what they were, or that nobody
    /// tries what waits.
    package var keepsBooksOpen: Bool {
        switch self {
        case .talliesDiffer, .partnerRolledBack, .partnerCloned, .partnerHistoryUnproven, .storeRolledBack,
            .recoveryIncomplete, .nodeFenced, .messageIDConflict, .numberConflict, .partnerNotInDirectory:
            true
        default: false
        }
    }
}

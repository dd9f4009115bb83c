/// What a message is about, as far as how long its content is kept depends on it: the family of its type.
public enum RetentionClass: String, CaseIterable, Hashable, Sendable {
    case signal, placement, departure, conference, node
    /// Of a family that this version does not know.
    case other

    public init(of type: MessageType) {
        self =
            switch type.code.prefix(3) {
            case "SIG": .signal
            case "PLC": .placement
            case "DEP": .departure
            case "COB": .conference
            case "NOD": .node
            default: .other
            }
    }
}

/// How long the content of a message is kept after it was closed; an operator sets it.
public struct RetentionPeriods: Hashable, Sendable {
    /// Ten years: what police data is kept at most, five years in use and five more (Wpg, articles 8 and 14). It is the
    /// longest of the periods that `docs/operations.md` names, so that nothing goes before people have decided.
    public static let defaultPeriod = Milliseconds.hours(24 * 3650)

    public var signal = defaultPeriod
    public var placement = defaultPeriod
    public var departure = defaultPeriod
    public var conference = defaultPeriod
    /// Acknowledgements and probes.
    public var node = defaultPeriod

    public init() {}

    public subscript(kind: RetentionClass) -> Milliseconds {
        switch kind {
        case .signal: signal
        case .placement: placement
        case .departure: departure
        case .conference: conference
        case .node: node
        // What is not known is kept as long as anything.
        case .other: RetentionClass.allCases.filter { $0 != .other }.map { self[$0] }.max() ?? Self.defaultPeriod
        }
    }

    /// What was kept for less than this is not looked at.
    package var shortest: Milliseconds { RetentionClass.allCases.map { self[$0] }.min() ?? Self.defaultPeriod }
}

/// What a partner's account says that its own disk may lose no more, as it last answered (`protocol.md` §8.1).
package struct PartnerCover: Hashable, Sendable {
    /// Of our channel: what a completed backup there covers.
    package let safe: SequenceNumber
    /// The end of its own channel, by its own books.
    package let issued: SequenceNumber
    package let isRecovering: Bool

    package static let none = PartnerCover(safe: .none, issued: .none, isRecovering: false)

    package init(safe: SequenceNumber, issued: SequenceNumber, isRecovering: Bool) {
        self.safe = safe
        self.issued = issued
        self.isRecovering = isRecovering
    }

    package init(_ tally: Tally) {
        self.init(safe: tally.safe, issued: tally.issued.number, isRecovering: tally.isRecovering)
    }
}

/// What the store says of a message whose content might go.
package struct RetentionFacts: Hashable, Sendable {
    /// A number of our channel that the message stands under.
    package struct Sent: Hashable, Sendable {
        package let key: DeliveryKey
        package let transport: TransportState
        /// Whether the partner has still to be told something, or is sent it again.
        package let isDue: Bool
        package let followUp: FollowUp
        /// When the last of its answers came; `nil` where none did.
        package let closedAt: Timestamp?
        package let cover: PartnerCover

        package init(
            key: DeliveryKey, transport: TransportState, isDue: Bool, followUp: FollowUp, closedAt: Timestamp?,
            cover: PartnerCover
        ) {
            self.key = key
            self.transport = transport
            self.isDue = isDue
            self.followUp = followUp
            self.closedAt = closedAt
            self.cover = cover
        }
    }

    /// A number of a partner's channel that it was received under.
    package struct Received: Hashable, Sendable {
        package let key: DeliveryKey
        /// Of that channel: what a completed backup here covers.
        package let safe: SequenceNumber
        package let cover: PartnerCover

        package init(key: DeliveryKey, safe: SequenceNumber, cover: PartnerCover) {
            self.key = key
            self.safe = safe
            self.cover = cover
        }
    }

    /// Its place in the inbox.
    package struct Entry: Hashable, Sendable {
        package let state: InboxState
        package let movedAt: Timestamp?
        /// Whether each system that follows the inbox has confirmed it.
        package let isConfirmed: Bool

        package init(state: InboxState, movedAt: Timestamp?, isConfirmed: Bool) {
            self.state = state
            self.movedAt = movedAt
            self.isConfirmed = isConfirmed
        }
    }

    package let message: MessageSummary
    package let isOutgoing: Bool
    package let keptAt: Timestamp
    package let hasContent: Bool
    package let sent: [Sent]
    package let received: [Received]
    /// `nil` where it was handed over to nobody.
    package let entry: Entry?
    /// Whether an alarm about it is open.
    package let hasAlarm: Bool
    /// Whether its content asks for an answer and something is still owed on it.
    package let isAwaiting: Bool

    package init(
        message: MessageSummary, isOutgoing: Bool, keptAt: Timestamp, hasContent: Bool, sent: [Sent],
        received: [Received], entry: Entry?, hasAlarm: Bool, isAwaiting: Bool = false
    ) {
        self.isAwaiting = isAwaiting
        self.message = message
        self.isOutgoing = isOutgoing
        self.keptAt = keptAt
        self.hasContent = hasContent
        self.sent = sent
        self.received = received
        self.entry = entry
        self.hasAlarm = hasAlarm
    }
}

/// Whether the content of a message may go, and if not, what keeps it.
package enum RetentionVerdict: Hashable, Sendable {
    case purge
    case keep(Reason)

    package enum Reason: Hashable, Sendable {
        /// Nothing of it is here.
        case gone
        /// Not answered, refused and not dealt with, held, still to be told, or sent again.
        case open
        /// Somebody has still to take it, or to say what was done.
        case obligation
        /// A system of the organisation's own has not confirmed it.
        case notConfirmed
        /// An alarm about it is open.
        case alarm
        /// The other side, or this one, might still lose it and need it back.
        case notSafe
        case notOver(until: Timestamp)
    }
}

/// Decides what content may go (`protocol.md` §9.6). Nothing that is open goes; and what the other side might have to ask
/// back, because its disk could still lose it, stays until no disk can.
package enum Retention {
    /// Declared to a partner that asks for what went; the words are the node's own, as with what was lost.
    package static let purgedReason = "node: erased by retention"

    package static func decide(
        _ facts: RetentionFacts, periods: RetentionPeriods, now: Timestamp
    ) -> RetentionVerdict {
        guard facts.hasContent else { return .keep(.gone) }
        guard !isOpen(facts) else { return .keep(.open) }
        guard !hasObligation(facts) else { return .keep(.obligation) }
        guard facts.entry?.isConfirmed ?? true else { return .keep(.notConfirmed) }
        guard !facts.hasAlarm else { return .keep(.alarm) }
        guard isSafe(facts) else { return .keep(.notSafe) }
        let over = closedAt(facts) + periods[RetentionClass(of: facts.message.type)]
        return over <= now ? .purge : .keep(.notOver(until: over))
    }

    /// What changes where the verdict is to purge.
    package static func changes(_ facts: RetentionFacts, now: Timestamp) -> [LedgerChange] {
        [
            .purgeContent(of: facts.message.id),
            .appendLeaf(
                AuditLeaf(
                    .contentPurged, at: now, messageID: facts.message.id, digest: facts.message.digest,
                    note: "\(RetentionClass(of: facts.message.type).rawValue) \(facts.message.type.code)")),
        ]
    }

    /// A message that stands under no number is one of which something is not known.
    private static func isOpen(_ facts: RetentionFacts) -> Bool {
        guard facts.isOutgoing else { return facts.received.isEmpty }
        return facts.sent.isEmpty
            || facts.sent.contains { sent in
                switch sent.transport {
                case .receipted, .withdrawn: sent.isDue
                case .open, .held, .refused: true
                }
            }
    }

    private static func hasObligation(_ facts: RetentionFacts) -> Bool {
        // What was asked for goes with the content that asked for it, and not before it is there.
        guard !facts.isAwaiting else { return true }
        guard facts.isOutgoing else {
            guard facts.message.isHandedOver else { return false }
            return switch facts.entry?.state {
            case .declined, .concluded: false
            case .ready, .owned, nil: true
            }
        }
        return facts.sent.contains { $0.transport == .receipted && !$0.followUp.meets(facts.message.wanted) }
    }

    /// Our own message: the recipient's backup has it, so that its loss asks for it no more. A partner's: a backup here has
    /// it, and the partner's own books name it, which nobody loses who is not getting back a loss.
    private static func isSafe(_ facts: RetentionFacts) -> Bool {
        facts.sent.allSatisfy { $0.transport != .receipted || $0.key.number <= $0.cover.safe }
            && facts.received.allSatisfy {
                $0.key.number <= $0.safe && $0.key.number <= $0.cover.issued && !$0.cover.isRecovering
            }
    }

    private static func closedAt(_ facts: RetentionFacts) -> Timestamp {
        (facts.sent.compactMap(\.closedAt) + [facts.entry?.movedAt].compactMap(\.self)).reduce(facts.keptAt, max)
    }
}

extension FollowUp {
    /// Whether the recipient's people did all that is wanted of them.
    package func meets(_ wanted: AcknowledgementLevel) -> Bool {
        switch wanted {
        case .receipt: true
        case .ownership: self != .none
        case .outcome: self == .concluded || self == .declined
        }
    }
}

/// One incarnation that a partner has signed to, as this node saw it.
package struct SeenIncarnation: Hashable, Sendable {
    package let incarnation: IncarnationID
    package let predecessor: IncarnationID?
    /// The highest position of the partner's channel to us that this incarnation has signed.
    package let highest: ChannelPosition
    package let firstSeen: Timestamp

    package init(
        incarnation: IncarnationID, predecessor: IncarnationID?, highest: ChannelPosition, firstSeen: Timestamp
    ) {
        self.incarnation = incarnation
        self.predecessor = predecessor
        self.highest = highest
        self.firstSeen = firstSeen
    }
}

/// What the store says of one incarnation of a partner, among all that it keeps of this partner.
package struct IncarnationFacts: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The one that was first seen last; `nil` where the partner was never seen.
    package let latest: SeenIncarnation?
    /// The one that was first seen next after this; `nil` where this was never seen, or is the latest.
    package let follower: SeenIncarnation?
    /// The first that named this one as its predecessor, also where this was never seen.
    package let successor: SeenIncarnation?
    /// The first that named the predecessor which this one names.
    package let sibling: IncarnationID?
    package let isPredecessorSeen: Bool
    /// The highest number of the partner's channel that it ever signed to this node, in a tally or in a manifest.
    package let highest: SequenceNumber

    package init(
        incarnation: IncarnationID, latest: SeenIncarnation?, follower: SeenIncarnation?, successor: SeenIncarnation?,
        sibling: IncarnationID?, isPredecessorSeen: Bool, highest: SequenceNumber
    ) {
        self.incarnation = incarnation
        self.latest = latest
        self.follower = follower
        self.successor = successor
        self.sibling = sibling
        self.isPredecessorSeen = isPredecessorSeen
        self.highest = highest
    }

    package var isSeen: Bool { latest?.incarnation == incarnation || follower != nil }
}

/// What a partner's declaration of an incarnation shows (`protocol.md` §9.2).
package enum IncarnationJudgement: Hashable, Sendable {
    /// The incarnation that it signed last.
    case current
    /// A lawful successor, or the first that we see.
    case successor
    /// It names a predecessor that ended before what that predecessor had signed to us: its store was rolled back.
    case rolledBack(lost: NumberRange)
    /// Two incarnations name one predecessor, or one comes to light after its successor: two nodes run on copies of one
    /// store.
    case cloned(other: IncarnationID)
    /// An incarnation comes back after its successor signed: the older of two copies still runs.
    case superseded(by: IncarnationID)
    /// Another followed it just now: the tally may have been under way meanwhile, and proves nothing.
    case overtaken(by: IncarnationID)
    /// It names a predecessor that we have never seen, or none although we know earlier ones. An alarm, nothing more:
    /// an unproven claim silences nobody.
    case unproven
}

package enum IncarnationHistory {
    /// - Parameters:
    ///   - facts: of the incarnation that is judged, and of the predecessor in `claim`.
    ///   - now: by our own clock, since the tally's is in the hands of whoever sends it.
    package static func judge(
        predecessor claim: PredecessorClaim?, facts: IncarnationFacts, now: Timestamp
    ) -> IncarnationJudgement {
        guard let latest = facts.latest else { return .successor }
        if facts.incarnation == latest.incarnation { return .current }
        // No request is under way for longer. Since the next incarnation, and not since the latest: whoever restarts one
        // copy again and again does not hide the other.
        if let next = facts.follower ?? facts.successor, now - next.firstSeen < ProtocolLimits.requestTimeout {
            return .overtaken(by: next.incarnation)
        }
        if let follower = facts.follower { return .superseded(by: follower.incarnation) }
        if let successor = facts.successor { return .cloned(other: successor.incarnation) }
        guard let claim else { return .unproven }
        if let sibling = facts.sibling { return .cloned(other: sibling) }
        // Numbers only grow: a store that ends before anything it ever signed to us was rolled back, also where the
        // openings between were never seen here.
        if claim.last.number < facts.highest {
            return .rolledBack(lost: NumberRange(claim.last.number.next, facts.highest))
        }
        return facts.isPredecessorSeen ? .successor : .unproven
    }
}

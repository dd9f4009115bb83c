/// One incarnation that a partner has signed to, as this node saw it.
package struct SeenIncarnation: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The one that it grew from: ``IncarnationFacts/predecessor``.
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

/// A predecessor that an incarnation names, with what the store says of it.
package struct NamedPredecessor: Hashable, Sendable {
    package let claim: PredecessorClaim
    package let isSeen: Bool
    /// The first that grew from it: seen here, and naming it as its predecessor, or as one of those between.
    package let successor: IncarnationID?

    package init(_ claim: PredecessorClaim, isSeen: Bool, successor: IncarnationID?) {
        self.claim = claim
        self.isSeen = isSeen
        self.successor = successor
    }

    /// Whether it was seen here, or is known from one that came after it.
    package var isKnown: Bool { isSeen || successor != nil }
}

/// What the store says of one incarnation of a partner, among all that it keeps of this partner.
package struct IncarnationFacts: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The one that was first seen last; `nil` where the partner was never seen.
    package let latest: SeenIncarnation?
    /// The one that was first seen next after this; `nil` where this was never seen, or is the latest.
    package let follower: SeenIncarnation?
    /// The first that grew from this one, also where this was never seen.
    package let successor: SeenIncarnation?
    /// Those that this one names, the newest first.
    package let predecessors: [NamedPredecessor]
    /// The highest number of the partner's channel that it ever signed to this node, in a tally or in a manifest.
    package let highest: SequenceNumber
    /// The one with which the partner's node runs: the one that answered at its address last, or one that was first seen
    /// since. `nil` before the first tally.
    package let running: IncarnationID?
    /// The one that answered at the partner's address last.
    package let answering: IncarnationID?

    package init(
        incarnation: IncarnationID, latest: SeenIncarnation?, follower: SeenIncarnation?, successor: SeenIncarnation?,
        predecessors: [NamedPredecessor], highest: SequenceNumber, running: IncarnationID? = nil,
        answering: IncarnationID? = nil
    ) {
        self.running = running
        self.answering = answering
        self.incarnation = incarnation
        self.latest = latest
        self.follower = follower
        self.successor = successor
        self.predecessors = predecessors
        self.highest = highest
    }

    package var isSeen: Bool { latest?.incarnation == incarnation || follower != nil }

    /// Whether another node of the partner's runs: this one is an older copy of its store, or one that was put aside.
    package var isFenced: Bool { isSeen && running.map { $0 != incarnation } ?? false }

    /// The one of its predecessors that counts: the newest that is known here. Where none is, the oldest that it names:
    /// what was signed here was signed before that one ended.
    package var predecessor: NamedPredecessor? { predecessors.first(where: \.isKnown) ?? predecessors.last }

    /// Those between that one and this, which were never heard here.
    package var skipped: [IncarnationID] {
        let counted = predecessor
        return predecessors.prefix { $0 != counted }.map(\.claim.incarnation)
    }
}

/// What a partner's declaration of an incarnation shows (`protocol.md` §9.2).
package enum IncarnationJudgement: Hashable, Sendable {
    /// The incarnation that it signed last.
    case current
    /// A lawful successor, or the first that we see.
    case successor
    /// The predecessor from which it grew ended before what was signed to us: its store was rolled back.
    case rolledBack(lost: NumberRange)
    /// Two incarnations grew from one predecessor, or one comes to light after its successor: two nodes run on copies of
    /// one store.
    case cloned(other: IncarnationID)
    /// An incarnation comes back after its successor signed: the older of two copies still runs.
    case superseded(by: IncarnationID)
    /// Another followed it just now: the tally may have been under way meanwhile, and proves nothing.
    case overtaken(by: IncarnationID)
    /// It names no predecessor that we have seen, or none although we know earlier ones. An alarm, nothing more: an
    /// unproven claim silences nobody.
    case unproven
}

package enum IncarnationHistory {
    /// - Parameters:
    ///   - facts: of the incarnation that is judged, and of the predecessors that it names.
    ///   - askedAt: when the tally was asked for, where it answers one of ours.
    ///   - now: by our own clock, since the tally's is in the hands of whoever sends it.
    package static func judge(
        _ facts: IncarnationFacts, askedAt: Timestamp? = nil, now: Timestamp
    ) -> IncarnationJudgement {
        guard let latest = facts.latest else { return .successor }
        if facts.incarnation == latest.incarnation { return .current }
        // No request is under way for longer. Since the next incarnation, and not since the latest: whoever restarts one
        // copy again and again does not hide the other; and not before it, where our own clock was set back.
        if let next = facts.follower ?? facts.successor,
            next.firstSeen <= now, now - next.firstSeen < ProtocolLimits.overtakenMaximum,
            // Who answers what it was asked after that runs now.
            askedAt.map({ $0 < next.firstSeen }) ?? true
        {
            return .overtaken(by: next.incarnation)
        }
        if let follower = facts.follower { return .superseded(by: follower.incarnation) }
        if let successor = facts.successor { return .cloned(other: successor.incarnation) }
        // Those between were never heard here, so that nothing is known of them but that they lead back to this one.
        guard let predecessor = facts.predecessor else { return .unproven }
        if let sibling = predecessor.successor { return .cloned(other: sibling) }
        // Numbers only grow: a store that ended before anything it ever signed to us was rolled back. Where it ended
        // then, and not where it stands now: those between may have issued as many since.
        let last = predecessor.claim.last.number
        if last < facts.highest { return .rolledBack(lost: NumberRange(last.next, facts.highest)) }
        return predecessor.isSeen ? .successor : .unproven
    }
}

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

/// What a partner's declaration of an incarnation shows (`protocol.md` §9.2).
package enum IncarnationJudgement: Hashable, Sendable {
    /// The incarnation that it signed last.
    case current
    /// A lawful successor, or the first that we see.
    case successor
    /// It names a predecessor that ended before what that predecessor had signed to us: its store was rolled back.
    case rolledBack(lost: NumberRange)
    /// Two incarnations name one predecessor: two nodes run on copies of one store.
    case cloned(other: IncarnationID)
    /// An incarnation comes back after its successor signed: the older of two copies still runs.
    case superseded(by: IncarnationID)
    /// It names a predecessor that we have never seen, or none although we know earlier ones. An alarm, nothing more:
    /// an unproven claim silences nobody.
    case unproven
}

package enum IncarnationHistory {
    /// - Parameters:
    ///   - seen: the partner's incarnations in the order in which this node first saw them.
    ///   - received: the highest number of the partner's channel that this node holds: a signed manifest named it, also
    ///     where no tally did.
    package static func judge(
        _ incarnation: IncarnationID, predecessor claim: PredecessorClaim?, seen: [SeenIncarnation],
        received: SequenceNumber
    ) -> IncarnationJudgement {
        guard let latest = seen.last else { return .successor }
        if incarnation == latest.incarnation { return .current }
        if let earlier = seen.firstIndex(where: { $0.incarnation == incarnation }) {
            return .superseded(by: seen[earlier + 1].incarnation)
        }
        guard let claim else { return .unproven }
        if let sibling = seen.first(where: { $0.predecessor == claim.incarnation }) {
            return .cloned(other: sibling.incarnation)
        }
        // Numbers only grow: a store that ends before anything it ever signed to us was rolled back, also where the
        // openings between were never seen here.
        let highest = seen.reduce(received) { max($0, $1.highest.number) }
        if claim.last.number < highest { return .rolledBack(lost: NumberRange(claim.last.number.next, highest)) }
        return seen.contains { $0.incarnation == claim.incarnation } ? .successor : .unproven
    }
}

/// How far our own channel to a partner is certain (`protocol.md` §9.3).
///
/// Whoever opens a store cannot know whether it is as old as it looks. Numbers that are given before the partner was heard
/// are none yet: they are sent, and named in a tally, once the partner's account shows that none of them was given before.
package struct ChannelStanding: Hashable, Sendable {
    /// Up to here our list is certain.
    package let settled: ChannelPosition
    /// Whether the partner answered a tally of this opening, and nothing was found missing or it was got back.
    package let isConfirmed: Bool
    /// While our part of the channel is got back from the partner: the highest number that is asked for.
    package let recoveringUntil: SequenceNumber?

    package init(settled: ChannelPosition, isConfirmed: Bool, recoveringUntil: SequenceNumber? = nil) {
        self.settled = settled
        self.isConfirmed = isConfirmed
        self.recoveringUntil = recoveringUntil
    }

    package var isRecovering: Bool { recoveringUntil != nil }
}

extension Tally {
    /// The highest number from the partner that the node has answered.
    package var highestSeen: SequenceNumber {
        max(received.number, gaps.last?.last.next ?? .none, outcomes.last?.numbers.last ?? .none)
    }

    /// The numbers up to `issued` that the node does not have, as far as it names them.
    package func missing(upTo issued: SequenceNumber) -> [NumberRange] {
        let seen = highestSeen
        return gaps.filter { $0.first <= issued } + (seen < issued ? [NumberRange(seen.next, issued)] : [])
    }
}

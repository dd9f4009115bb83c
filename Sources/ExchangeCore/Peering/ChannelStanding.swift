/// How far our own channel to a partner is certain (`protocol.md` §9.3).
///
/// Whoever opens a store cannot know whether it is as old as it looks. Numbers that are given before the partner was heard
/// are none yet: they are sent, and named in a tally, once the partner's account shows that none of them was given before.
package struct ChannelStanding: Hashable, Sendable {
    /// Up to here our list is certain.
    package let settled: ChannelPosition
    /// Whether the partner answered a tally of this opening, and nothing was found missing or it was got back.
    package let isConfirmed: Bool
    /// While our part of the channel is got back from the partner.
    package let recovery: ChannelRecoveryState?

    package init(settled: ChannelPosition, isConfirmed: Bool, recovery: ChannelRecoveryState? = nil) {
        self.settled = settled
        self.isConfirmed = isConfirmed
        self.recovery = recovery
    }

    package var isRecovering: Bool { recovery != nil }

    /// What is asked for now; `nil` where nothing is got back, or a tally must show first how far that goes.
    package var span: RecoverySpan? { if case .under(let span)? = recovery { span } else { nil } }

    /// The highest number that another opening asked for in vain so far.
    package var missingUpTo: SequenceNumber { if case .toCompare(let until)? = recovery { until } else { .none } }

    /// Whether anything may be sent under the numbers of this channel.
    package var maySend: Bool { isConfirmed || (span.map { !$0.isPart } ?? false) }
}

package enum ChannelRecoveryState: Hashable, Sendable {
    case under(RecoverySpan)
    /// One span is back, or another opening of the store had begun: the partner's next tally shows how far it goes. Up to
    /// `until` numbers may be missing here, whatever it shows: what was sent meanwhile stands behind them.
    case toCompare(until: SequenceNumber)
}

/// How much of our own channel is asked for at once.
package struct RecoverySpan: Hashable, Sendable {
    /// The last number of it.
    package let until: SequenceNumber
    /// Whether the partner has more beyond it: numbers behind it are not ours to give yet, and nothing is sent.
    package let isPart: Bool

    package init(until: SequenceNumber, isPart: Bool = false) {
        self.until = until
        self.isPart = isPart
    }
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

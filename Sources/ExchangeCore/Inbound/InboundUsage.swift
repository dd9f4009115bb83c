/// What a partner has used up of its share of this node.
///
/// It is kept with the partner, and changes in the transaction that answers an item of its channel.
package struct InboundUsage: Hashable, Sendable {
    package static let window = Milliseconds.minutes(60)
    package static let none = InboundUsage(since: Timestamp(milliseconds: 0))

    /// When the hour began in which these were counted.
    package let since: Timestamp
    /// Numbers of its channel that were filled.
    package let items: Int
    /// Those among them that this node refused under its signature.
    package let refusals: Int
    package let inVain: InVain

    /// Envelopes that were examined and filled no number, since the answer was *later*: they leave no row, and cost all of
    /// the cryptography.
    ///
    /// Counted by the minute. When so many were in vain that nothing more is examined, that holds up what cannot wait too,
    /// for what it is shows only in the examination; and the fault may be this node's.
    package struct InVain: Hashable, Sendable {
        package static let window = Milliseconds.minutes(1)

        /// When the minute began.
        package let since: Timestamp
        package let count: Int

        package init(since: Timestamp, count: Int) {
            self.since = since
            self.count = count
        }

        /// How many a minute: a sixtieth of the share, and what one batch brings in any case.
        package static func maximum(_ limits: NodeLimits) -> Int {
            max(limits.inboundMaximumItemsPerPartnerPerHour / 60, ProtocolLimits.batchMaximumItems)
        }
    }

    package init(since: Timestamp, items: Int = 0, refusals: Int = 0, inVain: InVain? = nil) {
        self.since = since
        self.items = items
        self.refusals = refusals
        self.inVain = inVain ?? InVain(since: since, count: 0)
    }

    /// What of it counts now. An hour, and a minute, ends by itself, and also where the clock stands before its beginning:
    /// then it was set back, and nobody is to wait until the old time has come again.
    package func current(at now: Timestamp) -> InboundUsage {
        let vain =
            inVain.since <= now && now < inVain.since + InVain.window ? inVain : InVain(since: now, count: 0)
        return since <= now && now < since + Self.window
            ? InboundUsage(since: since, items: items, refusals: refusals, inVain: vain)
            : InboundUsage(since: now, inVain: vain)
    }

    package func counting(isRefusal: Bool) -> InboundUsage {
        InboundUsage(since: since, items: items + 1, refusals: refusals + (isRefusal ? 1 : 0), inVain: inVain)
    }

    package var countingInVain: InboundUsage {
        InboundUsage(
            since: since, items: items, refusals: refusals,
            inVain: InVain(since: inVain.since, count: inVain.count + 1))
    }
}

/// How much room a partner still has in its share.
enum InboundRoom: Hashable {
    case open
    /// Only for what cannot wait: `stat` messages, and the acknowledgements that end others' wait.
    case reserve
    /// It has filled all the numbers that it may.
    case full
    /// So much was examined in vain that nothing more is, for the rest of the minute.
    case exhausted

    init(_ usage: InboundUsage, limits: NodeLimits) {
        let whole = limits.inboundMaximumItemsPerPartnerPerHour
        if usage.inVain.count >= InboundUsage.InVain.maximum(limits) {
            self = .exhausted
        } else if usage.items < whole {
            self = .open
        } else {
            self = usage.items < whole * (100 + limits.queueReservePercent) / 100 ? .reserve : .full
        }
    }
}

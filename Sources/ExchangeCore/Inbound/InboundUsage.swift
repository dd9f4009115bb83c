/// What a partner has used up of its share of this node in one hour.
///
/// It is kept with the partner, and changes in the transaction that fills a number of its channel.
package struct InboundUsage: Hashable, Sendable {
    package static let window = Milliseconds.minutes(60)
    package static let none = InboundUsage(since: Timestamp(milliseconds: 0))

    /// When the hour began in which these were counted.
    package let since: Timestamp
    /// Numbers of its channel that were filled.
    package let items: Int
    /// Those among them that this node refused under its signature.
    package let refusals: Int
    /// Envelopes that were opened and filled no number, since the answer was *later*: they leave no row, and cost all of
    /// the cryptography.
    package let openedInVain: Int

    package init(since: Timestamp, items: Int = 0, refusals: Int = 0, openedInVain: Int = 0) {
        self.since = since
        self.items = items
        self.refusals = refusals
        self.openedInVain = openedInVain
    }

    /// What of it counts now. An hour ends by itself, and also where the clock stands before its beginning: then it was
    /// set back, and nobody is to wait until the old time has come again.
    package func current(at now: Timestamp) -> InboundUsage {
        since <= now && now < since + Self.window ? self : InboundUsage(since: now)
    }

    package func counting(isRefusal: Bool) -> InboundUsage {
        InboundUsage(
            since: since, items: items + 1, refusals: refusals + (isRefusal ? 1 : 0), openedInVain: openedInVain)
    }

    package var countingOpenedInVain: InboundUsage {
        InboundUsage(since: since, items: items, refusals: refusals, openedInVain: openedInVain + 1)
    }
}

/// How much room a partner still has in its share.
enum InboundRoom: Hashable {
    case open
    /// Only for what cannot wait: `stat` messages, and the acknowledgements that end others' wait.
    case reserve
    case none

    init(_ usage: InboundUsage, limits: NodeLimits) {
        let whole = limits.inboundMaximumItemsPerPartnerPerHour
        if usage.openedInVain >= whole {
            // A share of its own, so that what is put off in great number does not use up the reserve of what cannot wait.
            self = .none
        } else if usage.items < whole {
            self = .open
        } else {
            self = usage.items < whole * (100 + limits.queueReservePercent) / 100 ? .reserve : .none
        }
    }
}

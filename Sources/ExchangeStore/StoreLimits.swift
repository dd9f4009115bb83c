package import ExchangeCore

/// The store's own bounds. Those of groups, logs, files and connections are the SQLite form's alone.
package struct StoreLimits: Hashable, Sendable {
    /// Operations in one group commit. Beyond 256 the gain is small, and everyone in a group waits for all of it.
    package var groupMaximumOperations = 256
    /// Operations that may wait for the disk. Beyond it a caller is told at once that the store is unavailable.
    package var pendingMaximumOperations = 65_536
    /// After how many operations the write-ahead log is copied into the database in the background.
    package var checkpointEveryOperations = 256
    /// The log's length, in pages of 4 KiB, from which the writer itself makes time for a checkpoint.
    package var walMaximumPages = 16_384
    /// How many rows one operation may move that follow from what it wrote: numbers that a channel's contiguous position
    /// passes, messages that are let go or lined up. The rest is done by operations of its own.
    package var operationMaximumSteps = 4096
    /// Up to this size the whole file is checked at opening; above it, the small tables only, so that a large store
    /// opens in seconds.
    package var openingCheckMaximumBytes: Int64 = 256 << 20
    /// Connections that read beside the writer.
    package var readersMaximum = 4
    /// Distinct events that may wait for a reader of ``ExchangeLedger/events``.
    package var eventsMaximumPending = 4096
    /// Open alarms of one code and one partner, each of a message of its own; of those that name no partner, so many for each
    /// sender of a message.
    package var alarmsMaximumOpen = 1000
    /// Incarnations of one partner that are kept, each with its last tally: a start a day for 27 years.
    package var incarnationsMaximumPerPartner = 10_000
    /// Deliveries that one tally's missing numbers are looked up in, for answers that the partner has lost.
    package static let lostAnswersMaximumRows = 1024
    /// Numbers that one tally has sent again; the next tally shows what is still missing.
    package var refillMaximumRowsPerTally = 65_536
    /// Consumers of the organisation's own systems.
    package var consumersMaximum = 64
    /// Messages that one operation gives their numbers in the inbox's feed.
    package var feedMaximumNumbersPerOperation = 1000
    /// How long after a message was kept its obligations are looked at first: no clock of a priority ends
    /// before that, and a time that a content names sooner is noticed then.
    package var obligationFirstLook = Milliseconds.minutes(1)
    /// A next attempt further ahead than this is due at once: the clock was set back, for no wait is that long.
    package var deferralMaximum = ProtocolLimits.retryMaximum

    package init() {}
}

/// Every bound of the protocol and of a node, with its unit in its name (`protocol.md` §11).
///
/// The protocol's bounds are the same for everybody: what one node may send, another must take. A node's own bounds
/// are configuration, and these are their defaults.
public enum ProtocolLimits {
    public static let contentMaximumBytes = 65_536
    public static let contentMaximumDepth = 16
    public static let messageMaximumRecipients = 32
    public static let messageMaximumAttachments = 16
    /// SignedData around the largest content, RSA-4096 and the signer's issuer name included.
    public static let signedDataMaximumBytes = 69_632
    /// AuthEnvelopedData around the largest SignedData, with a RecipientInfo for each recipient.
    public static let envelopeMaximumBytes = 131_072
    public static let derMaximumDepth = 20
    public static let batchMaximumItems = 64
    public static let batchMaximumBytes = 4_194_304
    public static let manifestMaximumBytes = 49_152
    public static let statementMaximumBytes = 65_536
    public static let answerMaximumBytes = 1_048_576
    public static let tallyMaximumGaps = 64
    public static let tallyMaximumOutcomes = 64
    /// How far back from the highest number a tally says what was answered.
    public static let tallyOutcomesMaximumNumbers = 4_096
    /// How many openings back a tally proves that its store is the one of before.
    public static let tallyMaximumPredecessors = 32
    public static let tallyMaximumBytes = 65_536
    /// 2^63 - 1: what a store's signed 64-bit integer holds.
    public static let sequenceNumberMaximum = UInt64(Int64.max)
    /// How far a number may run ahead of the last that has none missing before it.
    public static let channelMaximumGap: UInt64 = 1_000_000
    public static let detailMaximumBytes = 512
    public static let directoryMaximumBytes = 1_048_576
    public static let directoryMaximumMembers = 256
    public static let directoryMaximumRoutingRules = 512
    public static let routingRuleMaximumFacts = 8
    public static let routingFactMaximumValues = 64
    public static let routingGroundMaximumBytes = 512
    public static let directoryMaximumHolidays = 400
    public static let cardMaximumBytes = 4_194_304
    public static let cardMaximumAuthorities = 8
    public static let reconciliationMaximumBytes = 4_194_304
    /// How far two nodes' clocks may differ before statements are held.
    public static let clockSkewMaximum = Milliseconds.minutes(5)
    public static let retryMaximum = Milliseconds.minutes(5)
    public static let retryFirst = Milliseconds.seconds(1)
    public static let tallyInterval = Milliseconds.minutes(1)
    public static let requestTimeout = Milliseconds.seconds(30)
    /// How long a tally may have been under way, or kept back by somebody on the path: longer than any connection on which
    /// nothing comes, with a request that is slow.
    public static let overtakenMaximum = Milliseconds.minutes(5)
    public static let partnerMaximumRequestsUnderWay = 4
}

/// A node's own bounds; an operator sets them in the configuration.
public struct NodeLimits: Hashable, Sendable {
    /// Deliveries that may wait for one partner. Beyond it a submission gets an error at once, never a silent drop.
    public var queueMaximumItemsPerPartner = 2_000_000
    public var queueMaximumBytesPerPartner: Int64 = 16 << 30
    /// The share of the queue that only `stat` messages and acknowledgements may fill, in percent.
    public var queueReservePercent = 10
    /// Numbers of one partner's channel that this node fills in an hour. Beyond it the partner is told to wait; `stat`
    /// messages and acknowledgements have ``queueReservePercent`` more.
    public var inboundMaximumItemsPerPartnerPerHour = 1_000_000
    /// Refusals that this node signs for one partner in an hour. Beyond it what would be refused is put off.
    public var refusalsMaximumPerPartnerPerHour = 10_000
    /// Queries of a case (NOD-07) that are answered to one partner in an hour. What is over is answered later, never dropped.
    public var caseAnswersMaximumPerPartnerPerHour = 120
    /// Numbers of our channel to a partner of which it has given, since ever, nothing but its word: each is a row here.
    /// Beyond it the channel is not got back any further, and people must look.
    public var recoveryMaximumUnprovenNumbersPerPartner = 1_000_000
    /// How long hand-over waits for the message that the sender names as the one before.
    public var predecessorWait = Milliseconds.seconds(30)
    /// After how long a partner that cannot be reached raises an alarm.
    public var unreachableAlarmAfter = Milliseconds.minutes(5)
    /// Connections from partners' nodes at once; those beyond it wait at the door until one ends.
    public var peerMaximumConnections = 512
    /// Connections of one partner at once; one more is closed.
    public var peerMaximumConnectionsPerPartner = 16
    /// How long the handshake of a connection may take.
    public var peerHandshakeMaximum = Milliseconds.seconds(10)
    /// After how long a connection from a partner on which nothing comes is closed; longer than between two tallies.
    public var peerIdleMaximum = Milliseconds.seconds(90)
    /// How long the body of a request over TLS may take to come, and what is answered to be taken.
    public var requestBodyMaximum = ProtocolLimits.requestTimeout
    /// How long the command of the ladder, or the program that takes its mail, may run for one entry.
    public var escalationRunMaximum = Milliseconds.seconds(30)

    public init() {}
}

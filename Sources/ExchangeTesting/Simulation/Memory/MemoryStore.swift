import ExchangeCore
import ExchangeStore

/// All that a node's store holds, as a value: a copy of it is a snapshot, and costs nothing.
///
/// It holds what the SQLite form holds in its tables, indexes and counters, each as a ``Table``. It changes through
/// ``MemoryTransaction`` alone, which keeps what the triggers of the SQLite schema keep: a change that would break a
/// rule throws `invariant-violated`, and nothing of its transaction is kept.
package struct MemoryStore: Sendable {
    // MARK: Openings

    /// In their order; the last is the running one.
    var openings: [StoredOpening] = []
    /// What the archive key of the first opening wrapped.
    var archiveKeyCheck: [UInt8]?

    // MARK: Messages

    var messages = Table<MessageID, StoredMessage>()
    /// Those that end at a node, by their case and the order in which they were kept.
    var nodeMessages = Table<Pair<CaseReference, Int64>, MessageID>()
    /// All of them, by their case and the order in which they were kept.
    var caseMessages = Table<Pair<CaseReference, Int64>, MessageID>()
    /// Queries of a case that were received, by the order in which they were kept.
    var caseQueries = Table<Int64, MessageID>()
    var submissions = Table<String, StoredSubmission>()
    var caseKeys = Table<CaseReference, [UInt8]>()

    // MARK: Partners and deliveries

    var partners = Table<OIN, StoredPartner>()
    /// By their order of acceptance, from 1.
    var deliveries = Table<Int64, StoredDelivery>()
    var deliveriesOfMessage = Table<Pair<MessageID, Int64>, Void>()
    /// When it turned out to be older than what was done with it.
    var renewedAt: Timestamp?
    /// The deliveries that stand for a message of which only id and digest are known.
    var lostNumbers = Table<Pair<MessageID, Int64>, Void>()
    var deliveriesOfCase = Table<Pair<CaseReference, Int64>, Void>()
    /// By case, partner and number: which message to a partner was the last of a case.
    var lastOfCase = Table<Triple<CaseReference, OIN, UInt64>, Int64>()
    /// Those that need somebody, by priority and order of acceptance.
    var pressing = Table<Pair<Int, Int64>, Void>()
    /// Those that changed, by priority and the number of their last change.
    var deliveryFeed = Table<Pair<Int, Int64>, Int64>()
    var lastDeliveryFeedNumber: Int64 = 0
    var withdrawn = 0
    /// How many deliveries are held.
    var held = 0

    // MARK: The inbox

    var inbox = Table<MessageID, StoredInboxEntry>()
    /// By state, priority and turn.
    var inboxList = Table<Triple<String, Int, Int64>, MessageID>()
    /// By the message that they wait for, and turn.
    var awaiting = Table<Pair<MessageID, Int64>, MessageID>()
    /// Those that have no number in the feed yet, by turn.
    var unnumbered = Table<Int64, MessageID>()
    /// By priority and number.
    var inboxFeed = Table<Pair<Int, Int64>, MessageID>()
    var lastInboxFeedNumber: Int64 = 0
    var lastTurn: Int64 = 0

    // MARK: What other recipients say

    /// Whom a received message lists beside this organisation.
    var coRecipients = Table<MessageID, [Party]>()
    /// By the L2 in which each was said.
    var words = Table<MessageID, KeptWord>()
    /// By the message that they speak of, in their order from 1.
    var wordsOnMessage = Table<Pair<MessageID, Int64>, MessageID>()

    // MARK: Obligations

    var clocks = Table<MessageID, StoredClock>()
    /// By when they are looked at.
    var clocksDue = Table<Pair<Timestamp, MessageID>, Void>()
    /// Those for which a step was taken, by their case.
    var escalated = Table<Pair<CaseReference, MessageID>, Void>()
    /// What contents ask for, by code and debtor.
    var asked = Table<MessageID, [AskedAnswer]>()
    /// By their numbers from 1.
    var escalations = Table<Int64, EscalationEntry>()
    var escalationsOfMessage = Table<Pair<MessageID, Int64>, Void>()
    /// By priority and number.
    var escalationFeed = Table<Pair<Int, Int64>, Void>()
    /// By priority, lane and number.
    var escalationLanes = Table<Triple<Int, EscalationLane, Int64>, Void>()

    // MARK: Links

    /// By message, each with the cases that it links.
    var links = Table<MessageID, [CaseLink]>()
    /// The messages that link a case, on either side, in the order in which they were kept.
    var linksOfCase = Table<Pair<CaseReference, Int64>, MessageID>()

    // MARK: The rest

    var consumers = Table<ConsumerName, Consumer>()
    /// By consumer, priority and lane.
    var consumerLanes = Table<Triple<ConsumerName, Int, EscalationLane>, LanePlace>()
    var alarms = Table<Int64, AlarmEntry>()
    /// With what each counts on: code, partner and sender.
    var openAlarms = Table<Int64, Triple<String, String, String>>()
    /// The open alarm of a code, partner and message; of none it is an empty text, and zero.
    var openAlarmKeys = Table<Triple<String, String, Bytes16>, Int64>()
    /// How many of a code, partner and sender are open; the sender is an empty text where a partner is named.
    var openAlarmCounts = Table<Triple<String, String, String>, Int>()
    /// By version.
    var directories = Table<Int64, DirectoryMark>()
    var validationObjects = Table<Digest, [UInt8]>()
    var validationInUse = Table<Digest, ValidationUse>()
    /// Periods that ended, by when they did.
    var validationEnded = Table<Pair<Timestamp, Int64>, (digest: Digest, use: ValidationUse)>()
    /// How many periods ever began.
    var validationPeriods: Int64 = 0
    var audit = Table<Int64, StoredLeaf>()

    package init() {}
}

struct StoredOpening: Sendable {
    let incarnation: IncarnationID
    /// Where each of our channels stood when it began.
    let positions: [PartnerPosition]
}

struct StoredMessage: Sendable {
    let ordinal: Int64
    let summary: MessageSummary
    var envelope: [UInt8]
    /// `nil` where there is no envelope.
    var envelopeDigest: Digest?
    let isOutgoing: Bool
    let keptAt: Timestamp
    /// When its content went by retention.
    var purgedAt: Timestamp?

    /// Whether only id and digest came back; what went by retention is not lost.
    var isLost: Bool { envelope.isEmpty && purgedAt == nil }
}

/// When the obligations of a message are looked at.
struct StoredClock: Sendable {
    let caseReference: CaseReference
    var lookAt: Timestamp
    var isEscalated = false
}

struct StoredSubmission: Sendable {
    let digest: Digest
    let message: MessageID
}

struct StoredLeaf: Sendable {
    /// As the chain covers it.
    let leaf: [UInt8]
    let hash: Digest
}

/// One partner: both channels with it, and what it has signed.
struct StoredPartner: Sendable {
    var issued = ChannelPosition.start
    /// Up to here our channel is certain.
    var settled = ChannelPosition.start
    var isConfirmed = false
    var recovery: ChannelRecoveryState?
    /// Whether what is being got back has shown by our own signature that the store is older than what it signed.
    var isLossProven = false
    /// Numbers of our channel behind which there is the partner's word alone, since ever.
    var unprovenNumbers = 0
    /// Of its channel to us: up to here a snapshot covers it.
    var safe = SequenceNumber.none
    var running: IncarnationID?
    var answering: IncarnationID?
    /// What is sent to it again: by number, with its priority's rank and the next attempt in milliseconds.
    var refills = Table<UInt64, StoredRefill>()
    /// Deliveries without a receipt, refusal or withdrawal, and their envelopes' bytes.
    var openItems = 0
    var openBytes: Int64 = 0
    /// Our deliveries to it by number.
    var numbers = Table<UInt64, Int64>()
    /// The same, by their order of acceptance.
    var ordinals = Table<Int64, Void>()
    /// What it still has to be told: by priority, the next attempt in milliseconds (0 until it is put off) and number.
    /// The value is what it adds to a batch, in bytes.
    var due = Table<Triple<Int, Int64, Int64>, Int>()
    var pressing = Table<Pair<Int, Int64>, Void>()

    /// Received with nothing missing before it.
    var received = ChannelPosition.start
    var highestSeen = SequenceNumber.none
    var slots = Table<UInt64, StoredSlot>()
    var slotsOfMessage = Table<Pair<MessageID, UInt64>, Void>()
    /// Numbers below the highest seen that have not come: the last of each range by its first.
    var gaps = Table<UInt64, UInt64>()

    var attempts = 0
    var duplicates = 0
    var lastTallyAt: Timestamp?
    var agreement: PairAgreement?
    var cover = PartnerCover.none
    var usage = InboundUsage.none
    var incarnations = StoredIncarnations()
}

/// A number of a partner's channel to us that is filled.
struct StoredSlot: Sendable {
    /// The order in which slots were filled.
    let ordinal: Int64
    let item: ChannelItem
    var answer: KeptAnswer
    let filledAt: Timestamp
    /// Present up to the contiguous position.
    var runningDigest: Digest?
    /// Proofs that were signed anew, in their order.
    var reissued: [(proof: [UInt8], at: Timestamp)] = []

    /// With the last proof that was signed.
    var presentAnswer: KeptAnswer {
        guard let proof = reissued.last?.proof else { return answer }
        return switch answer {
        case .receipt: .receipt(proof)
        case .refusal(let code, _): .refusal(code, proof)
        case .noted: answer
        }
    }
}

struct StoredDelivery: Sendable {
    let ordinal: Int64
    /// Its number changes only while our channel is got back.
    var key: DeliveryKey
    /// It changes only where it stands in the place of one that was lost, and that comes back.
    var messageID: MessageID
    /// What the partner has under this number, where our message only stands in the place of one that is lost.
    var lost: ChannelItem?
    let recipient: Party
    var caseReference: CaseReference
    var priority: Priority
    var envelopeBytes: Int
    let acceptedAt: Timestamp
    var runningDigest: Digest
    /// In milliseconds since 1970; 0 until it is put off.
    var nextAttempt: Int64 = 0
    var transport = TransportState.open
    /// Whether the partner still has to be told something: the message, or that its number is void or held.
    var isOutstanding = true
    var attempts = 0
    var followUp = FollowUp.none
    var followUpRole = ""
    var followUpMessage: MessageID?
    var declaredReason = ""
    var detail = ""
    var receiptedAt: Timestamp?
    var ownedAt: Timestamp?
    var declinedAt: Timestamp?
    var concludedAt: Timestamp?
    var proof: [UInt8] = []
    var actor = ""
    /// `nil` until it changes for the first time; then that of its last change.
    var feedNumber: Int64?

    var isUnanswered: Bool { transport == .open || transport == .held }
    /// Whether it stands among what needs somebody.
    var isPressing: Bool { isUnanswered || transport == .refused }
}

/// A delivery that has its answer and is sent again.
struct StoredRefill: Sendable {
    let rank: Int
    var nextAttempt: Int64 = 0
}

struct StoredInboxEntry: Sendable {
    let messageID: MessageID
    let priority: Priority
    let receivedAt: Timestamp
    var state = InboxState.ready
    var role = ""
    var availableAt: Timestamp
    var movedAt: Timestamp?
    var awaited: MessageID?
    /// Of the messages of one priority, which comes first.
    var turn: Int64
    var actor = ""
    /// `nil` until the message is there for everybody to see.
    var feedNumber: Int64?
    var mayBeRepeated: Bool

    /// A clock that stands before the reception was set back, and waiting on would hide a message.
    func isShown(at now: Timestamp) -> Bool { availableAt <= now || receivedAt > now }
}

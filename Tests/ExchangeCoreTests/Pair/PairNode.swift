import ExchangeCore

/// The two ends of a pair.
enum Seat: Int, CaseIterable, Hashable {
    case left, right

    var other: Seat { self == .left ? .right : .left }
    var party: Party { self == .left ? Sample.guardian : Sample.police }
}

/// What an agency hands in; it asks again with the same key until it is told an id.
struct Submission {
    let key: String
    let caseReference: CaseReference
    let priority: Priority
    let wanted: AcknowledgementLevel
    var isBad = false
    /// A faulty sender's second message under an id that it has used.
    var twinOf: MessageID?
    var step: InboxStep?
    var acknowledgement: ReceivedAcknowledgement?
    /// The message that it acknowledges.
    var about: MessageSummary?
    var isTold = false
    /// Whether an attempt is under way at the node.
    var isPending = false
}

/// A request that a node waits to have answered.
struct PendingRequest {
    let id: UInt64
    let sent: [MemoryLedger.Delivery]
    let manifestDigest: Digest?
    /// Whether the answer to a batch that was given up came while this one was waited for.
    var isOvertaken = false
}

/// How far one item of a batch has come in the receiving node.
enum ItemProgress {
    case examined
    case proposed(ReceptionVerdict, signed: KeptAnswer?)
    /// `nil`: later.
    case settled(KeptAnswer?)
}

/// A batch on its way through the receiving node.
struct InboundWork {
    let requestID: UInt64
    let manifest: Manifest
    let manifestDigest: Digest
    let contents: [FakeContent?]
    let examinations: [Examination]
    var progress: [ItemProgress]
}

/// One node of a pair: the core's machines, a ledger, and what lives only in memory.
struct PairNode {
    let seat: Seat
    var link: PartnerLink
    var ledger: MemoryLedger
    var isUp = true
    /// Rises at each crash: what was under way before is void.
    var epoch = 0
    var wakeGeneration = 0
    var loaded = DueBatch()
    var pending: PendingRequest?
    /// Requests without an answer, also those given up: a late answer still counts.
    var asked: [UInt64: PendingRequest] = [:]
    var submissions: [Submission] = []
    var untold = 0
    /// What the agency has taken from the inbox, in its order.
    var taken: [MessageID] = []
    var takenSet: Set<MessageID> = []

    var oin: OIN { seat.party.oin }

    init(seat: Seat, incarnation: IncarnationID, now: Now) {
        self.seat = seat
        link = PartnerLink(limits: NodeLimits(), now: now)
        ledger = MemoryLedger(incarnation: incarnation)
    }
}

package import ExchangeCore

/// The store's contract. A ledger keeps what the core decides, each decision in one durable transaction.
///
/// Where a method writes, it returns only after the transaction is on the disk (persist, then speak). It asks the core
/// inside the transaction, on facts read there, so that a decision never rests on something that has changed since.
/// Opening one compares the archive key with what it keeps (``ArchiveKeyCheck``) before anything is written.
/// `Tests/ExchangeStoreTests` holds the conformance suite that every form of the store passes.
package protocol ExchangeLedger: Sendable {
    /// This opening of the store.
    var opening: StoreOpening { get }

    /// The wrapped storage key of a case; keeps `candidate` where the case has none yet.
    func caseKey(for reference: CaseReference, orKeep candidate: [UInt8]) async throws -> [UInt8]

    // MARK: The way out

    /// What an idempotency key stands for.
    func submission(claimedBy key: String) async throws -> (message: MessageID, submission: Digest)?
    /// Accepts a sealed message, as ``Acceptance`` decides: its numbers are given in the same transaction.
    func accept(_ request: AcceptanceRequest, limits: NodeLimits, now: Now) async throws -> AcceptanceResult
    /// The id of our last message to each of `recipients` in a case that is handed over there, in their order.
    func lastMessages(in reference: CaseReference, to recipients: [OIN]) async throws -> [MessageID?]
    /// What is due for one partner, pressing first, then by number; never over `maximumItems` or `maximumBytes`.
    func due(for partner: OIN, now: Timestamp, maximumItems: Int, maximumBytes: Int) async throws -> DueDeliveries
    /// Notes an attempt that got no answer, so that the queue shows it.
    func recordAttempt(_ numbers: [SequenceNumber], to partner: OIN, detail: String, at: Timestamp) async throws
    /// Records answers as ``AnswerRecording`` decides.
    func recordAnswers(_ answers: [AnswerRecord], from partner: OIN, now: Now) async throws
    /// Holds, releases or withdraws a delivery; `false` where its state does not allow that, or its number stands for another
    /// message than `message`: while a channel is got back numbers move.
    ///
    /// - Parameters:
    ///   - message: what the number stands for, as far as who asks knows.
    ///   - reason: declared to the partner under the delivery's number; not empty, but for a release.
    ///   - actor: who asked for it.
    func moveTransport(
        _ key: DeliveryKey, _ event: TransportEvent, of message: MessageID?, reason: String, by actor: ActorID,
        at: Timestamp
    ) async throws -> Bool

    // MARK: The way in

    /// What is known of each item, in order.
    func receptionFacts(_ queries: [ReceptionQuery], from partner: OIN) async throws -> [ReceptionFacts]
    /// Settles items in one transaction; an item whose verdict no longer stands comes back as `.changed`.
    func receive(
        _ proposals: [ReceptionProposal], from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> [ReceptionResult]

    // MARK: Accounts

    func account(with partner: OIN) async throws -> ChannelAccount
    /// The running digest of our channel to a partner (`isOutgoing`), or of theirs to us, at a number.
    func runningDigest(with partner: OIN, isOutgoing: Bool, at number: SequenceNumber) async throws -> Digest?
    /// Takes a partner's verified tally, as ``TallyReception`` decides: what it shows of both channels is kept with it.
    ///
    /// - Parameters:
    ///   - signed: the tally as it came.
    ///   - askedAt: when it was asked for, with no batch under way; `nil` for one that came unasked.
    func takeTally(_ tally: Tally, signed: [UInt8], askedAt: Timestamp?, now: Now) async throws -> PairAgreement
    /// What this node holds of a partner's channel behind a number: at most `maximumItems`, and no more than
    /// `maximumBytes` of envelopes, but one in any case.
    func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) async throws -> HeldPart
    /// Takes what a partner gave back of our own channel, as ``ChannelRecovery`` decides.
    ///
    /// - Parameters:
    ///   - items: ascending, one for each number behind the settled position up to `upTo`.
    ///   - limits: how many of them may have nothing behind them but the partner's word.
    ///   - now: the time of it.
    func recover(
        _ items: [RecoveredItem], upTo: SequenceNumber, from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> RecoveryProgress
    /// Begins to get back all of our own channel: what the partner has behind our settled position does not follow on it.
    func recoverFromStart(with partner: OIN, at: Timestamp) async throws
    /// What was answered to the newest numbers of a partner's channel, descending: of the
    /// ``ProtocolLimits/tallyOutcomesMaximumNumbers`` numbers up to the highest seen.
    func answeredNumbers(of partner: OIN) async throws -> [AnsweredNumber]
    /// What is kept of an incarnation of a partner, and of those that it signed with before.
    ///
    /// - Parameter predecessors: those that it names, the newest first.
    func incarnationFacts(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], of partner: OIN
    ) async throws -> IncarnationFacts
    /// Keeps an incarnation of a partner, or that it signed a higher number. Of each partner a bounded number is kept:
    /// beyond it the oldest are forgotten with their tallies and what they skipped, but neither the last nor the one that
    /// signed the highest number, with which a rollback is proven.
    ///
    /// - Parameter skipped: those between it and its predecessor, which were never heard here.
    func keepIncarnation(
        _ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN
    ) async throws

    /// The last tally of a partner: that of the opening that answered last, or of one that never did; `nil` before the
    /// first.
    func lastTally(of partner: OIN) async throws -> KeptTally?
    /// The books of a pair, read at one moment.
    ///
    /// - Parameters:
    ///   - tally: the partner's, with which they are compared.
    ///   - maximumItems: of each list; how long it is, is counted.
    func books(with partner: OIN, against tally: Tally?, maximumItems: Int) async throws -> PairBooks
    /// Writes the audit leaf of a report that was signed of a pair.
    func noteReconciliation(with partner: OIN, digest: Digest, note: String, at: Timestamp) async throws

    /// Notes that a completed backup covers each partner's channel up to a number; it never goes back.
    func noteBackup(_ positions: [PartnerPosition], at: Timestamp) async throws

    /// Notes a directory that comes into use, with an audit leaf where it is new. A version below the highest that was
    /// ever in use, or the same version with another digest, is not noted.
    func adoptDirectory(_ directory: DirectoryMark, at: Timestamp) async throws -> DirectoryAdoption
    /// Notes all by which signatures are judged, with an audit leaf where it is other than before. What was judged by before is
    /// kept for good, with the time from which and until which.
    ///
    /// - Parameter since: when these came into use, which may be a while ago where the store could not be written.
    func keepValidationData(_ inUse: [ValidationObject], since: Timestamp, at: Timestamp) async throws
    /// By what signatures were judged at a moment, by digest; empty for a moment before anything was noted.
    func validationData(at moment: Timestamp) async throws -> [Digest: ValidationObject.Kind]
    /// The DER of those that were ever in use, as they were issued.
    func validationObjects(_ digests: Set<Digest>) async throws -> [Digest: [UInt8]]

    // MARK: Retention

    /// Messages whose content is here and that were kept no later than a moment, in the order in which they were kept.
    ///
    /// - Parameter place: behind which the page begins; `nil` for the first.
    func retentionPage(
        after place: RetentionPlace?, keptUntil: Timestamp, maximumItems: Int
    ) async throws -> RetentionPage
    /// Erases the content of messages, as ``Retention`` decides, in one transaction with an audit leaf for each.
    ///
    /// - Returns: how many went.
    func purge(_ messages: [MessageID], periods: RetentionPeriods, now: Timestamp) async throws -> Int
    /// Takes content of a message that the disk damaged, as ``ContentMending`` decides; `false` where it is not that.
    ///
    /// - Parameter digest: of what came, as it was computed here.
    func mend(
        _ message: MessageID, as digest: Digest, envelope: [UInt8], from partner: OIN, at: Timestamp
    ) async throws -> Bool
    /// How many messages' content was ever erased by retention.
    func purgedCount() async throws -> Int

    // MARK: Obligations

    /// Messages whose obligations are to be looked at by a time, the longest due first.
    func looksDue(by moment: Timestamp, maximumItems: Int) async throws -> [MessageID]
    /// Looks at what is owed on messages, as ``Obligations`` decides, in one transaction.
    ///
    /// - Returns: the steps that were taken.
    func look(
        at messages: [MessageID], by rules: ObligationRules, now: Now
    ) async throws -> [(message: MessageID, step: TakenStep)]
    /// Messages on which something may be owed, in the order of their ids, which is that of their times.
    func watched(after message: MessageID?, maximumItems: Int) async throws -> [MessageID]
    /// What is known of a message on which something may be owed; `nil` where it is not here.
    func obligationFacts(of message: MessageID, by rules: ObligationRules) async throws -> ObligationFacts?
    /// Whom was told what about a message, in the order of the times.
    func escalations(of message: MessageID) async throws -> [EscalationEntry]
    /// Keeps that somebody was told of a message by telephone. It ends no obligation.
    ///
    /// - Parameters:
    ///   - partner: whom the delivery is for.
    ///   - role: who was told, as the caller names it; no person's name.
    ///   - told: when.
    ///   - actor: who says so.
    /// - Returns: `false` where the message was not sent to that partner.
    func noteTold(
        _ message: MessageID, to partner: OIN, role: String, told: Timestamp, by actor: ActorID, at: Timestamp
    ) async throws -> Bool
    /// What is kept of a case, in the order in which it was kept.
    ///
    /// Where there are more than `maximumItems`, the newest.
    ///
    /// - Parameter codes: of the types that are asked for; all that are handed over, where it is `nil`.
    func messages(
        in references: [CaseReference], ofTypes codes: [String]?, maximumItems: Int
    ) async throws -> [CaseMessage]

    /// Which messages say that a case is one with another, or take it back, whichever of the two they are in: in the order in
    /// which they were kept.
    func caseLinks(of reference: CaseReference) async throws -> [CaseLinkEntry]

    /// Queries of a case (NOD-07) that were received, in the order of their arrival, each with whether its answer was accepted
    /// here: one that was not is answered, also after a crash.
    ///
    /// - Parameter query: behind which the page begins; `nil` for the first.
    func caseQueries(after query: MessageID?, maximumItems: Int) async throws -> [ReceivedCaseQuery]

    /// Whom a received message lists beside this organisation, and what they said of it.
    func coRecipients(of message: MessageID) async throws -> CoRecipientsOfMessage
    /// Words in a case that speak of a message that is not here, in the order in which they came; where there are more than
    /// `maximumItems`, the newest.
    func awaitedMessages(in reference: CaseReference, maximumItems: Int) async throws -> [AwaitedMessage]

    // MARK: What the organisation's systems follow

    /// In the order of their names.
    func consumers() async throws -> [Consumer]
    func consumer(_ name: ConsumerName) async throws -> Consumer?
    /// Makes a consumer, from the next entry on or from the first that is kept; one that is there stays as it is.
    ///
    /// - Parameters:
    ///   - key: 16 random bytes, which no other consumer ever had.
    ///   - actor: who asked for it.
    func addConsumer(
        _ name: ConsumerName, of feed: FeedName, fromStart: Bool, key: Bytes16, by actor: ActorID, now: Timestamp
    ) async throws -> ConsumerAddition
    /// Forgets a consumer and how far it was; `false` where there is none of that name.
    func removeConsumer(_ name: ConsumerName, by actor: ActorID, at: Timestamp) async throws -> Bool
    /// Keeps how far a consumer is. What is before its cursor is not handed out to it again.
    func confirm(
        _ cursor: FeedCursor, of name: ConsumerName, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation
    /// The place behind all that was ever handed out of a feed.
    func lastPosition(of feed: FeedName) async throws -> FeedPosition
    /// What stands in the inbox behind a position, the most pressing first. Each message stands there once, from when it
    /// is there for everybody to see.
    func inboxFeed(
        after position: FeedPosition, maximumItems: Int, now: Timestamp
    ) async throws -> [FeedEntry<InboxEntry>]
    /// The deliveries that changed behind a position, as they are now, the most pressing first. One that changes again
    /// stands there again, at its new place alone.
    func deliveryFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<DeliveryEntry>]
    /// What the ladder told, and that it is over, behind a position, the most pressing first. What is kept never changes.
    func escalationFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<NumberedEscalation>]
    /// What a consumer of the escalations has not taken yet, as it is to take it one at a time: the most pressing priority
    /// first, and in it one of each ``EscalationLane`` in turn. Empty where there is no such consumer.
    func waitingEscalations(for name: ConsumerName, maximumItems: Int) async throws -> [NumberedEscalation]
    /// Keeps that a consumer has taken one entry, and what is before it in its lane. Its position moves behind all that it has
    /// taken with nothing left out before it.
    ///
    /// - Parameter key: the consumer's own: one that was made anew under the name is another.
    func confirmEscalation(
        _ number: Int64, of name: ConsumerName, key: Bytes16, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation
    /// The entries in the order of their numbers: those behind one, or the last where it is `nil`.
    func escalations(after number: Int64?, maximumItems: Int) async throws -> [NumberedEscalation]

    // MARK: What people see

    /// One page of the inbox: the most pressing priority first, and in it the oldest.
    func inbox(_ filter: InboxFilter, now: Timestamp) async throws -> Page<InboxEntry>
    func message(_ id: MessageID) async throws -> KeptMessage?
    /// One page of the queue: of what is open the most pressing priority first, and in it the oldest, for it needs
    /// somebody; of all that was sent the newest first.
    func deliveries(_ filter: DeliveryFilter) async throws -> Page<DeliveryEntry>
    /// The messages of a case, sent and received, that end at a node and are handed over to nobody (L2, L3, probes), in the
    /// order in which they were kept; at most `maximumItems`.
    func nodeMessages(in reference: CaseReference, maximumItems: Int) async throws -> [MessageSummary]
    /// The receipts and refusals that this node signed for a message of a partner, each number in its order; those that were
    /// signed anew behind the one that they stand for.
    func proofs(of message: MessageID, to partner: OIN) async throws -> [GivenProof]
    /// Those of the messages that at least one recipient has receipted, to whomever the deliveries asked for go.
    func receipted(among messages: [MessageID]) async throws -> Set<MessageID>
    /// One delivery; `nil` where the number was never given.
    func delivery(_ key: DeliveryKey) async throws -> DeliveryEntry?
    /// How many deliveries were withdrawn.
    func withdrawnCount() async throws -> Int
    /// How many deliveries an operator holds back now: nobody is told by them until somebody decides.
    func heldCount() async throws -> Int
    func partners() async throws -> [PartnerEntry]
    func alarms(includingCleared: Bool) async throws -> [AlarmEntry]
    func raise(_ alarm: Alarm) async throws
    /// Clears exactly this alarm, where it is open: that of the message, or the one of no message where `messageID` is
    /// `nil`.
    func clear(_ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp) async throws
    /// Clears every open alarm of a code that is of this partner (of none, where it is `nil`), whatever its message.
    func clearAll(_ code: AlarmCode, partner: OIN?, at: Timestamp) async throws
    /// Walks the whole audit chain.
    func verifyAuditChain() async throws -> AuditChainState

    /// A new stream of what happens from now on that another part of the node may wait for, told after the commit.
    ///
    /// An element says "look again". Equal elements that were not read yet are one; a reader that lags far behind gets
    /// `.everything`. Each access makes a stream of its own.
    var events: AsyncStream<LedgerEvent> { get }
    /// Why the last write did not reach the disk; `nil` once one has. Kept in memory alone: it cannot be stored.
    var problem: StoreError? { get }
    func close() async throws
}

/// One opening of the store: the incarnation, and what it says of those before (`protocol.md` §9).
package struct StoreOpening: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The openings before, the newest first: at most ``ProtocolLimits/tallyMaximumPredecessors``.
    package let predecessors: [PastOpening]

    package init(incarnation: IncarnationID, predecessors: [PastOpening]) {
        self.incarnation = incarnation
        self.predecessors = predecessors
    }

    /// What is said of them to a partner, in the channel to it.
    package func claims(for partner: OIN) -> [PredecessorClaim] {
        predecessors.map { PredecessorClaim(incarnation: $0.incarnation, last: $0.position(for: partner)) }
    }
}

/// An opening of the store that has ended.
package struct PastOpening: Hashable, Sendable {
    package let incarnation: IncarnationID
    /// The last number issued in each channel when it ended, in the order of the partners' OINs.
    package let positions: [PartnerPosition]

    package init(incarnation: IncarnationID, positions: [PartnerPosition]) {
        self.incarnation = incarnation
        self.positions = positions
    }

    package func position(for partner: OIN) -> ChannelPosition {
        positions.first { $0.partner == partner }?.position ?? .start
    }
}

/// Where one of our channels stood.
package struct PartnerPosition: Hashable, Sendable {
    package let partner: OIN
    package let position: ChannelPosition

    package init(partner: OIN, position: ChannelPosition) {
        self.partner = partner
        self.position = position
    }
}

/// A verified answer to one delivery, with a random word for the time of the next attempt.
package struct AnswerRecord: Hashable, Sendable {
    package let number: SequenceNumber
    package let answer: VerifiedAnswer
    package let jitter: UInt64

    package init(number: SequenceNumber, answer: VerifiedAnswer, jitter: UInt64) {
        self.number = number
        self.answer = answer
        self.jitter = jitter
    }
}

package enum AcceptanceResult: Hashable, Sendable {
    case accepted(MessageID)
    case repeated(MessageID)
    case refused(AcceptanceRefusal)
}

/// What is due for a partner, and when the next is if nothing is.
package struct DueDeliveries: Sendable {
    /// Ascending by number.
    package let items: [DueDelivery]
    /// Our running digest at the last of `items`; `.zero` where there are none.
    package let runningDigest: Digest
    /// When a deferred delivery becomes due, where none is due now.
    package let nextDue: Timestamp?

    package init(items: [DueDelivery], runningDigest: Digest, nextDue: Timestamp?) {
        self.items = items
        self.runningDigest = runningDigest
        self.nextDue = nextDue
    }
}

package struct DueDelivery: Sendable {
    package let item: ChannelItem
    package let kind: ItemKind
    package let reason: String
    package let caseReference: CaseReference
    /// As stored, for all recipients and the storage key; also for a declared number, whose late receipt is held
    /// against it.
    package let envelope: StoredEnvelope

    /// Whether there is no message under its number any more because that went by retention.
    package var isPurged: Bool { kind == .void && reason == Retention.purgedReason }

    package init(
        item: ChannelItem, kind: ItemKind, reason: String, caseReference: CaseReference,
        envelope: StoredEnvelope
    ) {
        self.item = item
        self.kind = kind
        self.reason = reason
        self.caseReference = caseReference
        self.envelope = envelope
    }
}

package struct ReceptionQuery: Hashable, Sendable {
    package let item: ChannelItem
    /// Known only once the envelope was opened.
    package let predecessor: MessageID?
    package let acknowledged: MessageID?
    /// The message that other recipients may have spoken of, or speak of here.
    package let shared: MessageID?

    package init(
        item: ChannelItem, predecessor: MessageID? = nil, acknowledged: MessageID? = nil, shared: MessageID? = nil
    ) {
        self.shared = shared
        self.item = item
        self.predecessor = predecessor
        self.acknowledged = acknowledged
    }
}

/// An item with its verdict, and the answer that was signed for it (`nil` where the verdict needs no signature).
package struct ReceptionProposal: Hashable, Sendable {
    package let query: ReceptionQuery
    package let examination: Examination
    package let verdict: ReceptionVerdict
    package let answer: KeptAnswer?

    package init(
        query: ReceptionQuery, examination: Examination, verdict: ReceptionVerdict, answer: KeptAnswer?
    ) {
        self.query = query
        self.examination = examination
        self.verdict = verdict
        self.answer = answer
    }
}

package enum ReceptionResult: Hashable, Sendable {
    case kept(KeptAnswer)
    case later(LaterCode, detail: String)
    /// Something else settled this item meanwhile: decide again.
    case changed
}

/// Both channels with one partner, as this node's books have them.
package struct ChannelAccount: Hashable, Sendable {
    package let issued: ChannelPosition
    /// Deliveries without a receipt, refusal or withdrawal.
    package let open: Int
    package let received: ChannelPosition
    /// The highest number seen from the partner, beyond `received` where there are gaps.
    package let highestSeen: SequenceNumber
    /// At most ``ProtocolLimits/tallyMaximumGaps``, lowest first.
    package let gaps: [NumberRange]
    package let safe: SequenceNumber
    /// How far our channel to the partner is certain.
    package let standing: ChannelStanding

    package init(
        issued: ChannelPosition, open: Int, received: ChannelPosition, highestSeen: SequenceNumber,
        gaps: [NumberRange], safe: SequenceNumber, standing: ChannelStanding
    ) {
        self.standing = standing
        self.issued = issued
        self.open = open
        self.received = received
        self.highestSeen = highestSeen
        self.gaps = gaps
        self.safe = safe
    }
}

/// A signed directory as the ledger remembers it.
package struct DirectoryMark: Hashable, Sendable {
    package let version: Int64
    /// SHA-256 over the signed directory.
    package let digest: Digest

    package init(version: Int64, digest: Digest) {
        self.version = version
        self.digest = digest
    }

    /// What becomes of this directory where `latest` is the newest that was ever in use.
    package func adoption(after latest: DirectoryMark?) -> DirectoryAdoption {
        guard let latest, latest.version >= version else { return .inUse }
        guard latest.version == version else { return .older(than: latest.version) }
        return latest.digest == digest ? .inUse : .conflict(version: version)
    }
}

package enum DirectoryAdoption: Hashable, Sendable {
    case inUse
    case older(than: Int64)
    /// Two directories bear one version: the body that signs them must say which it is.
    case conflict(version: Int64)
}

package struct InboxFilter: Hashable, Sendable {
    package var states: [InboxState] = InboxState.allCases
    package var id: MessageID?
    /// Where the page before ended; `nil` for the first.
    package var after: ListPosition?
    /// Entries of one page: 1 or more.
    package var maximumItems = 1000
    package init() {}
}

package struct InboxEntry: Hashable, Sendable {
    package let message: MessageSummary
    package let standing: InboxStanding
    package let receivedAt: Timestamp
    package let availableAt: Timestamp
    /// The message that should have come before this one and has not.
    package let missingPredecessor: MessageID?
    /// Who took the last step; empty before the first.
    package let actor: String
    /// Whether it may have been handed over before this node's store was put back.
    package let mayBeRepeated: Bool

    package init(
        message: MessageSummary, standing: InboxStanding, receivedAt: Timestamp, availableAt: Timestamp,
        missingPredecessor: MessageID?, actor: String, mayBeRepeated: Bool
    ) {
        self.mayBeRepeated = mayBeRepeated
        self.message = message
        self.standing = standing
        self.receivedAt = receivedAt
        self.availableAt = availableAt
        self.missingPredecessor = missingPredecessor
        self.actor = actor
    }
}

package struct KeptMessage: Sendable {
    package let message: MessageSummary
    /// Empty where it is lost, or went by retention.
    package let envelope: [UInt8]
    package let isOutgoing: Bool
    package let keptAt: Timestamp
    /// When its content went by retention; `nil` where it did not.
    package let purgedAt: Timestamp?

    package init(
        message: MessageSummary, envelope: [UInt8], isOutgoing: Bool, keptAt: Timestamp, purgedAt: Timestamp? = nil
    ) {
        self.purgedAt = purgedAt
        self.message = message
        self.envelope = envelope
        self.isOutgoing = isOutgoing
        self.keptAt = keptAt
    }
}

/// A receipt or refusal that this node gave to a partner.
package struct GivenProof: Hashable, Sendable {
    package let number: SequenceNumber
    package let isReceipt: Bool
    /// As it was signed.
    package let proof: [UInt8]
    /// When this node gave it, or took it; `nil` where that was not noted.
    package let notedAt: Timestamp?
    /// Whether it was signed in the place of one whose key holds no more (`protocol.md` §5.2).
    package let isReissued: Bool

    package init(number: SequenceNumber, isReceipt: Bool, proof: [UInt8], notedAt: Timestamp?, isReissued: Bool) {
        self.number = number
        self.isReceipt = isReceipt
        self.proof = proof
        self.notedAt = notedAt
        self.isReissued = isReissued
    }
}

package struct DeliveryFilter: Hashable, Sendable {
    package var partner: OIN?
    package var messageID: MessageID?
    /// Of a message that is lost here, by the id under which a partner has it.
    package var lostMessageID: MessageID?
    package var caseReference: CaseReference?
    /// Those without a receipt, and those refused or held.
    package var onlyOpen = false
    /// Where the page before ended; `nil` for the first.
    package var after: ListPosition?
    /// Entries of one page: 1 or more.
    package var maximumItems = 1000
    package init() {}
}

package struct DeliveryEntry: Hashable, Sendable {
    package let message: MessageSummary
    package let recipient: Party
    package let key: DeliveryKey
    package let state: DeliveryState
    package let transport: TransportState
    package let followUp: FollowUp
    package let followUpRole: String
    package let attempts: Int
    package let acceptedAt: Timestamp
    package let nextAttempt: Timestamp?
    /// The last thing that went wrong, or the refusal's code and detail.
    package let detail: String
    package let receiptedAt: Timestamp?
    /// When the L2 or L3 that says so was kept here, by this node's clock; so the next two.
    package let ownedAt: Timestamp?
    package let declinedAt: Timestamp?
    package let concludedAt: Timestamp?
    /// The receipt or refusal as it came; empty while open.
    package let proof: [UInt8]
    /// The last L2 or L3 of this recipient; its reason or outcome is content, and is read there.
    package let followUpMessage: MessageID?
    /// When that last L2 or L3 was made, by the clock of its sender.
    package let saidAt: Timestamp?
    /// Who submitted the message.
    package let actor: String
    /// What the partner has under this number, where the message only stands in the place of one that is lost.
    package let lost: ChannelItem?

    package init(
        message: MessageSummary, recipient: Party, key: DeliveryKey, transport: TransportState, followUp: FollowUp,
        followUpRole: String, attempts: Int, acceptedAt: Timestamp, nextAttempt: Timestamp?, detail: String,
        receiptedAt: Timestamp?, ownedAt: Timestamp?, declinedAt: Timestamp?, concludedAt: Timestamp?, proof: [UInt8],
        followUpMessage: MessageID?, saidAt: Timestamp?, actor: String, lost: ChannelItem? = nil
    ) {
        self.lost = lost
        self.message = message
        self.recipient = recipient
        self.key = key
        self.state = DeliveryState(transport: transport, attempts: attempts, followUp: followUp)
        self.transport = transport
        self.followUp = followUp
        self.followUpRole = followUpRole
        self.attempts = attempts
        self.acceptedAt = acceptedAt
        self.nextAttempt = nextAttempt
        self.detail = detail
        self.receiptedAt = receiptedAt
        self.ownedAt = ownedAt
        self.declinedAt = declinedAt
        self.concludedAt = concludedAt
        self.proof = proof
        self.followUpMessage = followUpMessage
        self.saidAt = saidAt
        self.actor = actor
    }

    /// The message's id as people know it: of one that is lost here, the partner's.
    package var shownID: MessageID { lost?.messageID ?? message.id }
}

package struct PartnerEntry: Hashable, Sendable {
    package let partner: OIN
    package let account: ChannelAccount
    package let lastTallyAt: Timestamp?
    package let agreement: PairAgreement?
    package let attempts: Int
    package let duplicates: Int

    package init(
        partner: OIN, account: ChannelAccount, lastTallyAt: Timestamp?, agreement: PairAgreement?, attempts: Int,
        duplicates: Int
    ) {
        self.partner = partner
        self.account = account
        self.lastTallyAt = lastTallyAt
        self.agreement = agreement
        self.attempts = attempts
        self.duplicates = duplicates
    }
}

package struct AlarmEntry: Hashable, Sendable {
    package let alarm: Alarm
    /// That of the message; of one that has not come, as the partner says that the alarm is about. `nil` where it is about no
    /// message, or what stands here is only in the place of one that is lost.
    package let caseReference: CaseReference?
    /// How often it was raised since it was last cleared.
    package let count: Int
    package let clearedAt: Timestamp?

    package init(alarm: Alarm, caseReference: CaseReference? = nil, count: Int, clearedAt: Timestamp?) {
        self.alarm = alarm
        self.caseReference = caseReference
        self.count = count
        self.clearedAt = clearedAt
    }
}

package enum AuditChainState: Hashable, Sendable {
    case intact(leaves: Int, head: Digest)
    case broken(atLeaf: Int)
}

package enum LedgerEvent: Hashable, Sendable {
    /// A delivery to this partner was opened or released.
    case workArrived(OIN)
    /// Another opening of a partner's store signs to us than before.
    case partnerReopened(OIN)
    case deliveryMoved(MessageID)
    case inboxChanged(MessageID)
    case alarmsChanged
    /// A partner's query of a case came, or its answer to one.
    case caseQueryArrived
    /// A new directory came into use: there may be new partners.
    case directoryAdopted
    /// A write may not have reached the disk: the process must end.
    case durabilityLost
    /// More happened than is listed: whoever reads this looks at all that it watches.
    case everything
}

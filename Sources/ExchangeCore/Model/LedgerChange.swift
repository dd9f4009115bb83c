/// The answer that a node keeps for a slot and repeats, byte for byte, to every duplicate.
public enum KeptAnswer: Hashable, Sendable {
    case receipt([UInt8])
    case refusal(RefusalCode, [UInt8])
    /// A declared number without an envelope.
    case noted(ItemKind, reason: String)
}

/// The sender's key for one submission: the same key and content give the same message, other content a conflict.
public struct IdempotencyClaim: Hashable, Sendable {
    public static let keyMaximumBytes = 128
    public let key: String
    /// SHA-256 over the submission as it was handed in.
    public let submissionDigest: Digest

    /// Returns `nil` for an empty key, one over ``keyMaximumBytes``, or one with other than printable ASCII characters.
    public init?(key: String, submissionDigest: Digest) {
        guard !key.isEmpty, key.utf8.count <= Self.keyMaximumBytes, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.key = key
        self.submissionDigest = submissionDigest
    }
}

/// An L2 or L3: which message it speaks of, and what it says.
package struct ReceivedAcknowledgement: Hashable, Sendable {
    package let messageID: MessageID
    package let messageDigest: Digest
    package let step: AcknowledgementStep
    /// The duty role that speaks, in the recipient's own words.
    package let role: String
    /// Who sent that message; `nil` for an L3, which goes to the sender alone.
    package let sender: OIN?

    package init(
        messageID: MessageID, messageDigest: Digest, step: AcknowledgementStep, role: String, sender: OIN? = nil
    ) {
        self.sender = sender
        self.messageID = messageID
        self.messageDigest = messageDigest
        self.step = step
        self.role = role
    }
}

/// One step that this organisation takes with a message in its inbox, carried out together with the L2 or L3 that
/// tells the sender of it.
package struct InboxStep: Hashable, Sendable {
    package let messageID: MessageID
    package let step: AcknowledgementStep
    package let role: String

    package init(messageID: MessageID, step: AcknowledgementStep, role: String) {
        self.messageID = messageID
        self.step = step
        self.role = role
    }
}

/// What the core decided, as rows to write. A store applies all changes of a decision in one transaction, with their
/// audit leaves, or none; what they mean is decided here alone, so that every store behaves alike.
package enum LedgerChange: Hashable, Sendable {
    /// Keeps a message of our own (`isOutgoing`) or of a partner, sealed.
    case keepMessage(MessageSummary, envelope: [UInt8], isOutgoing: Bool)
    /// Keeps with a message's deliveries who submitted it, and with the message whose `step` it tells of who took that.
    case noteActor(ActorID, of: MessageID, step: MessageID?)
    /// Gives a recipient's delivery the next number of its channel.
    case openDelivery(MessageSummary, to: Party)
    /// The first key of a case, wrapped; a case that has one is a fault of ours.
    case keepCaseKey([UInt8], of: CaseReference)
    case claimIdempotencyKey(IdempotencyClaim, MessageID)
    /// Fills a number of a partner's channel to us, and its answer.
    case fillSlot(from: OIN, ChannelItem, KeptAnswer)
    /// Keeps what a partner has used up of its share of this node.
    case countUsage(of: OIN, InboundUsage)
    /// Puts a proof that was signed anew beside the one that a slot keeps. From now on it is the slot's answer.
    case reissueProof(to: OIN, SequenceNumber, [UInt8])
    /// Puts a received message before the organisation, at once or when the message before it has come.
    ///
    /// - mayBeRepeated: whether it may have been handed over before this node's store was put back.
    case handOver(MessageSummary, availableAt: Timestamp, awaiting: MessageID?, mayBeRepeated: Bool)
    /// Lets those messages of a partner go on that waited for this one, and in turn those that waited for them. Another
    /// partner's may name the same message as the one before; whether that one has come is for its sender to say.
    case releaseSuccessors(of: MessageID, from: OIN, at: Timestamp)
    /// Has those messages of a partner go on after this one, and with it, that came before it and wait for it: it waits
    /// itself.
    case alignSuccessors(of: MessageID, from: OIN, until: Timestamp)
    /// Records a verified answer.
    /// - proof: the receipt or refusal, as it came.
    /// - detail: a refusal's code and words; empty for a receipt.
    case moveTransport(of: DeliveryKey, to: TransportState, proof: [UInt8], detail: String, at: Timestamp)
    /// Holds, releases or withdraws a delivery.
    /// - isToBeTold: whether the partner is to hear of it: of the message again, or that its number is held or void.
    case declare(DeliveryKey, as: TransportState, reason: String, isToBeTold: Bool)
    /// The partner knows that this number is held or void: it is not declared again.
    case endDeclaration(of: DeliveryKey)
    /// Puts off the next attempt: nobody has given up. Where it was not sent at all, no attempt is counted.
    case deferDelivery(DeliveryKey, until: Timestamp, detail: String, isAttempt: Bool)
    /// - acknowledgement: the L2 or L3 that says so; its reason or outcome is read there, under the case's key.
    case moveFollowUp(
        of: MessageID, by: OIN, to: FollowUp, role: String, acknowledgement: MessageID, at: Timestamp)
    case moveInbox(MessageID, to: InboxState, role: String, at: Timestamp)
    /// Keeps whom a received message lists beside this organisation.
    case keepCoRecipients([Party], of: MessageID)
    /// Keeps what another recipient says of a message.
    ///
    /// - isAwaited: whether that message is not here, so that it is looked for.
    case keepWord(CoRecipientWord, isAwaited: Bool)
    /// Keeps an incarnation of a partner, or that it signed a higher number: what it signed is never taken back.
    ///
    /// - Parameter skipping: those between it and its predecessor, which were never heard here.
    case keepIncarnation(SeenIncarnation, skipping: [IncarnationID], of: OIN)
    /// Keeps the last tally of an incarnation of a partner as it was signed, and what comparing it showed; `nil` where it is
    /// evidence alone, because another of its nodes runs.
    case keepTally(from: OIN, IncarnationID, signed: [UInt8], PairAgreement?)
    /// What a partner's answered tally says that its disk may lose no more.
    case keepCover(PartnerCover, of: OIN)
    /// Content of an own message that the disk damaged is here again.
    case replaceContent(of: MessageID, envelope: [UInt8])
    /// The content goes; id, digest, numbers, states and proofs stay.
    case purgeContent(of: MessageID)
    /// Notes with which incarnation a partner's node runs: what another signs is not taken.
    ///
    /// - hasAnswered: whether it answered a call to the partner's address.
    case noteRunning(IncarnationID, of: OIN, hasAnswered: Bool)
    /// Sends those numbers again that the partner had answered and has no more.
    case sendAgain(to: OIN, [NumberRange])
    /// The partner has a number again.
    case endRefill(of: DeliveryKey)
    /// Puts off the next attempt to send a number again.
    case deferRefill(of: DeliveryKey, until: Timestamp)
    /// Our own channel to a partner is certain up to its end.
    case confirmChannel(to: OIN)
    /// Our own channel is behind what the partner holds of it: from the number behind `from` it is asked for. What has no
    /// answer yet goes on under numbers behind its end.
    case beginRecovery(of: OIN, from: SequenceNumber, RecoverySpan)
    /// Gives a message of our own the number under which a partner has it, with the id and digest that it has there: where
    /// they are not the message's, the message only stands in the place of one that is lost.
    case placeDelivery(MessageSummary, to: Party, as: ChannelItem)
    /// A delivery of a message that came back, to one of whom nothing is known: it waits until the channel to that one is
    /// certain, because an operator may have withheld it there.
    case openRecoveredDelivery(MessageSummary, to: Party)
    /// Holds or withdraws what waits so: the partner knows that it was withheld.
    case declareWaiting(MessageID, to: OIN, as: TransportState, reason: String)
    /// Gives a message that came back the numbers under which only its id and digest were known. Not those of which a
    /// partner proved nothing: there it is not known to be told.
    case adoptNumbers(of: MessageSummary)
    /// Keeps what the content of a message asks for, with the message.
    case keepAsked([AskedAnswer], of: MessageID)
    /// Keeps with which cases a message says that its own is one.
    case keepLinks([CaseLink], of: MessageSummary)
    /// Keeps that a step of the ladder was taken, whom it tells, and by which clock the obligation is late.
    case takeStep(TakenStep, of: MessageID, contact: String, since: Timestamp?, dueAt: Timestamp?)
    /// Keeps that what was escalated is owed no more, for whoever was told.
    case endEscalation(OpenEscalation, of: MessageID)
    /// When the obligations of a message are looked at again; never, where that is `nil`.
    ///
    /// - isEscalated: whether a step was taken: whatever happens in its case has it looked at anew at once.
    case lookAgain(at: MessageID, when: Timestamp?, isEscalated: Bool)
    case raiseAlarm(Alarm)
    /// Ends exactly this alarm, where it is open: that of the message, or the one of no message where it is `nil`.
    case clearAlarm(AlarmCode, partner: OIN?, messageID: MessageID?)
    case appendLeaf(AuditLeaf)
}

/// One delivery: its partner and its number in the channel to that partner.
public struct DeliveryKey: Hashable, Sendable {
    public let partner: OIN
    public let number: SequenceNumber

    public init(partner: OIN, number: SequenceNumber) {
        self.partner = partner
        self.number = number
    }
}

/// Something that an operator must look at. One alarm a (code, partner, message) is open at a time.
public struct Alarm: Hashable, Sendable {
    public let code: AlarmCode
    public let partner: OIN?
    public let messageID: MessageID?
    /// What happened and what to do; never a part of a message's content.
    public let detail: String
    public let at: Timestamp

    public init(code: AlarmCode, partner: OIN?, messageID: MessageID?, detail: String, at: Timestamp) {
        self.code = code
        self.partner = partner
        self.messageID = messageID
        self.detail = detail
        self.at = at
    }
}

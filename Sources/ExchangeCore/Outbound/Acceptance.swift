/// A message that is sealed and asks to be accepted: the last step before its sender is given an id.
package struct AcceptanceRequest: Hashable, Sendable {
    package let message: MessageSummary
    /// AuthEnvelopedData for all recipients and for the case's storage key.
    package let envelope: [UInt8]
    package let recipients: [Party]
    package let claim: IdempotencyClaim?
    /// What its content asks for.
    package let asked: [AskedAnswer]
    /// Which cases it says to be one with its own.
    package let links: [CaseLink]
    /// The step in our own inbox that this message tells of, where it is an L2 or L3.
    package let inboxStep: InboxStep?
    /// Who asked for it.
    package let requester: ActorID
    /// The wrapped storage key of the case, where the case begins with this message and nothing is kept of it yet.
    package let newCaseKey: [UInt8]?

    package init(
        message: MessageSummary, envelope: [UInt8], recipients: [Party], claim: IdempotencyClaim?,
        asked: [AskedAnswer] = [], links: [CaseLink] = [], inboxStep: InboxStep?, requester: ActorID = .node,
        newCaseKey: [UInt8]? = nil
    ) {
        self.message = message
        self.envelope = envelope
        self.recipients = recipients
        self.claim = claim
        self.asked = asked
        self.links = links
        self.inboxStep = inboxStep
        self.requester = requester
        self.newCaseKey = newCaseKey
    }
}

/// What waits for one partner.
public struct Backlog: Hashable, Sendable {
    public let items: Int
    public let bytes: Int64
    public static let empty = Backlog(items: 0, bytes: 0)

    public init(items: Int, bytes: Int64) {
        self.items = items
        self.bytes = bytes
    }
}

/// What the store says, inside the accepting transaction.
package struct AcceptanceFacts: Hashable, Sendable {
    /// What the idempotency key stands for already.
    package var claimed: (message: MessageID, submission: Digest)? {
        claimedMessage.flatMap { message in claimedSubmission.map { (message, $0) } }
    }
    private let claimedMessage: MessageID?
    private let claimedSubmission: Digest?
    package let isIDTaken: Bool
    /// In the order of the request's recipients.
    package let backlogs: [Backlog]
    /// Of the message that ``AcceptanceRequest/inboxStep`` names; `nil` where the inbox has no such message.
    package let inbox: InboxStanding?

    package init(
        claimed: (message: MessageID, submission: Digest)?, isIDTaken: Bool, backlogs: [Backlog],
        inbox: InboxStanding?
    ) {
        claimedMessage = claimed?.message
        claimedSubmission = claimed?.submission
        self.isIDTaken = isIDTaken
        self.backlogs = backlogs
        self.inbox = inbox
    }
}

/// Why a message is not accepted. Nothing was queued.
public enum AcceptanceRefusal: Error, Hashable, Sendable {
    /// The idempotency key was used for other content.
    case keyConflict(MessageID)
    case messageIDTaken
    /// The queue for a partner is full but for its reserve.
    case queueFull(OIN)
    case notInInbox(MessageID)
    case inboxStepNotPossible(from: InboxStanding)
}

package enum AcceptanceDecision: Hashable, Sendable {
    case accept([LedgerChange])
    /// The same submission as before: the same id, and no second message.
    case `repeat`(MessageID)
    case refuse(AcceptanceRefusal)
}

/// Decides whether a sealed message is accepted. Runs inside the store's transaction: numbers are given there.
package enum Acceptance {
    package static func decide(
        _ request: AcceptanceRequest, facts: AcceptanceFacts, limits: NodeLimits, now: Now
    ) -> AcceptanceDecision {
        precondition(facts.backlogs.count == request.recipients.count, "a backlog for each recipient")
        if let claim = request.claim, let claimed = facts.claimed {
            return claimed.submission == claim.submissionDigest
                ? .repeat(claimed.message) : .refuse(.keyConflict(claimed.message))
        }
        if facts.isIDTaken { return .refuse(.messageIDTaken) }
        for (recipient, backlog) in zip(request.recipients, facts.backlogs)
        where !hasRoom(for: request, behind: backlog, limits: limits) {
            return .refuse(.queueFull(recipient.oin))
        }
        var changes: [LedgerChange] = []
        if let step = request.inboxStep {
            guard let standing = facts.inbox else { return .refuse(.notInInbox(step.messageID)) }
            guard let next = standing.state.after(step.step) else {
                return .refuse(.inboxStepNotPossible(from: standing))
            }
            changes.append(.moveInbox(step.messageID, to: next, role: step.role, at: now.wall))
            changes.append(
                .appendLeaf(
                    AuditLeaf(
                        .inboxMoved, at: now.wall, messageID: step.messageID,
                        note: "\(next.rawValue) \(request.requester)")
                ))
        }
        let message = request.message
        if let key = request.newCaseKey { changes.append(.keepCaseKey(key, of: message.caseReference)) }
        changes.append(.keepMessage(message, envelope: request.envelope, isOutgoing: true))
        if !request.asked.isEmpty { changes.append(.keepAsked(request.asked, of: message.id)) }
        if !request.links.isEmpty { changes.append(.keepLinks(request.links, of: message)) }
        changes.append(
            .appendLeaf(
                AuditLeaf(
                    .messageAccepted, at: now.wall, messageID: message.id, digest: message.digest,
                    note: "\(message.type) \(request.requester)")))
        if let claim = request.claim { changes.append(.claimIdempotencyKey(claim, message.id)) }
        for recipient in request.recipients {
            changes.append(.openDelivery(message, to: recipient))
            changes.append(
                .appendLeaf(
                    AuditLeaf(
                        .deliveryOpened, at: now.wall, messageID: message.id, partner: recipient.oin,
                        note: recipient.role.rawValue)))
        }
        changes.append(.noteActor(request.requester, of: message.id, step: request.inboxStep?.messageID))
        return .accept(changes)
    }

    /// The last part of a queue is kept for what cannot wait: `stat`, and the acknowledgements that end others' wait.
    private static func hasRoom(for request: AcceptanceRequest, behind backlog: Backlog, limits: NodeLimits) -> Bool {
        let mayUseReserve = request.message.priority == .stat || request.inboxStep != nil
        let percent = mayUseReserve ? 100 : 100 - limits.queueReservePercent
        return backlog.items < limits.queueMaximumItemsPerPartner * percent / 100
            && backlog.bytes + Int64(request.envelope.count)
                <= limits.queueMaximumBytesPerPartner / 100 * Int64(percent)
    }
}

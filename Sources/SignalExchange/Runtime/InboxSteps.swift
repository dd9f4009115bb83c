import ExchangeCMS
package import ExchangeCatalogue
package import ExchangeCore
package import ExchangeStore
import Logging

/// What people do with a received message: take it, decline it, conclude it. Each step and the L2 or L3 that tells of it are
/// one transaction. An L3 goes to the sender, an L2 to all who were sent the message too (`protocol.md` §15.2).
package struct InboxSteps: Sendable {
    private let context: NodeContext
    private let submitting: Submitting

    package init(_ context: NodeContext, submitting: Submitting) {
        self.context = context
        self.submitting = submitting
    }

    /// - Parameters:
    ///   - role: the duty role that speaks, in the organisation's own words.
    ///   - text: why it declines (required for `declined`), or what the outcome is (required for `concluded`).
    ///   - key: the agency's idempotency key: the same step under it is taken once.
    ///   - actor: who asks.
    /// - Returns: the acknowledgement that was sent.
    package func perform(
        _ step: AcknowledgementStep, on id: MessageID, role: String, text: String?, key: String?, by actor: ActorID
    ) async throws -> Submitting.Outcome {
        let claim = try key.map { try submitting.claim(to: request(step, id, role: role, text: text), under: $0) }
        guard let kept = try await context.ledger.message(id), !kept.isOutgoing else {
            throw NodeError(.messageUnknown, "message \(id) is not in the inbox; see `inbox list`")
        }
        let original = try await StoredContent(context).read(kept)
        guard let me = original.recipients.first(where: { $0.party.oin == context.oin }) else {
            preconditionFailure("a received message lists its recipient")
        }
        let now = context.now.wall
        let parties = [original.sender] + (step == .concluded ? [] : others(of: original))
        let before = try await context.ledger.lastMessages(in: original.caseRef, to: parties.map(\.oin))
        let content = SignedContent(
            id: MessageID(at: now, random: context.randomness.bytes16()), type: type(of: step), sender: me.party,
            recipients: zip(parties, before).map { Recipient($0, previous: $1) }, caseRef: original.caseRef,
            conversation: original.conversation, inReplyTo: id, created: now, priority: original.priority,
            purpose: original.purpose, legalBasis: original.legalBasis, handling: original.handling,
            body: body(step, kept.message, role: role, text: text))
        return try await submitting.accept(
            content, claim: claim, inboxStep: InboxStep(messageID: id, step: step, role: role), by: actor)
    }

    /// Who else was sent a message, in the role that it names; but for whom the directory does not know in it any more.
    private func others(of original: SignedContent) -> [Party] {
        let directory = context.community.directory
        return original.recipients.map(\.party).filter { party in
            party.oin != context.oin && directory.member(party.oin)?.roles.contains(party.role) == true
        }
    }

    /// A step as one document: what an idempotency key stands for.
    private func request(
        _ step: AcknowledgementStep, _ id: MessageID, role: String, text: String?
    ) throws -> [UInt8] {
        try JSONWriter.write(
            [
                "step": .string(step.rawValue), "messageId": .string(id.description), "role": .string(role),
                "text": text.map { .string($0) } ?? .null,
            ], limits: .localRequest)
    }

    private func type(of step: AcknowledgementStep) -> MessageType {
        switch step {
        case .owned, .declined: .ownership
        case .concluded: .outcome
        }
    }

    private func body(
        _ step: AcknowledgementStep, _ message: MessageSummary, role: String, text: String?
    ) -> JSONObject {
        var body = JSONObject()
        body["messageId"] = .string(message.id.description)
        body["messageDigest"] = .string(message.digest.description)
        switch step {
        case .owned: body["status"] = "received"
        case .declined: body["status"] = "rejected"
        case .concluded: body["status"] = "completed"
        }
        if step != .concluded {
            body["ownerRole"] = .string(role)
            body["sender"] = .string(message.sender.oin.text)
        }
        if let text { body[step == .concluded ? "outcome" : "reason"] = .string(text) }
        return body
    }
}

extension MessageType {
    private static func standard(_ code: String) -> MessageType {
        guard let type = MessageType(code: code) else { preconditionFailure("\(code) is not a code of our own") }
        return type
    }

    /// NOD-02, the L2.
    static let ownership = standard("NOD-02")
    /// NOD-03, the L3.
    static let outcome = standard("NOD-03")
}

/// Reads the content of a message that is kept sealed.
package struct StoredContent: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    package func read(_ kept: KeptMessage) async throws -> SignedContent {
        try ContentCodec.decode(try await message(kept).content)
    }

    /// The message itself, held against the ledger's digest. Where it cannot be read, an alarm has it got back (``Mending``).
    ///
    /// - Throws: ``NodeError`` `content-purged` for what went by retention; what cannot be read otherwise.
    func message(_ kept: KeptMessage) async throws -> VerifiedMessage {
        if let purgedAt = kept.purgedAt {
            throw NodeError(
                .contentPurged,
                "the content of message \(kept.message.id) was erased by retention at \(purgedAt); its id, digest, receipts "
                    + "and states are kept")
        }
        do {
            let key = try await context.caseKeys.key(for: kept.message.caseReference)
            let envelope = try UnverifiedEnvelope(kept.envelope, at: .store)
            return try Opener().openStored(envelope, with: key)
                .storedMessage(expecting: kept.message.digest, by: kept.message.sender.oin)
        } catch {
            if let error = error as? CMSError, Self.isDamage(error) { await noteDamage(of: kept, error) }
            throw error
        }
    }

    /// Whether what was read is damaged, for good; and not a moment's want of the store, the library or the task.
    package static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case let error as CMSError: error.code.isDamageOfStored
        case let error as StoreError: error.code == .storeDamaged
        default: false
        }
    }

    /// Raised once, however often it is read: a system that follows the inbox reads again and again. What keeps the alarm out
    /// of the store is logged, for the reader is told of the damage all the same.
    private func noteDamage(of kept: KeptMessage, _ cause: CMSError) async {
        // Of a message that is lost, id and digest alone are here.
        guard !kept.envelope.isEmpty else { return }
        let alarm = ContentMending.alarm(
            of: kept.message, isOutgoing: kept.isOutgoing, detail: "it cannot be read here: \(cause.message)".shortened,
            at: context.now.wall)
        do {
            let isKnown = try await context.ledger.alarms(includingCleared: false).contains {
                $0.alarm.code == alarm.code && $0.alarm.messageID == alarm.messageID
            }
            if !isKnown { try await context.ledger.raise(alarm) }
        } catch {
            context.logger.error(
                "a message that cannot be read could not be noted",
                metadata: ["message": "\(kept.message.id)", "cause": "\(error)"])
        }
    }
}

extension CMSErrorCode {
    /// Of what this node stored itself: a key that is wrong there is damaged, and does not become right.
    package var isDamageOfStored: Bool { !mayPass || self == .storageKeyWrong }
}

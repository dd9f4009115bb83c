import ExchangeCatalogue
import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging

/// The way out, up to the moment at which the agency is given an id: validate, sign, seal, accept.
package struct Submitting: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// What a submission came to.
    package struct Outcome: Hashable, Sendable {
        package let messageID: MessageID
        /// The same key and content as before: no second message was made.
        package let isRepeated: Bool
        /// Duty roles of the type that were left out; of a repeat nothing is said anew.
        let leftOut: [SubmissionPreview.LeftOut]
    }

    /// Submits what an agency hands in (`docs/operations.md`, "Sending").
    ///
    /// - Parameters:
    ///   - key: the agency's idempotency key; without one every call makes a message.
    ///   - actor: who asks.
    /// - Throws: ``NodeError``. Nothing was queued.
    package func submit(_ document: [UInt8], key: String?, by actor: ActorID) async throws -> Outcome {
        let claim = try key.map { try self.claim(to: document, under: $0) }
        // Acceptance decides it; known before, nothing has to be sealed for it.
        if let claim, let earlier = try await context.ledger.submission(claimedBy: claim.key) {
            guard earlier.submission == claim.submissionDigest else { throw keyConflict(earlier.message) }
            return Outcome(messageID: earlier.message, isRepeated: true, leftOut: [])
        }
        let submission: Submission
        do {
            submission = try Submission.parse(document)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        let draft = try await draft(of: submission)
        try await judge(draft)
        return try await accept(
            draft.content, claim: claim, inboxStep: nil, isNewCase: draft.isNewCase, under: draft.directory, by: actor)
    }

    /// What a submission would send, and to whom. Nothing is kept or queued.
    ///
    /// - Throws: ``NodeError``, as ``submit(_:key:by:)`` would.
    func preview(_ document: [UInt8]) async throws -> SubmissionPreview {
        let submission: Submission
        do {
            submission = try Submission.parse(document)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        let draft = try await draft(of: submission)
        do {
            try context.catalogue.validate(draft.content)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        try await judge(draft)
        return preview(of: draft.content, under: draft.directory)
    }

    private func preview(of content: SignedContent, under directory: Directory) -> SubmissionPreview {
        guard let definition = context.catalogue[content.type] else {
            preconditionFailure("a validated content has a type of the catalogue")
        }
        return SubmissionPreview(content: content, definition: definition, directory: directory)
    }

    /// By what the partners agreed, and by what this node holds of the case: what one message cannot show.
    ///
    /// - Throws: ``NodeError`` `submission-invalid`, with the rule.
    private func judge(_ draft: Draft) async throws {
        let (catalogue, content) = (context.catalogue, draft.content)
        let codes = Set(catalogue.caseRules(for: content).flatMap(\.looksAt))
        let history =
            draft.isNewCase || codes.isEmpty
            ? LinkedHistory(vouched: CaseHistory([], of: catalogue, calendar: context.calendar))
            : try await CaseReading(context).history(of: content.caseRef, types: codes.sorted())
        let directory = draft.directory
        do {
            // Whom a rule demands over all that is held may be told.
            try catalogue.judgeRecipients(
                of: content, by: directory.routing, answering: draft.answered, in: history.whole)
            try catalogue.judge(content, in: history, directory.agreements.casePolicy)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
    }

    /// What a key is claimed for: these very bytes.
    ///
    /// - Throws: ``NodeError`` `idempotency-key-invalid`.
    func claim(to document: [UInt8], under key: String) throws(NodeError) -> IdempotencyClaim {
        guard let claim = IdempotencyClaim(key: key, submissionDigest: sha256(document)) else {
            throw NodeError(
                .idempotencyKeyInvalid,
                "use 1 to \(IdempotencyClaim.keyMaximumBytes) printable ASCII characters without spaces as the key")
        }
        return claim
    }

    /// Signs, seals and accepts a content that is complete.
    ///
    /// - Parameters:
    ///   - isNewCase: whether the case's reference was drawn for this message: its key is then kept with it, and the disk is
    ///     waited for once.
    ///   - directory: by which it was judged who must be told; that of now where it is `nil`.
    func accept(
        _ content: SignedContent, claim: IdempotencyClaim?, inboxStep: InboxStep?, isNewCase: Bool = false,
        under directory: Directory? = nil, by actor: ActorID
    ) async throws -> Outcome {
        do {
            try context.catalogue.validate(content)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        guard let definition = context.catalogue[content.type] else {
            preconditionFailure("a validated content has a type of the catalogue")
        }
        let new = isNewCase ? try context.caseKeys.fresh() : nil
        let sealed = try await seal(content, key: new?.key)
        let request = AcceptanceRequest(
            message: MessageSummary(content, digest: sealed.digest, as: definition),
            envelope: sealed.envelope, recipients: content.recipients.map(\.party), claim: claim,
            asked: try await context.asked(by: content), links: try await context.links(by: content),
            inboxStep: inboxStep, requester: actor,
            newCaseKey: new?.wrapped)
        switch try await context.ledger.accept(request, limits: context.limits, now: context.now) {
        case .accepted(let id):
            let preview = preview(of: content, under: directory ?? context.community.directory)
            return Outcome(messageID: id, isRepeated: false, leftOut: preview.leftOut)
        case .repeated(let id): return Outcome(messageID: id, isRepeated: true, leftOut: [])
        case .refused(let refusal):
            if case .queueFull(let partner) = refusal { try await alarmOfFullQueue(for: partner) }
            throw nodeError(for: refusal)
        }
    }

    /// Seals for the case's storage key, and for each recipient whose certificate certainly holds now. The others' share
    /// is added when it does: a stale revocation list holds a message back, and never turns it away.
    ///
    /// - Parameter key: of a case that begins; that of the content's case where it is `nil`.
    private func seal(_ content: SignedContent, key: CaseStorageKey?) async throws -> SealedMessage {
        let now = context.now.wall
        let signer = try context.signer()
        let community = context.community
        let recipients = content.recipients.compactMap { recipient -> RecipientCertificate? in
            guard let member = community.directory.member(recipient.party.oin) else { return nil }
            do {
                return try community.recipientCertificate(of: member, now: now)
            } catch {
                context.logger.warning(
                    "a recipient cannot be sealed to yet; its delivery will say so",
                    metadata: ["partner": "\(member.oin)", "message": "\(content.id)", "cause": "\(error)"])
                return nil
            }
        }
        return try Sealer().seal(
            content: try ContentCodec.encode(content), messageID: content.id, signingTime: content.created,
            signer: signer, recipients: recipients,
            storageKey: try await storageKey(for: content.caseRef, new: key))
    }

    private func storageKey(for reference: CaseReference, new: CaseStorageKey?) async throws -> CaseStorageKey {
        if let new { return new }
        return try await context.caseKeys.key(for: reference)
    }

    /// A submission with what the node adds, and what it is judged by.
    private struct Draft {
        let content: SignedContent
        let isNewCase: Bool
        /// The sender of the message that it answers, where this node holds that.
        let answered: Party?
        /// One and the same for all that is judged: another version may come into use meanwhile.
        let directory: Directory
    }

    private func draft(of submission: Submission) async throws -> Draft {
        try await demandNotMadeByNode(submission)
        try await context.adoptDirectory()
        let now = context.now.wall
        let directory = context.community.directory
        guard let me = directory.member(context.oin) else {
            throw NodeError(.notInDirectory, "this node's OIN \(context.oin) is not in the directory; have it added")
        }
        let sender = Party(oin: context.oin, role: try senderRole(of: submission, among: me.roles))
        let answered = try await answeredContent(of: submission)
        let definition: MessageTypeDefinition
        let parties: [Party]
        do {
            definition = try context.catalogue.definition(of: submission.type)
            parties = try submission.parties(
                as: definition, sender: sender, answering: answered?.sender, by: directory.routing,
                organisations: { role in directory.members(with: role).map(\.oin) })
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        for party in parties { try check(party, in: directory) }
        let known = submission.caseRef ?? answered?.caseRef
        let reference = known ?? CaseReference(random: context.randomness.bytes16())
        // A case that begins here has nothing before it.
        let before =
            known == nil
            ? parties.map { _ in nil } : try await context.ledger.lastMessages(in: reference, to: parties.map(\.oin))
        let id = MessageID(at: now, random: context.randomness.bytes16())
        let content = submission.content(
            as: definition, id: id, created: now, sender: sender,
            recipients: zip(parties, before).map { Recipient($0, previous: $1) }, caseRef: reference,
            conversation: answered?.conversation ?? id)
        return Draft(content: content, isNewCase: known == nil, answered: answered?.sender, directory: directory)
    }

    /// What the node says by itself is not said on the word of a system: others would be told what the own ledger does not have.
    /// Of a message that is not in the inbox nobody can take a step, and so its acknowledgement is the system's to say.
    ///
    /// - Throws: ``NodeError`` `made-by-the-node`.
    private func demandNotMadeByNode(_ submission: Submission) async throws {
        switch submission.type {
        case CaseQuery.answerType:
            throw NodeError(
                .madeByTheNode,
                "\(submission.type.code) is the answer of this node's own ledger to who asks, and no system hands it in; tell what "
                    + "you know of a case in a message of its type")
        case .ownership, .outcome:
            guard let id = submission.inReplyTo, let kept = try await context.ledger.message(id), !kept.isOutgoing,
                kept.message.isHandedOver
            else { return }
            throw NodeError(
                .madeByTheNode,
                "\(id) is in the inbox: take, decline or conclude it there (`exchange-node inbox take`, POST "
                    + "/v1/inbox/\(id)/_take), and the node tells all who are to know by \(submission.type.code)")
        default: return
        }
    }

    /// The message that a submission answers, where this node holds it.
    private func answeredContent(of submission: Submission) async throws -> SignedContent? {
        guard let id = submission.inReplyTo, let kept = try await context.ledger.message(id) else { return nil }
        return try await StoredContent(context).read(kept)
    }

    private func check(_ party: Party, in directory: Directory) throws(NodeError) {
        guard party.oin != context.oin else {
            throw NodeError(.recipientUnknown, "a node does not send to itself; leave \(party.oin) out")
        }
        guard let member = directory.member(party.oin), member.roles.contains(party.role) else {
            throw NodeError(
                .recipientUnknown,
                "the directory (version \(directory.version)) has no \(party.oin) in the role \(party.role.rawValue)")
        }
    }

    private func senderRole(of submission: Submission, among roles: [Role]) throws(NodeError) -> Role {
        if let role = submission.role {
            guard roles.contains(role) else {
                throw NodeError(
                    .submissionInvalid,
                    "role: this organisation is \(roles.map(\.rawValue).joined(separator: ", ")), not \(role.rawValue)")
            }
            return role
        }
        guard roles.count == 1, let only = roles.first else {
            throw NodeError(
                .submissionInvalid,
                "role: say which of \(roles.map(\.rawValue).joined(separator: ", ")) sends this message")
        }
        return only
    }

    private func alarmOfFullQueue(for partner: OIN) async throws {
        try await context.ledger.raise(
            Alarm(
                code: .quotaExceeded, partner: partner, messageID: nil,
                detail: "the queue is full and submissions are turned away: call the partner's duty contact",
                at: context.now.wall))
    }

    private func keyConflict(_ message: MessageID) -> NodeError {
        NodeError(
            .idempotencyKeyConflict,
            "this key stands for message \(message) with other content; use a new key for a new message")
    }

    private func nodeError(for refusal: AcceptanceRefusal) -> NodeError {
        switch refusal {
        case .keyConflict(let message): keyConflict(message)
        case .messageIDTaken: NodeError(.internalFault, "the message id is taken; submit again")
        case .queueFull(let partner):
            NodeError(
                .queueFull,
                "the queue for \(partner) is full; nothing was accepted. See `exchange-node queue list --partner "
                    + "\(partner)` and call the partner's duty contact")
        case .notInInbox(let id): NodeError(.messageUnknown, "message \(id) is not in the inbox")
        case .inboxStepNotPossible(let standing): NodeError(.stepNotPossible, standing.objection)
        }
    }
}

extension InboxStanding {
    /// Who stands in the way of a step, and since when: two people at night must not both believe that it is the other's.
    fileprivate var objection: String {
        let moved = "by \(role)" + (movedAt.map { " since \($0)" } ?? "")
        return switch state {
        case .ready: "the message is ready: nobody has taken it; take it first (`inbox take`, or `_take` on the API)"
        case .owned:
            "the message is owned \(moved): it can only be concluded (`inbox conclude`, or `_conclude` on the API)"
        case .declined: "the message is declined \(moved), which is final"
        case .concluded: "the message is concluded \(moved), which is final"
        }
    }
}

extension MessageSummary {
    /// What of a content is kept in clear, on the way out and on the way in.
    ///
    /// - Parameter definition: that of the content's type.
    init(_ content: SignedContent, digest: Digest, as definition: MessageTypeDefinition) {
        self.init(
            id: content.id, digest: digest, type: content.type, sender: content.sender, caseReference: content.caseRef,
            priority: content.priority, created: content.created, wanted: definition.acknowledgement,
            isHandedOver: definition.isHandedOver)
    }
}

/// A number of our own channel, as a partner gave it back, with all of it verified that can be.
package struct RecoveredItem: Hashable, Sendable {
    package enum Answer: Hashable, Sendable {
        /// Its receipt, over the message that is here.
        case receipt([UInt8])
        case refusal(RefusalCode, detail: String, [UInt8])
        /// It was declared void or held to it.
        case noted(ItemKind, reason: String)
        /// The message is here, and its receipt does not verify: it is asked for again.
        case unreceipted
        /// It says that it has the message, and gives nothing that could be verified.
        case unproven
        /// It has nothing under this number, and will not get what was lost: the number is declared void.
        case nothing
    }

    /// A message of our own, sealed for its case's storage key.
    package struct Content: Hashable, Sendable {
        package let summary: MessageSummary
        package let envelope: [UInt8]
        /// All whom it names.
        package let recipients: [Party]
        /// What it asks for.
        package let asked: [AskedAnswer]
        /// Which cases it says to be one with its own.
        package let links: [CaseLink]

        package init(
            summary: MessageSummary, envelope: [UInt8], recipients: [Party], asked: [AskedAnswer] = [],
            links: [CaseLink] = []
        ) {
            self.asked = asked
            self.links = links
            self.summary = summary
            self.envelope = envelope
            self.recipients = recipients
        }
    }

    package let item: ChannelItem
    package let answer: Answer
    /// `nil` where the partner does not have it, or what it gave is not ours.
    package let content: Content?
    /// What is kept in the place of a message whose content is lost, under an id of our own: no partner's word takes an id.
    package let placeholder: MessageSummary
    /// The partner, in the role that a message without content is kept for.
    package let recipient: Party

    package init(
        item: ChannelItem, answer: Answer, content: Content?, placeholder: MessageSummary, recipient: Party
    ) {
        self.item = item
        self.answer = answer
        self.content = content
        self.placeholder = placeholder
        self.recipient = recipient
    }

    /// The same where the message cannot be kept.
    var withoutContent: RecoveredItem {
        RecoveredItem(
            item: item, answer: answer.isProof ? .unproven : answer, content: nil, placeholder: placeholder,
            recipient: recipient)
    }
}

extension RecoveredItem.Answer {
    fileprivate var isProof: Bool {
        switch self {
        case .receipt, .unreceipted: true
        case .refusal, .noted, .unproven, .nothing: false
        }
    }
}

/// What the store has of a number that a partner gives back.
package struct RecoveryFacts: Hashable, Sendable {
    package struct Known: Hashable, Sendable {
        package let summary: MessageSummary
        package let isOutgoing: Bool

        package init(summary: MessageSummary, isOutgoing: Bool) {
            self.summary = summary
            self.isOutgoing = isOutgoing
        }
    }

    /// What our channel has under this number.
    package let row: ChannelItem?
    /// What this message id stands for.
    package let message: Known?
    /// Who has a delivery of this message, or refused it or was told that it is void while it was lost here; in the order
    /// of their OINs.
    package let deliveredTo: [OIN]
    /// Numbers of this channel behind which there is the partner's word alone, since ever.
    package let unprovenNumbers: Int

    package init(row: ChannelItem?, message: Known?, deliveredTo: [OIN], unprovenNumbers: Int = 0) {
        self.row = row
        self.message = message
        self.deliveredTo = deliveredTo
        self.unprovenNumbers = unprovenNumbers
    }
}

/// How far getting back a channel has come.
package enum RecoveryProgress: Hashable, Sendable {
    case more
    case done
    /// The partner's list and ours have different messages under this number, and both were answered.
    case contradicted(at: SequenceNumber)
    /// Behind too many numbers there is the partner's word alone.
    case exhausted(at: SequenceNumber)
}

/// Decides what becomes of a number of our own channel that a partner gives back (`protocol.md` §9.4).
///
/// Nothing moves backward: what is here and has its answer stays. A message of ours that comes back is owed to everybody
/// whom it names: a recipient of whom nothing is known gets it, and whoever has it already answers with its receipt.
package enum ChannelRecovery {
    package enum Decision: Hashable, Sendable {
        /// - isProof: whether it shows that this store is older than what it signed.
        case apply([LedgerChange], isProof: Bool)
        case contradiction
        /// Beyond ``NodeLimits/recoveryMaximumUnprovenNumbersPerPartner``.
        case exhausted
    }

    /// The type of what stands in the place of a message that is lost.
    package static let lostType: MessageType = {
        guard let type = MessageType(code: "NOD-00") else { preconditionFailure("NOD-00 is a type") }
        return type
    }()

    package static let lostReason = "node: lost with the store"

    /// Whether a number of which no message is here was withdrawn on purpose before the loss, as the partner has it: then
    /// nobody waits for it. Without a reason, or with ``lostReason``, it is only known to be lost.
    package static func isWithdrawnOnPurpose(declared reason: String) -> Bool {
        !reason.isEmpty && reason != lostReason
    }

    package static func decide(
        _ given: RecoveredItem, from partner: OIN, facts: RecoveryFacts, limits: NodeLimits, now: Now
    ) -> Decision {
        let known = facts.message.flatMap { $0.isOutgoing && $0.summary.digest == given.item.messageDigest ? $0 : nil }
        // What was verified is ours, and so is what is here. A partner's word alone contradicts nothing: it says something
        // of a number, and nothing of an id.
        var given = given
        var conflicts: [LedgerChange] = []
        if let message = facts.message, known == nil, given.content != nil {
            guard !message.isOutgoing else { return .contradiction }
            // Somebody who knew the id has used it since: what is lost by that is one message, and no channel.
            given = given.withoutContent
            conflicts = [.raiseAlarm(idConflict(given.item, taken: message.summary, at: now))]
        }
        if let row = facts.row {
            // What was not answered was moved out of the way: this number has its answer here.
            guard row == given.item || given.answer == .nothing else { return .contradiction }
            guard known == nil, let content = given.content else { return .apply([], isProof: false) }
            // Until now only its id and digest were here.
            return .apply(
                receipting(given, of: partner, at: now) + keeping(content)
                    + deliveries(of: content, facts: facts, beside: partner, now: now),
                isProof: true)
        }
        var changes = conflicts
        let message: MessageSummary
        if let known {
            message = known.summary
        } else if let content = given.content {
            message = content.summary
            changes += keeping(content)
        } else {
            guard facts.unprovenNumbers < limits.recoveryMaximumUnprovenNumbersPerPartner else { return .exhausted }
            message = given.placeholder
            changes.append(.keepMessage(message, envelope: [], isOutgoing: true))
        }
        let role = given.content?.recipients.first { $0.oin == partner } ?? given.recipient
        changes.append(.placeDelivery(message, to: role, as: given.item))
        changes += settlement(given, hasContent: given.content != nil || known != nil, partner: partner, now: now)
        changes.append(
            .appendLeaf(
                AuditLeaf(
                    .deliveryRecovered, at: now.wall, messageID: given.item.messageID, partner: partner,
                    number: given.item.number, digest: given.item.messageDigest, note: given.answer.note)))
        guard known == nil, let content = given.content else { return .apply(changes, isProof: false) }
        return .apply(
            changes + deliveries(of: content, facts: facts, beside: partner, now: now), isProof: true)
    }

    /// A message that was not here. What others said of it while it was lost is said of it.
    private static func keeping(_ content: RecoveredItem.Content) -> [LedgerChange] {
        [.keepMessage(content.summary, envelope: content.envelope, isOutgoing: true)]
            + (content.asked.isEmpty ? [] : [.keepAsked(content.asked, of: content.summary.id)])
            + (content.links.isEmpty ? [] : [.keepLinks(content.links, of: content.summary)])
            + [.adoptNumbers(of: content.summary)]
    }

    /// A delivery for each recipient of whom nothing is known: it may not have been told.
    private static func deliveries(
        of content: RecoveredItem.Content, facts: RecoveryFacts, beside partner: OIN, now: Now
    ) -> [LedgerChange] {
        content.recipients.filter { $0.oin != partner && !facts.deliveredTo.contains($0.oin) }.flatMap {
            [
                LedgerChange.openRecoveredDelivery(content.summary, to: $0),
                .appendLeaf(
                    AuditLeaf(
                        .deliveryOpened, at: now.wall, messageID: content.summary.id, partner: $0.oin,
                        note: $0.role.rawValue)),
            ]
        }
    }

    private static func idConflict(_ item: ChannelItem, taken message: MessageSummary, at now: Now) -> Alarm {
        Alarm(
            code: .messageIDConflict, partner: message.sender.oin, messageID: item.messageID,
            detail:
                "this partner sent a message under the id of one of this node's own, which was lost with its store and cannot "
                + "be got back now. Call its duty contact, and send the own one again as a new message", at: now.wall)
    }

    private static func receipting(
        _ given: RecoveredItem, of partner: OIN, at now: Now
    ) -> [LedgerChange] {
        guard case .receipt(let proof) = given.answer else { return [] }
        let key = DeliveryKey(partner: partner, number: given.item.number)
        return [.moveTransport(of: key, to: .receipted, proof: proof, detail: "", at: now.wall)]
    }

    private static func settlement(
        _ given: RecoveredItem, hasContent: Bool, partner: OIN, now: Now
    ) -> [LedgerChange] {
        let key = DeliveryKey(partner: partner, number: given.item.number)
        switch given.answer {
        case .receipt: return receipting(given, of: partner, at: now)
        case .refusal(let code, let detail, let proof):
            let said = detail.isEmpty ? code.rawValue : "\(code.rawValue): \(detail)"
            return [
                .moveTransport(of: key, to: .refused, proof: proof, detail: said, at: now.wall),
                .raiseAlarm(
                    Alarm(
                        code: .deliveryRefused, partner: key.partner, messageID: given.item.messageID,
                        detail:
                            "\(said). It was refused before this node's store was put back; look whether it was dealt with",
                        at: now.wall)),
            ]
        // Also where the message is nowhere yet: whoever held it may have had to, and it comes back held.
        case .noted(.held, let reason):
            return [
                .declare(key, as: .held, reason: reason, isToBeTold: false),
                .declareWaiting(given.item.messageID, to: partner, as: .held, reason: reason),
            ]
        case .noted(.void, let reason):
            return [
                .declare(key, as: .withdrawn, reason: reason, isToBeTold: false),
                .declareWaiting(given.item.messageID, to: partner, as: .withdrawn, reason: reason),
            ]
        case .unreceipted where hasContent: return []
        case .unproven, .unreceipted:
            return [
                .declare(key, as: .withdrawn, reason: lostReason, isToBeTold: false),
                .raiseAlarm(
                    Alarm(
                        code: .recoveryIncomplete, partner: key.partner, messageID: given.item.messageID,
                        detail:
                            "number \(key.number): this partner says that it has this message of ours, and gave nothing "
                            + "that could be verified. Ask its duty contact what it says", at: now.wall)),
            ]
        case .nothing, .noted:
            return [.declare(key, as: .withdrawn, reason: lostReason, isToBeTold: true)]
        }
    }
}

extension RecoveredItem.Answer {
    fileprivate var note: String {
        switch self {
        case .receipt: "receipt"
        case .refusal(let code, _, _): code.rawValue
        case .noted(let kind, _): "\(kind)"
        case .unreceipted: "unreceipted"
        case .unproven: "unproven"
        case .nothing: "nothing"
        }
    }
}

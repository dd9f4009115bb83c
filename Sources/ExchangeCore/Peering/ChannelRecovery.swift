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

        package init(summary: MessageSummary, envelope: [UInt8], recipients: [Party]) {
            self.summary = summary
            self.envelope = envelope
            self.recipients = recipients
        }
    }

    package let item: ChannelItem
    package let answer: Answer
    /// `nil` where the partner does not have it, or what it gave is not ours.
    package let content: Content?
    /// What is kept in the place of a message whose content is lost.
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
}

/// What the store has of a number that a partner gives back.
package struct RecoveryFacts: Hashable, Sendable {
    package struct Known: Hashable, Sendable {
        package let summary: MessageSummary
        package let isOutgoing: Bool
        /// Whether only its id and digest are here.
        package let isLost: Bool

        package init(summary: MessageSummary, isOutgoing: Bool, isLost: Bool) {
            self.summary = summary
            self.isOutgoing = isOutgoing
            self.isLost = isLost
        }
    }

    /// What our channel has under this number.
    package let row: ChannelItem?
    /// What this message id stands for.
    package let message: Known?
    /// Who has a delivery of this message, in the order of their OINs.
    package let deliveredTo: [OIN]

    package init(row: ChannelItem?, message: Known?, deliveredTo: [OIN]) {
        self.row = row
        self.message = message
        self.deliveredTo = deliveredTo
    }
}

/// How far getting back a channel has come.
package enum RecoveryProgress: Hashable, Sendable {
    case more
    case done
    /// The partner's list and ours have different messages under this number, and both were answered.
    case contradicted(at: SequenceNumber)
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
    }

    /// The type of a message of which only id and digest are left.
    package static let lostType: MessageType = {
        guard let type = MessageType(code: "NOD-00") else { preconditionFailure("NOD-00 is a type") }
        return type
    }()

    static let lostReason = "node: lost with the store"

    package static func decide(
        _ given: RecoveredItem, from partner: OIN, facts: RecoveryFacts, now: Now
    ) -> Decision {
        if let known = facts.message, known.summary.digest != given.item.messageDigest || !known.isOutgoing {
            return .contradiction
        }
        if let row = facts.row {
            // What was not answered was moved out of the way: this number has its answer here.
            guard row == given.item || given.answer == .nothing else { return .contradiction }
            let gained = completion(given, facts: facts)
            return .apply(
                gained + (gained.isEmpty ? [] : deliveries(given, facts: facts, beside: partner, now: now)),
                isProof: false)
        }
        let key = DeliveryKey(partner: partner, number: given.item.number)
        let isNew = facts.message == nil
        // Also where id and digest came back before, by another partner that had refused it or was told that it is void.
        let gainsContent = given.content != nil && facts.message?.isLost ?? true
        let message = given.content?.summary ?? facts.message?.summary ?? given.placeholder
        let role = given.content?.recipients.first { $0.oin == partner } ?? given.recipient
        var changes = isNew ? keeping(given) : completion(given, facts: facts)
        changes.append(.placeDelivery(message, to: role, at: given.item.number))
        changes += settlement(
            given, as: key, hasContent: given.content != nil || facts.message?.isLost == false, now: now)
        changes.append(
            .appendLeaf(
                AuditLeaf(
                    .deliveryRecovered, at: now.wall, messageID: given.item.messageID, partner: partner,
                    number: given.item.number, digest: given.item.messageDigest, note: given.answer.note)))
        if gainsContent { changes += deliveries(given, facts: facts, beside: partner, now: now) }
        return .apply(changes, isProof: gainsContent)
    }

    /// A message that was not here.
    private static func keeping(_ given: RecoveredItem) -> [LedgerChange] {
        guard let content = given.content else {
            return [.keepMessage(given.placeholder, envelope: [], isOutgoing: true)]
        }
        return [.keepMessage(content.summary, envelope: content.envelope, isOutgoing: true)]
    }

    /// A message of which only id and digest were here, where its content comes with this one.
    private static func completion(_ given: RecoveredItem, facts: RecoveryFacts) -> [LedgerChange] {
        guard let known = facts.message, known.isLost, let content = given.content else { return [] }
        return [.completeMessage(content.summary, envelope: content.envelope)]
    }

    /// A delivery for each recipient of whom nothing is known: it may not have been told.
    private static func deliveries(
        _ given: RecoveredItem, facts: RecoveryFacts, beside partner: OIN, now: Now
    ) -> [LedgerChange] {
        guard let content = given.content else { return [] }
        return content.recipients.filter { $0.oin != partner && !facts.deliveredTo.contains($0.oin) }.flatMap {
            [
                LedgerChange.openDelivery(content.summary, to: $0),
                .appendLeaf(
                    AuditLeaf(
                        .deliveryOpened, at: now.wall, messageID: content.summary.id, partner: $0.oin,
                        note: $0.role.rawValue)),
            ]
        }
    }

    private static func settlement(
        _ given: RecoveredItem, as key: DeliveryKey, hasContent: Bool, now: Now
    ) -> [LedgerChange] {
        switch given.answer {
        case .receipt(let proof):
            return [.moveTransport(of: key, to: .receipted, proof: proof, detail: "", at: now.wall)]
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
        case .noted(.held, let reason) where hasContent:
            return [.declare(key, as: .held, reason: reason, isToBeTold: false)]
        case .noted(.void, let reason):
            return [.declare(key, as: .withdrawn, reason: reason, isToBeTold: false)]
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

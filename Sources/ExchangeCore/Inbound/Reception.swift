/// What a slot of a partner's channel holds already.
package struct FilledSlot: Hashable, Sendable {
    package let item: ChannelItem
    package let answer: KeptAnswer

    package init(item: ChannelItem, answer: KeptAnswer) {
        self.item = item
        self.answer = answer
    }
}

/// A message id that the store knows.
package struct KnownMessage: Hashable, Sendable {
    package let digest: Digest
    /// What this partner was answered; `nil` where the message is another organisation's, or our own.
    package let answer: KeptAnswer?

    package init(digest: Digest, answer: KeptAnswer?) {
        self.digest = digest
        self.answer = answer
    }
}

/// What the store says of one manifest item.
package struct ReceptionFacts: Hashable, Sendable {
    /// What this number holds.
    package let slot: FilledSlot?
    /// What this message id stands for already, whoever it came from.
    package let message: KnownMessage?
    /// Whether the message that the sender names as the one before is here; `true` where it names none.
    package let isPredecessorPresent: Bool
    /// The delivery that an L2 or L3 speaks of; `nil` where we sent no such message to this partner.
    package let acknowledged: AcknowledgedDelivery?

    package init(
        slot: FilledSlot?, message: KnownMessage?, isPredecessorPresent: Bool, acknowledged: AcknowledgedDelivery?
    ) {
        self.slot = slot
        self.message = message
        self.isPredecessorPresent = isPredecessorPresent
        self.acknowledged = acknowledged
    }
}

package struct AcknowledgedDelivery: Hashable, Sendable {
    package let digest: Digest
    package let followUp: FollowUp

    package init(digest: Digest, followUp: FollowUp) {
        self.digest = digest
        self.followUp = followUp
    }
}

/// A received message, verified and sealed anew under the case's storage key.
package struct ReceivedMessage: Hashable, Sendable {
    package let summary: MessageSummary
    package let storedEnvelope: [UInt8]
    /// The id of the sender's previous message to us in this case, from inside the signature.
    package let predecessor: MessageID?
    package let acknowledgement: ReceivedAcknowledgement?

    package init(
        summary: MessageSummary, storedEnvelope: [UInt8], predecessor: MessageID?,
        acknowledgement: ReceivedAcknowledgement?
    ) {
        self.summary = summary
        self.storedEnvelope = storedEnvelope
        self.predecessor = predecessor
        self.acknowledgement = acknowledgement
    }
}

/// What cryptography and the catalogue made of one item.
package enum Examination: Hashable, Sendable {
    case verified(ReceivedMessage)
    case refused(RefusalCode, detail: String)
    case later(LaterCode, detail: String)
    case declared(ItemKind, reason: String)
    /// A duplicate, and the answer that is stored for it bears a signature that partners cannot take any more.
    case lapsed(KeptAnswer)
}

/// What is to be answered for one item. Signatures are made between the verdict and the transaction, and the
/// transaction decides again: where the facts have changed meanwhile, the verdict has too, and is taken anew.
package enum ReceptionVerdict: Hashable, Sendable {
    /// The stored answer, byte for byte: a duplicate costs no cryptography and makes no second message.
    case `repeat`(KeptAnswer)
    /// A duplicate whose stored answer nobody can take any more: it is signed anew, and the old one is kept beside.
    case reissue(KeptAnswer)
    /// Open the envelope first.
    case examine
    case receipt
    case refuse(RefusalCode, detail: String)
    case note(ItemKind, reason: String)
    /// Unsigned, and nothing is kept but an alarm, where there is one.
    case later(LaterCode, detail: String, alarm: AlarmCode?)
}

package enum Reception {
    /// Decides on what the manifest alone says. A duplicate ends here, before any decryption.
    package static func triage(_ item: ChannelItem, facts: ReceptionFacts) -> ReceptionVerdict {
        if let slot = facts.slot {
            guard slot.item == item else {
                return .later(
                    .numberConflict, detail: "number \(item.number) holds another message", alarm: .numberConflict)
            }
            // A number that was declared held may become a message later; every other answer is final.
            guard case .noted(.held, _) = slot.answer else { return .repeat(slot.answer) }
        }
        if let message = facts.message, message.digest != item.messageDigest || message.answer == nil {
            return .refuse(
                .messageIDConflict, detail: "message \(item.messageID) is here already, and is another message")
        }
        return .examine
    }

    /// Decides after the envelope was examined.
    package static func decide(
        _ item: ChannelItem, _ examination: Examination, facts: ReceptionFacts
    ) -> ReceptionVerdict {
        let verdict = triage(item, facts: facts)
        // Only the very answer that was found to have lapsed: another request may have had it signed anew meanwhile.
        if case .lapsed(let answer) = examination, verdict == .repeat(answer) { return .reissue(answer) }
        guard verdict == .examine else { return verdict }
        switch examination {
        case .lapsed: return .later(.internalFault, detail: "contended; send again", alarm: nil)
        case .refused(let code, let detail): return .refuse(code, detail: detail)
        case .later(let code, let detail): return .later(code, detail: detail, alarm: alarm(for: code))
        case .declared(let kind, let reason):
            let noted = KeptAnswer.noted(kind, reason: reason)
            return facts.slot?.answer == noted ? .repeat(noted) : .note(kind, reason: reason)
        case .verified(let message):
            // A repair by re-sealing brings a known message under a new number: its receipt is the one that stands.
            // An earlier refusal or declaration does not stand in its way: only now has the message verified.
            if case .receipt(let proof) = facts.message?.answer { return .repeat(.receipt(proof)) }
            if let acknowledgement = message.acknowledgement {
                guard let delivery = facts.acknowledged, delivery.digest == acknowledgement.messageDigest else {
                    return .refuse(
                        .acknowledgementMismatch,
                        detail: "no delivery to this organisation has this message id and digest")
                }
            }
            return .receipt
        }
    }

    /// The rows that a verdict writes, with the answer that was signed for it.
    package static func changes(
        _ item: ChannelItem, from partner: OIN, _ verdict: ReceptionVerdict, examination: Examination,
        answer: KeptAnswer?, facts: ReceptionFacts, limits: NodeLimits, now: Now
    ) -> [LedgerChange] {
        switch (verdict, answer) {
        case (.examine, _):
            preconditionFailure("an item is examined before it is written")
        case (.repeat(let kept), _):
            // Under a number of its own only where it came by re-sealing; a plain duplicate's slot holds it already.
            return facts.slot?.answer == kept ? [] : [.fillSlot(from: partner, item, kept)]
        case (.reissue(.receipt), .receipt(let proof)):
            return reissueChanges(item, from: partner, proof: proof, note: "receipt", now: now)
        case (.reissue(.refusal(let code, _)), .refusal(let signed, let proof)) where signed == code:
            return reissueChanges(item, from: partner, proof: proof, note: code.rawValue, now: now)
        case (.later(_, let detail, let alarm), _):
            guard let alarm else { return [] }
            return [
                .raiseAlarm(
                    Alarm(code: alarm, partner: partner, messageID: item.messageID, detail: detail, at: now.wall))
            ]
        case (.note(let kind, let reason), _):
            return [
                .fillSlot(from: partner, item, .noted(kind, reason: reason)),
                .appendLeaf(leaf(.numberNoted, item, partner, note: "\(kind)", now: now)),
            ]
        case (.refuse(let code, let detail), .refusal(let signed, let proof)) where signed == code:
            return refusalChanges(item, from: partner, code, detail: detail, proof: proof, now: now)
        case (.receipt, .receipt(let proof)):
            guard case .verified(let message) = examination else {
                preconditionFailure("only a verified message is receipted")
            }
            return receiptChanges(
                item, from: partner, message, proof: proof, facts: facts, limits: limits, now: now)
        default:
            preconditionFailure("the signed answer is not that of the verdict")
        }
    }

    private static func reissueChanges(
        _ item: ChannelItem, from partner: OIN, proof: [UInt8], note: String, now: Now
    ) -> [LedgerChange] {
        [
            .reissueProof(to: partner, item.number, proof),
            .appendLeaf(leaf(.answerReissued, item, partner, note: note, now: now)),
        ]
    }

    private static func refusalChanges(
        _ item: ChannelItem, from partner: OIN, _ code: RefusalCode, detail: String, proof: [UInt8], now: Now
    ) -> [LedgerChange] {
        var changes: [LedgerChange] = [
            .fillSlot(from: partner, item, .refusal(code, proof)),
            .appendLeaf(leaf(.refusalIssued, item, partner, note: code.rawValue, now: now)),
        ]
        if let alarm = alarm(for: code) {
            // A signer that is not trusted is a matter of the partner's, and of none of its messages.
            let messageID = alarm == .signerNotTrusted ? nil : item.messageID
            changes.append(
                .raiseAlarm(Alarm(code: alarm, partner: partner, messageID: messageID, detail: detail, at: now.wall)))
        }
        return changes
    }

    private static func receiptChanges(
        _ item: ChannelItem, from partner: OIN, _ message: ReceivedMessage, proof: [UInt8], facts: ReceptionFacts,
        limits: NodeLimits, now: Now
    ) -> [LedgerChange] {
        var changes: [LedgerChange] = [
            .keepMessage(message.summary, envelope: message.storedEnvelope, isOutgoing: false),
            .fillSlot(from: partner, item, .receipt(proof)),
            .appendLeaf(leaf(.messageReceived, item, partner, note: message.summary.type.description, now: now)),
        ]
        if message.summary.isHandedOver {
            // `stat` never waits: a departure alert is worth more than its order.
            let waits = !facts.isPredecessorPresent && message.summary.priority != .stat
            changes.append(
                .handOver(
                    message.summary, availableAt: waits ? now.wall + limits.predecessorWait : now.wall,
                    awaiting: facts.isPredecessorPresent ? nil : message.predecessor))
        }
        changes.append(.releaseSuccessors(of: message.summary.id, at: now.wall))
        if let acknowledgement = message.acknowledgement, let delivery = facts.acknowledged,
            let next = delivery.followUp.after(acknowledgement.step)
        {
            changes.append(
                .moveFollowUp(
                    of: acknowledgement.messageID, by: partner, to: next, role: acknowledgement.role,
                    acknowledgement: message.summary.id, at: now.wall))
            changes.append(
                .appendLeaf(
                    AuditLeaf(
                        .followUpRecorded, at: now.wall, messageID: acknowledgement.messageID, partner: partner,
                        digest: acknowledgement.messageDigest, note: next.rawValue)))
        }
        return changes
    }

    private static func alarm(for code: RefusalCode) -> AlarmCode? {
        switch code {
        case .messageIDConflict: .messageIDConflict
        case .acknowledgementMismatch: .acknowledgementMismatch
        case .signerNotTrusted: .signerNotTrusted
        default: nil
        }
    }

    private static func alarm(for code: LaterCode) -> AlarmCode? {
        switch code {
        case .revocationListStale: .revocationListStale
        case .clockSkewed: .clockSkewed
        case .quotaExceeded: .quotaExceeded
        case .numberConflict: .numberConflict
        default: nil
        }
    }

    private static func leaf(
        _ kind: AuditKind, _ item: ChannelItem, _ partner: OIN, note: String, now: Now
    ) -> AuditLeaf {
        AuditLeaf(
            kind, at: now.wall, messageID: item.messageID, partner: partner, number: item.number,
            digest: item.messageDigest, note: note)
    }
}

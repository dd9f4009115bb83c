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

/// What is known of the message that a sender names as the one before.
package enum Predecessor: Hashable, Sendable {
    /// It is here, the sender declared that it will not come, or none is named.
    case here
    case missing
    /// It is here, and waits itself for the one before it: until then at most.
    case waiting(until: Timestamp)

    package func isHere(at now: Timestamp) -> Bool {
        switch self {
        case .here: true
        case .missing: false
        case .waiting(let until): until <= now
        }
    }
}

/// What the store says of one manifest item.
package struct ReceptionFacts: Hashable, Sendable {
    /// What this number holds.
    package let slot: FilledSlot?
    /// What this message id stands for already, whoever it came from.
    package let message: KnownMessage?
    package let predecessor: Predecessor
    /// The delivery that an L2 or L3 speaks of; `nil` where we sent no such message to this partner.
    package let acknowledged: AcknowledgedDelivery?
    /// What the partner has used up of its share, as it was last counted.
    package let usage: InboundUsage
    /// Whether our own channel to the partner is certain: until then a message of ours may be missing here.
    package let isConfirmed: Bool
    /// When this store was last put back, made anew or found to be older than what was done with it: what was made until
    /// then may have been handed over before.
    package let renewedAt: Timestamp?
    /// Of the message that a word of another recipient speaks of; else of the one that comes.
    package let coRecipients: CoRecipientFacts

    package init(
        slot: FilledSlot?, message: KnownMessage?, predecessor: Predecessor, acknowledged: AcknowledgedDelivery?,
        usage: InboundUsage, isConfirmed: Bool, renewedAt: Timestamp?, coRecipients: CoRecipientFacts = .none
    ) {
        self.coRecipients = coRecipients
        self.renewedAt = renewedAt
        self.usage = usage
        self.isConfirmed = isConfirmed
        self.slot = slot
        self.message = message
        self.predecessor = predecessor
        self.acknowledged = acknowledged
    }
}

extension ReceptionFacts {
    /// By the sender's clock, which may stand behind or ahead as far as statements are taken.
    fileprivate func wasMadeBeforeRenewal(_ message: MessageSummary) -> Bool {
        renewedAt.map { message.created <= $0 + ProtocolLimits.clockSkewMaximum } ?? false
    }
}

package struct AcknowledgedDelivery: Hashable, Sendable {
    package let digest: Digest
    package let transport: TransportState
    package let followUp: FollowUp

    package init(digest: Digest, transport: TransportState, followUp: FollowUp) {
        self.digest = digest
        self.transport = transport
        self.followUp = followUp
    }
}

/// A received message, verified and sealed anew under the case's storage key.
package struct ReceivedMessage: Hashable, Sendable {
    package let summary: MessageSummary
    package let storedEnvelope: [UInt8]
    /// The id of the sender's previous message to us in this case, from inside the signature.
    package let predecessor: MessageID?
    /// Of a message of ours.
    package let acknowledgement: ReceivedAcknowledgement?
    /// What its content asks for.
    package let asked: [AskedAnswer]
    /// Which cases it says to be one with its own.
    package let links: [CaseLink]
    /// Of a message that another organisation sent.
    package let word: CoRecipientWord?
    /// Its recipients beside this organisation.
    package let coRecipients: [Party]
    /// Whether the sender has an answer of this node's to it, of which nothing is here: it may have been handed over before.
    package let mayBeRepeated: Bool

    package init(
        summary: MessageSummary, storedEnvelope: [UInt8], predecessor: MessageID?,
        acknowledgement: ReceivedAcknowledgement?, asked: [AskedAnswer] = [], links: [CaseLink] = [],
        word: CoRecipientWord? = nil, coRecipients: [Party] = [], mayBeRepeated: Bool = false
    ) {
        self.asked = asked
        self.links = links
        self.word = word
        self.coRecipients = coRecipients
        self.mayBeRepeated = mayBeRepeated
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
    /// It was not looked at, since the manifest's item alone decided.
    case notExamined
}

extension Examination {
    /// Whether it cost more than a look at the envelope, and not by a fault of this node's alone: what is sealed to another
    /// key is not opened.
    fileprivate var wasExamined: Bool {
        switch self {
        case .later(.keyUnknown, _), .later(.internalFault, _), .declared, .lapsed, .notExamined: false
        case .verified, .refused, .later: true
        }
    }

    /// What may use the reserve of a partner's share: `stat`, and the acknowledgements that end our own wait. Nobody here waits
    /// for what another recipient says.
    fileprivate var cannotWait: Bool {
        guard case .verified(let message) = self else { return false }
        return message.summary.priority == .stat || message.acknowledgement != nil
    }
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
    /// Decides on what the manifest alone says. A duplicate ends here, and so does what a partner sends beyond its
    /// share: before any decryption.
    package static func triage(
        _ item: ChannelItem, facts: ReceptionFacts, limits: NodeLimits, now: Now
    ) -> ReceptionVerdict {
        if let slot = facts.slot {
            guard slot.item == item else {
                return .later(
                    .numberConflict, detail: "number \(item.number) holds another message", alarm: .numberConflict)
            }
            // A number that was declared held may become a message later; every other answer is final.
            guard case .noted(.held, _) = slot.answer else { return .repeat(slot.answer) }
        }
        let usage = facts.usage.current(at: now.wall)
        switch InboundRoom(usage, limits: limits) {
        case .full, .exhausted: return shareUsedUp(usage, limits)
        case .open, .reserve: break
        }
        if let message = facts.message, message.digest != item.messageDigest || message.answer == nil {
            return withinShare(
                .refuse(
                    .messageIDConflict, detail: "message \(item.messageID) is here already, and is another message"),
                cannotWait: false, usage: usage, limits: limits)
        }
        return .examine
    }

    /// Decides after the envelope was examined.
    package static func decide(
        _ item: ChannelItem, _ examination: Examination, facts: ReceptionFacts, limits: NodeLimits, now: Now
    ) -> ReceptionVerdict {
        let verdict = triage(item, facts: facts, limits: limits, now: now)
        // Only the very answer that was found to have lapsed: another request may have had it signed anew meanwhile.
        if case .lapsed(let answer) = examination, verdict == .repeat(answer) { return .reissue(answer) }
        guard verdict == .examine else { return verdict }
        return withinShare(
            decide(examination, facts: facts), cannotWait: examination.cannotWait,
            usage: facts.usage.current(at: now.wall), limits: limits)
    }

    private static func decide(_ examination: Examination, facts: ReceptionFacts) -> ReceptionVerdict {
        switch examination {
        // What decided before does so no more: another request, or the hour, has changed it meanwhile.
        case .lapsed, .notExamined: return .later(.internalFault, detail: "contended; send again", alarm: nil)
        case .refused(let code, let detail): return .refuse(code, detail: detail)
        case .later(let code, let detail): return .later(code, detail: detail, alarm: code.alarmOfMessage)
        case .declared(let kind, let reason):
            let noted = KeptAnswer.noted(kind, reason: reason)
            return facts.slot?.answer == noted ? .repeat(noted) : .note(kind, reason: reason)
        case .verified(let message):
            // A repair by re-sealing brings a known message under a new number: its receipt is the one that stands.
            // An earlier refusal or declaration does not stand in its way: only now has the message verified.
            if case .receipt(let proof) = facts.message?.answer { return .repeat(.receipt(proof)) }
            if let acknowledgement = message.acknowledgement {
                guard let delivery = facts.acknowledged, delivery.digest == acknowledgement.messageDigest else {
                    // What it speaks of may be among what is being got back, and a refusal is for good.
                    guard facts.isConfirmed else {
                        return .later(
                            .recovering, detail: "this node does not know yet what it has sent to you", alarm: nil)
                    }
                    return .refuse(
                        .acknowledgementMismatch,
                        detail: "no delivery to this organisation has this message id and digest")
                }
            }
            if let word = message.word, let objection = CoRecipients.objection(to: word, by: facts.coRecipients) {
                return .refuse(.acknowledgementMismatch, detail: objection)
            }
            return .receipt
        }
    }

    /// A verdict that fills a number, where the partner has room for it; else `later`. What is refused, declared or of
    /// less than `stat` waits as soon as the share is used up: a partner that floods a node pushes out its own.
    private static func withinShare(
        _ verdict: ReceptionVerdict, cannotWait: Bool, usage: InboundUsage, limits: NodeLimits
    ) -> ReceptionVerdict {
        let room = InboundRoom(usage, limits: limits)
        switch verdict {
        case .examine, .later, .reissue: return verdict
        case .refuse:
            guard usage.refusals < limits.refusalsMaximumPerPartnerPerHour else {
                return .later(
                    .quotaExceeded,
                    detail: "\(limits.refusalsMaximumPerPartnerPerHour) refusals were signed for it within an hour",
                    alarm: .quotaExceeded)
            }
            return room == .open ? verdict : shareUsedUp(usage, limits)
        case .receipt, .note, .repeat:
            return room == .open || cannotWait ? verdict : shareUsedUp(usage, limits)
        }
    }

    /// In words that tell the two apart: the one is a partner that sends too much, the other may be a fault of this node's.
    private static func shareUsedUp(_ usage: InboundUsage, _ limits: NodeLimits) -> ReceptionVerdict {
        let share = limits.inboundMaximumItemsPerPartnerPerHour
        let detail =
            InboundRoom(usage, limits: limits) == .exhausted
            ? "\(usage.inVain.count) of its messages were examined and put off within a minute; see the other alarms for why"
            : "its share of \(share) items an hour is used up"
        return .later(.quotaExceeded, detail: detail, alarm: .quotaExceeded)
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
            return facts.slot?.answer == kept
                ? [] : [.fillSlot(from: partner, item, kept), counted(verdict, from: partner, facts, now: now)]
        case (.reissue(.receipt), .receipt(let proof)):
            return reissueChanges(item, from: partner, proof: proof, note: "receipt", now: now)
        case (.reissue(.refusal(let code, _)), .refusal(let signed, let proof)) where signed == code:
            return reissueChanges(item, from: partner, proof: proof, note: code.rawValue, now: now)
        case (.later(let code, let detail, let alarm), _):
            let usage = examination.wasExamined ? [countedInVain(from: partner, facts, now: now)] : []
            guard let alarm else { return usage }
            // What must be mended here is one alarm a partner, however many of its messages wait for it; and a share is
            // the partner's, not of the message that happened to exceed it.
            let isOfPartner = code.isMendedHere || alarm == .quotaExceeded
            let messageID = isOfPartner ? nil : item.messageID
            let detail = code.isMendedHere ? "\(item.messageID): \(detail)" : detail
            return usage + [
                .raiseAlarm(Alarm(code: alarm, partner: partner, messageID: messageID, detail: detail, at: now.wall))
            ]
        case (.note(let kind, let reason), _):
            let changes: [LedgerChange] = [
                .fillSlot(from: partner, item, .noted(kind, reason: reason)),
                counted(verdict, from: partner, facts, now: now),
                .appendLeaf(leaf(.numberNoted, item, partner, note: "\(kind)", now: now)),
            ]
            // Nobody waits for a message that will not come.
            return kind == .void && facts.message == nil
                ? changes + [.releaseSuccessors(of: item.messageID, from: partner, at: now.wall)] : changes
        case (.refuse(let code, let detail), .refusal(let signed, let proof)) where signed == code:
            return refusalChanges(item, from: partner, code, detail: detail, proof: proof, facts: facts, now: now)
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
        _ item: ChannelItem, from partner: OIN, _ code: RefusalCode, detail: String, proof: [UInt8],
        facts: ReceptionFacts, now: Now
    ) -> [LedgerChange] {
        var changes: [LedgerChange] = [
            .fillSlot(from: partner, item, .refusal(code, proof)),
            counted(.refuse(code, detail: detail), from: partner, facts, now: now),
            .appendLeaf(leaf(.refusalIssued, item, partner, note: code.rawValue, now: now)),
        ]
        if let alarm = code.alarm {
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
            counted(.receipt, from: partner, facts, now: now),
            .appendLeaf(leaf(.messageReceived, item, partner, note: message.summary.type.description, now: now)),
        ]
        if !message.asked.isEmpty { changes.append(.keepAsked(message.asked, of: message.summary.id)) }
        if !message.links.isEmpty { changes.append(.keepLinks(message.links, of: message.summary)) }
        let availableAt = availability(of: message, facts: facts, limits: limits, now: now)
        if message.summary.isHandedOver {
            changes.append(
                .handOver(
                    message.summary, availableAt: availableAt,
                    awaiting: facts.predecessor.isHere(at: now.wall) ? nil : message.predecessor,
                    mayBeRepeated: message.mayBeRepeated || facts.wasMadeBeforeRenewal(message.summary)))
        }
        // A message that waits lets nobody go on before it.
        let waits = message.summary.isHandedOver && availableAt > now.wall
        changes.append(
            waits
                ? .alignSuccessors(of: message.summary.id, from: partner, until: availableAt)
                : .releaseSuccessors(of: message.summary.id, from: partner, at: now.wall))
        // This one could be opened and judged; where another cannot, its next arrival says so again.
        changes += LaterCode.allCases.filter(\.isMendedHere).compactMap(\.alarmOfMessage)
            .map { .clearAlarm($0, partner: partner, messageID: nil) }
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
        if let acknowledgement = message.acknowledgement, let transport = facts.acknowledged?.transport,
            transport == .held || transport == .withdrawn
        {
            changes.append(
                .raiseAlarm(
                    Alarm(
                        code: .acknowledgementWithoutReceipt, partner: partner, messageID: acknowledgement.messageID,
                        detail:
                            "it says \(acknowledgement.step.rawValue) of a message that is \(transport.rawValue) here and "
                            + "has no receipt of it; ask it where it has the message from", at: now.wall)))
        }
        return changes + CoRecipients.changes(with: message, facts: facts.coRecipients, now: now)
    }

    /// When a message is handed over, if nothing lets it go on before that.
    private static func availability(
        of message: ReceivedMessage, facts: ReceptionFacts, limits: NodeLimits, now: Now
    ) -> Timestamp {
        // `stat` never waits: a departure alert is worth more than its order.
        guard message.summary.priority != .stat, !facts.predecessor.isHere(at: now.wall) else { return now.wall }
        let end = now.wall + limits.predecessorWait
        // It goes on with the one that it waits for, and after it.
        if case .waiting(let until) = facts.predecessor { return min(end, until) }
        return end
    }

    private static func counted(
        _ verdict: ReceptionVerdict, from partner: OIN, _ facts: ReceptionFacts, now: Now
    ) -> LedgerChange {
        let isRefusal = if case .refuse = verdict { true } else { false }
        return .countUsage(of: partner, facts.usage.current(at: now.wall).counting(isRefusal: isRefusal))
    }

    private static func countedInVain(from partner: OIN, _ facts: ReceptionFacts, now: Now) -> LedgerChange {
        .countUsage(of: partner, facts.usage.current(at: now.wall).countingInVain)
    }

    private static func leaf(
        _ kind: AuditKind, _ item: ChannelItem, _ partner: OIN, note: String, now: Now
    ) -> AuditLeaf {
        AuditLeaf(
            kind, at: now.wall, messageID: item.messageID, partner: partner, number: item.number,
            digest: item.messageDigest, note: note)
    }
}

/// Decides whether content that a partner gave back takes the place of what the disk has damaged (`protocol.md` §9.4), and what
/// is said of the damage meanwhile.
///
/// The books say what it must be: the digest that stands there is compared, and nothing that a partner says counts beside
/// it. What went by retention, or was never here, does not come this way.
package enum ContentMending {
    /// What whoever tries to read damaged content raises, so that it is got back and people know of it. It is of the sender,
    /// who is asked for it; of nobody where the message is an own one, which any recipient may have.
    package static func alarm(
        of message: MessageSummary, isOutgoing: Bool, detail: String, at: Timestamp
    ) -> Alarm {
        Alarm(
            code: .storedMessageUnreadable, partner: reader(of: message, isOutgoing: isOutgoing), messageID: message.id,
            detail: detail, at: at)
    }

    /// - Parameters:
    ///   - digest: of what came, as it was computed here.
    ///   - envelope: what came, sealed for its case's storage key.
    /// - Returns: `nil` where it is not the message of the books.
    package static func decide(
        _ digest: Digest, envelope: [UInt8], from partner: OIN, facts: RetentionFacts, now: Timestamp
    ) -> [LedgerChange]? {
        guard facts.hasContent, facts.message.digest == digest else { return nil }
        let id = facts.message.id
        let deliveries = facts.sent.flatMap { sent -> [LedgerChange] in
            let over = LedgerChange.clearAlarm(.storedMessageUnreadable, partner: sent.key.partner, messageID: id)
            guard sent.transport == .open else { return [over] }
            // It was put off for the damage alone.
            return [over, .deferDelivery(sent.key, until: now, detail: "", isAttempt: false)]
        }
        return [.replaceContent(of: id, envelope: envelope)] + deliveries + [
            .clearAlarm(
                .storedMessageUnreadable, partner: reader(of: facts.message, isOutgoing: facts.isOutgoing),
                messageID: id),
            .appendLeaf(AuditLeaf(.contentRestored, at: now, messageID: id, partner: partner, digest: digest)),
        ]
    }

    private static func reader(of message: MessageSummary, isOutgoing: Bool) -> OIN? {
        isOutgoing ? nil : message.sender.oin
    }
}

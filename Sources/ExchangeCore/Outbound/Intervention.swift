/// Decides what an operator's hold, release or withdrawal of a delivery changes.
package enum Intervention {
    /// What was held or withdrawn is declared to the partner under its number, unless the partner has answered that
    /// number already: a refused delivery that is withdrawn is settled on both sides.
    ///
    /// - Parameters:
    ///   - event: of an operator; an answer is recorded with its proof (``AnswerRecording``).
    ///   - reason: declared to the partner; not empty, but for a release.
    ///   - requester: who asked for it; the audit log has it.
    /// - Returns: `nil` where the delivery's state does not allow it.
    package static func decide(
        _ event: TransportEvent, reason: String, for key: DeliveryKey, facts: DeliveryFacts,
        by requester: ActorID = .node,
        at: Timestamp
    ) -> [LedgerChange]? {
        switch event {
        case .receiptVerified, .refusalVerified: preconditionFailure("an answer is recorded with its proof")
        case .heldByOperator, .withdrawnByPerson: precondition(!reason.isEmpty, "a declaration gives its reason")
        case .releasedByOperator: break
        }
        guard let next = facts.transport.after(event) else { return nil }
        // There is nothing to send in the place of a message that is lost.
        if next == .open, facts.message.type == ChannelRecovery.lostType { return nil }
        // Nobody has to deal any more with what is not to be delivered.
        let over: [LedgerChange] =
            next == .withdrawn
            ? AlarmCode.ofOneDelivery.map {
                .clearAlarm($0, partner: key.partner, messageID: facts.message.id)
            } : []
        return [
            .declare(key, as: next, reason: reason, isToBeTold: facts.transport != .refused),
            .appendLeaf(
                AuditLeaf(
                    .deliveryMoved, at: at, messageID: facts.message.id, partner: key.partner, number: key.number,
                    digest: facts.message.digest, note: "\(next.rawValue) \(requester)")),
        ] + over
    }
}

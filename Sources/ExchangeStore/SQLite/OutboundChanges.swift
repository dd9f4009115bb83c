import ExchangeCore
import Foundation
import GRDB

extension LedgerTransaction {
    func keep(_ claim: IdempotencyClaim, for message: MessageID) throws {
        try database.change(
            "INSERT INTO idempotency_key (key, submission_digest, message_id) VALUES (?, ?, ?)",
            [claim.key, claim.submissionDigest.column, message.column])
    }

    /// Gives the next number here, in the accepting transaction: a number that was given and not kept would be a hole,
    /// and a hole looks like a loss.
    mutating func openDelivery(of message: MessageSummary, to recipient: Party, isRecovered: Bool) throws {
        try ensurePartner(recipient.oin)
        let last = try database.issuedPosition(to: recipient.oin)
        let item = ChannelItem(number: last.number.next, messageID: message.id, messageDigest: message.digest)
        // While the numbers before are got back there is no digest to go on from.
        let standing = try database.channelStanding(with: recipient.oin)
        let position =
            standing.isRecovering
            ? ChannelPosition(number: item.number, runningDigest: .zero) : last.extended(by: item, using: digest)
        try database.change(
            """
            INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
                envelope_bytes, accepted_at, running_digest, next_attempt)
            SELECT ?, ?, id, ?, case_reference, ?, length(envelope), ?, ?, ? FROM message WHERE id = ?
            """,
            [
                recipient.oin.text, try position.number.column(), recipient.role.rawValue, message.priority.rank,
                at.milliseconds, position.runningDigest.column,
                isRecovered && !standing.isConfirmed ? DueSelection.afterRecovery : 0, message.id.column,
            ])
        tell(.workArrived(recipient.oin))
        tell(.deliveryMoved(message.id))
    }

    /// Records an answer. Holding, releasing and withdrawing are ``declare(_:_:reason:isToBeTold:)``.
    mutating func moveTransport(
        of key: DeliveryKey, to state: TransportState, proof: [UInt8], detail: String, at: Timestamp
    ) throws {
        try database.changeOne(
            "delivery \(key.number) to \(key.partner)",
            """
            UPDATE delivery SET transport = ?, is_outstanding = 0, next_attempt = 0, proof = ?, detail = ?,
                receipted_at = CASE WHEN ? THEN ? ELSE receipted_at END
            WHERE partner = ? AND number = ?
            """,
            [
                state.rawValue, Data(proof), detail, state == .receipted, at.milliseconds, key.partner.text,
                try key.number.column(),
            ])
        try tellMoved(key)
    }

    /// Holds, releases or withdraws.
    mutating func declare(_ key: DeliveryKey, _ state: TransportState, reason: String, isToBeTold: Bool) throws {
        try database.changeOne(
            "delivery \(key.number) to \(key.partner)",
            """
            UPDATE delivery SET transport = ?, is_outstanding = ?, next_attempt = 0, declared_reason = ?
            WHERE partner = ? AND number = ?
            """,
            [state.rawValue, isToBeTold, reason, key.partner.text, try key.number.column()])
        tell(.workArrived(key.partner))
        try tellMoved(key)
    }

    mutating func deferDelivery(
        _ key: DeliveryKey, until: Timestamp, detail: String, isAttempt: Bool
    ) throws {
        try database.changeOne(
            "delivery \(key.number) to \(key.partner)",
            """
            UPDATE delivery SET next_attempt = max(?, 1), attempts = attempts + ?, detail = ?
            WHERE partner = ? AND number = ?
            """,
            [until.milliseconds, isAttempt ? 1 : 0, detail, key.partner.text, try key.number.column()])
        if isAttempt {
            try database.change("UPDATE partner SET attempts = attempts + 1 WHERE oin = ?", [key.partner.text])
        }
        try tellMoved(key)
    }

    /// Notes an attempt that got no answer. When the next is, its partner's link decides: it is put off there.
    mutating func recordAttempt(_ key: DeliveryKey, detail: String) throws {
        try database.changeOne(
            "delivery \(key.number) to \(key.partner)",
            "UPDATE delivery SET attempts = attempts + 1, detail = ? WHERE partner = ? AND number = ?",
            [detail, key.partner.text, try key.number.column()])
        try database.change("UPDATE partner SET attempts = attempts + 1 WHERE oin = ?", [key.partner.text])
        try tellMoved(key)
    }

    /// The partner knows that a number is held or void.
    func endDeclaration(of key: DeliveryKey) throws {
        try database.changeOne(
            "delivery \(key.number) to \(key.partner)",
            "UPDATE delivery SET is_outstanding = 0, next_attempt = 0 WHERE partner = ? AND number = ?",
            [key.partner.text, try key.number.column()])
    }

    mutating func moveFollowUp(
        of message: MessageID, by partner: OIN, to state: FollowUp, role: String, acknowledgement: MessageID,
        at: Timestamp
    ) throws {
        let moved = try database.change(
            """
            UPDATE delivery SET follow_up = ?, follow_up_role = COALESCE(NULLIF(?, ''), follow_up_role),
                follow_up_message = ?,
                owned_at = CASE WHEN ? THEN ? ELSE owned_at END,
                declined_at = CASE WHEN ? THEN ? ELSE declined_at END,
                concluded_at = CASE WHEN ? THEN ? ELSE concluded_at END
            WHERE message_id = ? AND partner = ?
            """,
            [
                state.rawValue, role, acknowledgement.column, state == .owned, at.milliseconds, state == .declined,
                at.milliseconds, state == .concluded, at.milliseconds, message.column, partner.text,
            ])
        guard moved > 0 else { throw StoreError.invariant("no delivery of \(message) to \(partner)") }
        tell(.deliveryMoved(message))
    }

    private mutating func tellMoved(_ key: DeliveryKey) throws {
        let message: MessageID? = try database.first(
            "SELECT message_id FROM delivery WHERE partner = ? AND number = ?",
            [key.partner.text, try key.number.column()]
        ) { try $0.identifier(0) }
        if let message { tell(.deliveryMoved(message)) }
    }
}

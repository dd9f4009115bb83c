import ExchangeCore
import Foundation
import GRDB

// What a partner gets back of its channel from here, and what comes back of ours.

extension Database {
    func channelStanding(with partner: OIN) throws -> ChannelStanding {
        try first(
            """
            SELECT settled_number, settled_digest, is_confirmed, recovering_until FROM partner WHERE oin = ?
            """,
            [partner.text]
        ) { row in
            ChannelStanding(
                settled: try row.position(0), isConfirmed: row.flag(2),
                recoveringUntil: row.isNull(3) ? nil : try row.number(3))
        } ?? ChannelStanding(settled: .start, isConfirmed: false)
    }

    func recoveryFacts(for item: ChannelItem, with partner: OIN) throws -> RecoveryFacts {
        RecoveryFacts(
            row: try issuedItem(to: partner, at: item.number),
            message: try first(
                """
                SELECT \(MessageSummary.columns), m.is_outgoing, length(m.envelope) = 0
                    AND NOT EXISTS (SELECT 1 FROM purged_message p WHERE p.message_id = m.id)
                FROM message m WHERE m.id = ?
                """,
                [item.messageID.column]
            ) { row in
                RecoveryFacts.Known(
                    summary: try MessageSummary(row, from: 0), isOutgoing: row.flag(MessageSummary.columnCount),
                    isLost: row.flag(MessageSummary.columnCount + 1))
            },
            deliveredTo: try all(
                "SELECT DISTINCT partner FROM delivery WHERE message_id = ? ORDER BY partner", [item.messageID.column]
            ) { try $0.oin(0) })
    }

    func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) throws -> HeldPart {
        let base = try runningDigest(with: partner, isOutgoing: false, at: number)
        // No slot lies beyond SQLite's range, and a partner may ask for any number.
        guard let column = Int64(exactly: number.value) else { return HeldPart(base: nil, upTo: number, items: []) }
        let answered = try all(
            """
            SELECT s.number, s.message_id, s.message_digest, s.answer, s.note, \(presentProof) FROM slot s
            WHERE s.partner = ? AND s.number > ? ORDER BY s.number LIMIT ?
            """,
            [partner.text, column, maximumItems]
        ) { row in
            (
                item: ChannelItem(
                    number: try row.number(0), messageID: try row.identifier(1), messageDigest: try row.digest(2)),
                answer: try KeptAnswer(row, from: 3)
            )
        }
        return try HeldPart(base: base, after: number, answered, maximumBytes: maximumBytes) { try message($0) }
    }

    func issuedItem(to partner: OIN, at number: SequenceNumber) throws -> ChannelItem? {
        guard let column = Int64(exactly: number.value) else { return nil }
        return try first(
            """
            SELECT d.message_id, m.digest FROM delivery d JOIN message m ON m.id = d.message_id
            WHERE d.partner = ? AND d.number = ?
            """,
            [partner.text, column]
        ) { ChannelItem(number: number, messageID: try $0.identifier(0), messageDigest: try $0.digest(1)) }
    }
}

extension LedgerTransaction {
    func recoveryFacts(for item: ChannelItem, with partner: OIN) throws -> RecoveryFacts {
        try database.recoveryFacts(for: item, with: partner)
    }

    func channelStanding(with partner: OIN) throws -> ChannelStanding { try database.channelStanding(with: partner) }

    mutating func noteRunning(_ incarnation: IncarnationID, of partner: OIN, hasAnswered: Bool) throws {
        try ensurePartner(partner)
        try database.change(
            """
            UPDATE partner SET running_incarnation = ?1,
                answering_incarnation = CASE WHEN ?2 THEN ?1 ELSE answering_incarnation END WHERE oin = ?3
            """,
            [incarnation.column, hasAnswered, partner.text])
        if !hasAnswered { tell(.partnerReopened(partner)) }
    }

    mutating func sendAgain(to partner: OIN, _ numbers: [NumberRange]) throws {
        for range in numbers {
            // No channel of ours reaches beyond SQLite's range, and a partner may name any number.
            guard let first = Int64(exactly: range.first.value) else { continue }
            let last = Int64(exactly: range.last.value) ?? .max
            let count = try database.change(
                """
                INSERT OR IGNORE INTO refill (partner, number, priority_rank)
                SELECT partner, number, priority_rank FROM delivery
                WHERE partner = ? AND number BETWEEN ? AND ? AND is_outstanding = 0
                """,
                [partner.text, first, last])
            if count > 0 { tell(.workArrived(partner)) }
        }
    }

    func endRefill(of key: DeliveryKey) throws {
        try database.changeOne(
            "refill of \(key.number) to \(key.partner)", "DELETE FROM refill WHERE partner = ? AND number = ?",
            [key.partner.text, try key.number.column()])
    }

    func deferRefill(of key: DeliveryKey, until: Timestamp) throws {
        try database.changeOne(
            "refill of \(key.number) to \(key.partner)",
            "UPDATE refill SET next_attempt = max(?, 1) WHERE partner = ? AND number = ?",
            [until.milliseconds, key.partner.text, try key.number.column()])
    }

    mutating func confirmChannel(to partner: OIN) throws {
        try ensurePartner(partner)
        let standing = try channelStanding(with: partner)
        let issued = try database.issuedPosition(to: partner)
        guard !standing.isRecovering || standing.settled.number == issued.number else {
            throw StoreError.invariant("a channel is confirmed once it is settled")
        }
        let end = standing.isRecovering ? standing.settled : issued
        try database.change(
            """
            UPDATE partner SET settled_number = ?1, settled_digest = ?2, issued_digest = ?2, is_confirmed = 1,
                recovering_until = NULL WHERE oin = ?3
            """,
            [try end.number.column(), end.runningDigest.column, partner.text])
        tell(.workArrived(partner))
    }

    /// What was answered stays under its number: the partner has it there. What was not goes on behind all that the partner
    /// has, and is sent meanwhile.
    mutating func beginRecovery(of partner: OIN, from: SequenceNumber, until: SequenceNumber) throws {
        try ensurePartner(partner)
        let settled = ChannelPosition(
            number: from,
            runningDigest: from == .none
                ? .zero : try database.runningDigest(with: partner, isOutgoing: true, at: from) ?? .zero)
        let answered: SequenceNumber? = try database.first(
            """
            SELECT number FROM delivery WHERE partner = ? AND number > ? AND is_outstanding = 0
            ORDER BY number DESC LIMIT 1
            """,
            [partner.text, try from.column()]
        ) { try $0.number(0) }
        let end = max(until, answered ?? .none)
        try database.change(
            """
            UPDATE partner SET settled_number = ?1, settled_digest = ?2, is_confirmed = 0, recovering_until = ?3,
                issued_number = max(issued_number, ?3), issued_digest = zeroblob(32) WHERE oin = ?4
            """,
            [try settled.number.column(), settled.runningDigest.column, try end.column(), partner.text])
        // What has to be told anyway, as one that an operator released since: it is told under its new number.
        try database.change(
            """
            DELETE FROM refill WHERE partner = ?1 AND number IN
                (SELECT number FROM delivery WHERE partner = ?1 AND number > ?2 AND number <= ?3 AND is_outstanding = 1)
            """,
            [partner.text, try from.column(), try end.column()])
        let moved = try database.change(
            """
            UPDATE delivery SET number = (SELECT issued_number FROM partner WHERE oin = ?1) + late.place
            FROM (SELECT ordinal, row_number() OVER (ORDER BY number) AS place FROM delivery
                WHERE partner = ?1 AND number > ?2 AND number <= ?3 AND is_outstanding = 1) AS late
            WHERE delivery.ordinal = late.ordinal
            """,
            [partner.text, try from.column(), try end.column()])
        try database.change(
            "UPDATE partner SET issued_number = issued_number + ? WHERE oin = ?", [moved, partner.text])
    }

    func placeDelivery(of message: MessageSummary, to recipient: Party, at number: SequenceNumber) throws {
        try database.change(
            """
            INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
                envelope_bytes, accepted_at, running_digest)
            SELECT ?, ?, id, ?, case_reference, ?, length(envelope), ?, zeroblob(32) FROM message WHERE id = ?
            """,
            [
                recipient.oin.text, try number.column(), recipient.role.rawValue, message.priority.rank,
                at.milliseconds, message.id.column,
            ])
    }

    func complete(_ message: MessageSummary, envelope: [UInt8]) throws {
        try database.changeOne(
            "message \(message.id)",
            """
            UPDATE message SET type_code = ?, type_version = ?, sender_role = ?, case_reference = ?, priority = ?,
                created_at = ?, wanted = ?, is_handed_over = ?, envelope = ? WHERE id = ?
            """,
            [
                message.type.code, message.type.version, message.sender.role.rawValue, message.caseReference.column,
                message.priority.rawValue, message.created.milliseconds, message.wanted.rawValue,
                message.isHandedOver, Data(envelope), message.id.column,
            ])
        try database.change(
            "UPDATE delivery SET case_reference = ? WHERE message_id = ?",
            [message.caseReference.column, message.id.column])
    }

    mutating func settle(_ partner: OIN, upTo number: SequenceNumber) throws {
        let start = try database.channelStanding(with: partner).settled
        var position = start
        unfinished.hasMoreToSettle = false
        while position.number < number, let item = try database.issuedItem(to: partner, at: position.number.next) {
            guard takeStep() else {
                unfinished.hasMoreToSettle = true
                break
            }
            position = position.extended(by: item, using: digest)
            try database.change(
                "UPDATE delivery SET running_digest = ? WHERE partner = ? AND number = ?",
                [position.runningDigest.column, partner.text, try position.number.column()])
        }
        guard position != start else { return }
        try database.change(
            "UPDATE partner SET settled_number = ?, settled_digest = ? WHERE oin = ?",
            [try position.number.column(), position.runningDigest.column, partner.text])
    }
}

import ExchangeCore
import Foundation
import GRDB

extension Database {
    func caseKey(for reference: CaseReference) throws -> [UInt8]? {
        try first("SELECT wrapped_key FROM case_key WHERE case_reference = ?", [reference.column]) { $0.bytes(0) }
    }

    func lastMessages(in reference: CaseReference, to recipients: [OIN]) throws -> [MessageID?] {
        try recipients.map { recipient in
            // A withdrawn message never comes: nobody is to wait for it.
            try first(
                """
                SELECT message_id FROM delivery
                WHERE case_reference = ? AND partner = ? AND transport <> 'withdrawn' ORDER BY number DESC LIMIT 1
                """,
                [reference.column, recipient.text]
            ) { try $0.identifier(0) }
        }
    }

    func message(_ id: MessageID) throws -> KeptMessage? {
        let next = MessageSummary.columnCount
        return try first(
            "SELECT \(MessageSummary.columns), m.is_outgoing, m.kept_at, m.envelope FROM message m WHERE m.id = ?",
            [id.column]
        ) { row in
            KeptMessage(
                message: try MessageSummary(row, from: 0), envelope: row.bytes(next + 2),
                isOutgoing: row.flag(next), keptAt: row.timestamp(next + 1))
        }
    }

    /// In the order in which they were handed over. What still waits for the message before it is not shown, unless the clock stands before its
    /// reception: then it was set back, and waiting on would hide a message.
    func inbox(_ filter: InboxFilter, now: Timestamp) throws -> [InboxEntry] {
        let next = MessageSummary.columnCount
        let states = filter.states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try all(
            """
            SELECT \(MessageSummary.columns), i.state, i.role, i.received_at, i.available_at,
                CASE WHEN NOT EXISTS (SELECT 1 FROM inbox p WHERE p.message_id = i.awaited AND p.available_at <= ?1)
                THEN i.awaited END AS awaited
            FROM inbox i JOIN message m ON m.id = i.message_id
            WHERE i.state IN (\(states)) AND (i.available_at <= ?1 OR i.received_at > ?1)
                \(filter.id == nil ? "" : "AND i.message_id = ?3")
            ORDER BY i.available_at, i.turn LIMIT ?2
            """,
            [now.milliseconds, filter.maximumItems] + (filter.id.map { [$0.column] } ?? [])
        ) { row in
            InboxEntry(
                message: try MessageSummary(row, from: 0), state: try row.word(next), role: row.text(next + 1),
                receivedAt: row.timestamp(next + 2), availableAt: row.timestamp(next + 3),
                missingPredecessor: try row.optionalIdentifier(next + 4))
        }
    }

    /// In the order of acceptance. Where there are more than fit, the open ones are the oldest (they need somebody) and
    /// otherwise the newest are shown.
    func deliveries(_ filter: DeliveryFilter) throws -> [DeliveryEntry] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func add(_ condition: String, _ argument: (any DatabaseValueConvertible)?) {
            conditions.append(condition)
            arguments += [argument]
        }
        if let partner = filter.partner { add("d.partner = ?", partner.text) }
        if let message = filter.messageID { add("d.message_id = ?", message.column) }
        if let reference = filter.caseReference { add("d.case_reference = ?", reference.column) }
        if filter.onlyOpen { conditions.append("d.transport IN ('open', 'held', 'refused')") }
        arguments += [filter.maximumItems]
        let entries = try all(
            """
            SELECT \(MessageSummary.columns), d.partner, d.recipient_role, d.number, d.transport, d.follow_up,
                d.follow_up_role, d.attempts, d.accepted_at, d.is_outstanding, d.next_attempt, d.detail,
                d.receipted_at, d.owned_at, d.concluded_at, d.proof, d.declared_reason, d.follow_up_message
            FROM delivery d JOIN message m ON m.id = d.message_id
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            ORDER BY d.ordinal \(filter.onlyOpen ? "" : "DESC") LIMIT ?
            """,
            arguments
        ) { try DeliveryEntry($0) }
        return filter.onlyOpen ? entries : entries.reversed()
    }
}

extension DeliveryEntry {
    fileprivate init(_ row: StoredRow) throws(StoreError) {
        let index = MessageSummary.columnCount
        let partner = try row.oin(index)
        let transport: TransportState = try row.word(index + 3)
        let isDeferred = row.flag(index + 8) && row.integer(index + 9) > 0
        let isDeclared = transport == .held || transport == .withdrawn
        self.init(
            message: try MessageSummary(row, from: 0),
            recipient: Party(oin: partner, role: try row.word(index + 1)),
            key: DeliveryKey(partner: partner, number: try row.number(index + 2)), transport: transport,
            followUp: try row.word(index + 4), followUpRole: row.text(index + 5), attempts: row.count(index + 6),
            acceptedAt: row.timestamp(index + 7), nextAttempt: isDeferred ? row.timestamp(index + 9) : nil,
            detail: row.text(index + (isDeclared ? 15 : 10)), receiptedAt: row.optionalTimestamp(index + 11),
            ownedAt: row.optionalTimestamp(index + 12), concludedAt: row.optionalTimestamp(index + 13),
            proof: row.bytes(index + 14), followUpMessage: try row.optionalIdentifier(index + 16))
    }
}

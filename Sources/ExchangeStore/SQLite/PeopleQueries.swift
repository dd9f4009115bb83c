import ExchangeCore
import Foundation
import GRDB

extension Database {
    func caseKey(for reference: CaseReference) throws -> [UInt8]? {
        try first("SELECT wrapped_key FROM case_key WHERE case_reference = ?", [reference.column]) { $0.bytes(0) }
    }

    func lastMessages(in reference: CaseReference, to recipients: [OIN]) throws -> [MessageID?] {
        try recipients.map { recipient in
            // A withdrawn message never comes, and one that ends at the node counts as here once it came: who waited for
            // it would wait for none of those before it.
            try first(
                """
                SELECT d.message_id FROM delivery d JOIN message m ON m.id = d.message_id
                WHERE d.case_reference = ? AND d.partner = ? AND d.transport <> 'withdrawn' AND m.is_handed_over = 1
                ORDER BY d.number DESC LIMIT 1
                """,
                [reference.column, recipient.text]
            ) { try $0.identifier(0) }
        }
    }

    func message(_ id: MessageID) throws -> KeptMessage? {
        let next = MessageSummary.columnCount
        return try first(
            """
            SELECT \(MessageSummary.columns), m.is_outgoing, m.kept_at, m.envelope,
                (SELECT purged_at FROM purged_message p WHERE p.message_id = m.id)
            FROM message m WHERE m.id = ?
            """,
            [id.column]
        ) { row in
            KeptMessage(
                message: try MessageSummary(row, from: 0), envelope: row.bytes(next + 2),
                isOutgoing: row.flag(next), keptAt: row.timestamp(next + 1), purgedAt: row.optionalTimestamp(next + 3))
        }
    }

    /// The most pressing first, and of one priority in the order in which they were handed over. What still waits for the
    /// message before it is not shown, unless the clock stands before its reception: then it was set back, and waiting on
    /// would hide a message.
    func inbox(_ filter: InboxFilter, now: Timestamp) throws -> Page<InboxEntry> {
        try Page.mostPressing(after: filter.after, maximumItems: filter.maximumItems) { priority, turn, count in
            try InboxState.allCases.filter(filter.states.contains).flatMap { state in
                try all(
                    ListQueries.inbox(ofOne: filter.id != nil),
                    [state.rawValue, priority.rank, turn, now.milliseconds, count]
                        + (filter.id.map { [$0.column] } ?? [])
                ) { row in
                    (
                        position: ListPosition(
                            rank: priority.rank, ordinal: row.integer(MessageSummary.columnCount + 8)),
                        entry: try InboxEntry(row)
                    )
                }
            }
        }
    }

    func deliveries(_ filter: DeliveryFilter) throws -> Page<DeliveryEntry> {
        let sql = ListQueries.deliveries(filter)
        let of: StatementArguments =
            (filter.partner.map { [$0.text] } ?? []) + (filter.messageID.map { [$0.column] } ?? [])
            + (filter.lostMessageID.map { [$0.column] } ?? [])
            + (filter.caseReference.map { [$0.column] } ?? [])
        guard filter.onlyOpen else {
            let found = try all(sql, of + [filter.after?.ordinal ?? .max, filter.maximumItems + 1]) {
                try DeliveryEntry.placed($0)
            }
            return Page(found, maximumItems: filter.maximumItems)
        }
        return try Page.mostPressing(after: filter.after, maximumItems: filter.maximumItems) {
            priority, ordinal, count in
            try all(sql, of + [priority.rank, ordinal, count]) { try DeliveryEntry.placed($0) }
        }
    }

    func receipted(among messages: [MessageID]) throws -> Set<MessageID> {
        try Set(
            messages.filter { id in
                try first(
                    "SELECT 1 FROM delivery WHERE message_id = ? AND transport = 'receipted' LIMIT 1", [id.column],
                    { _ in true }) == true
            })
    }

    func delivery(_ key: DeliveryKey) throws -> DeliveryEntry? {
        guard let number = Int64(exactly: key.number.value) else { return nil }
        return try first(
            """
            SELECT \(ListQueries.deliveryColumns)
            FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.partner = ? AND d.number = ?
            """,
            [key.partner.text, number]
        ) { try DeliveryEntry($0) }
    }

    func withdrawnCount() throws -> Int {
        try first(ListQueries.withdrawnCount, []) { $0.count(0) } ?? 0
    }

    func heldCount() throws -> Int { try first(ListQueries.heldCount, []) { $0.count(0) } ?? 0 }
}

/// The statements of the lists that people page through. Each reads a range of one index, so that a page costs as much
/// as it shows, however long the list is.
enum ListQueries {
    /// Of the index of few states: the channels are as long as all that was ever sent.
    static let withdrawnCount = """
        SELECT count(*) FROM delivery WHERE transport = 'withdrawn' AND transport IN ('held', 'refused', 'withdrawn')
        """
    static let heldCount = """
        SELECT count(*) FROM delivery WHERE transport = 'held' AND transport IN ('held', 'refused', 'withdrawn')
        """
    /// What an ``InboxEntry`` is read from, of `inbox i` and `message m`; the parameter 4 is `now`.
    static let inboxColumns = """
        \(MessageSummary.columns), i.state, i.role, i.received_at, i.available_at,
            CASE WHEN NOT EXISTS (SELECT 1 FROM inbox p WHERE p.message_id = i.awaited AND p.available_at <= ?4)
            THEN i.awaited END, i.moved_at, i.actor, i.may_be_repeated
        """

    /// - Its parameters: a state, a priority's rank, the turn before the first, `now`, how many; and a message's id.
    static func inbox(ofOne: Bool) -> String {
        """
        SELECT \(inboxColumns), i.turn
        FROM inbox i JOIN message m ON m.id = i.message_id
        WHERE i.state = ?1 AND i.priority_rank = ?2 AND i.turn > ?3 AND (i.available_at <= ?4 OR i.received_at > ?4)
            \(ofOne ? "AND i.message_id = ?6" : "")
        ORDER BY i.turn LIMIT ?5
        """
    }

    /// What a ``DeliveryEntry`` is read from, of `delivery d` and `message m`.
    static let deliveryColumns = """
        \(MessageSummary.columns), d.partner, d.recipient_role, d.number, d.transport, d.follow_up,
        d.follow_up_role, d.attempts, d.accepted_at, d.is_outstanding, d.next_attempt, d.detail,
        d.receipted_at, d.owned_at, d.concluded_at, d.proof, d.declared_reason, d.follow_up_message, d.ordinal,
        d.actor, d.lost_id, d.lost_digest, d.declined_at,
        (SELECT f.created_at FROM message f WHERE f.id = d.follow_up_message)
        """
    static let deliveryColumnCount = MessageSummary.columnCount + 23

    /// - Its parameters: partner, message, lost message and case, as far as the filter names them; for what is open a priority's rank
    ///   and the ordinal before the first, and otherwise the ordinal behind the last; how many.
    static func deliveries(_ filter: DeliveryFilter) -> String {
        var conditions: [String] = []
        if filter.partner != nil { conditions.append("d.partner = ?") }
        if filter.messageID != nil { conditions.append("d.message_id = ?") }
        if filter.lostMessageID != nil { conditions.append("d.lost_id = ?") }
        if filter.caseReference != nil { conditions.append("d.case_reference = ?") }
        // A message or a case has few deliveries: the plus has them looked up by it, and not by what is open of all.
        let isOfFew = filter.messageID != nil || filter.lostMessageID != nil || filter.caseReference != nil
        let plus = isOfFew ? "+" : ""
        conditions +=
            filter.onlyOpen
            ? ["d.transport IN ('open', 'held', 'refused')", "\(plus)d.priority_rank = ?", "\(plus)d.ordinal > ?"]
            : ["\(plus)d.ordinal < ?"]
        return """
            SELECT \(deliveryColumns)
            FROM delivery d JOIN message m ON m.id = d.message_id
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(plus)d.ordinal \(filter.onlyOpen ? "" : "DESC") LIMIT ?
            """
    }
}

extension InboxEntry {
    /// Reads ``ListQueries/inboxColumns``.
    init(_ row: StoredRow) throws(StoreError) {
        let index = MessageSummary.columnCount
        self.init(
            message: try MessageSummary(row, from: 0),
            standing: InboxStanding(
                state: try row.word(index), role: row.text(index + 1), movedAt: row.optionalTimestamp(index + 5)),
            receivedAt: row.timestamp(index + 2), availableAt: row.timestamp(index + 3),
            missingPredecessor: try row.optionalIdentifier(index + 4), actor: row.text(index + 6),
            mayBeRepeated: row.flag(index + 7))
    }
}

extension DeliveryEntry {
    fileprivate static func placed(
        _ row: StoredRow
    ) throws(StoreError) -> (position: ListPosition, entry: DeliveryEntry) {
        let entry = try DeliveryEntry(row)
        let ordinal = row.integer(MessageSummary.columnCount + 17)
        return (ListPosition(rank: entry.message.priority.rank, ordinal: ordinal), entry)
    }

    /// Reads ``ListQueries/deliveryColumns``.
    init(_ row: StoredRow) throws(StoreError) {
        let index = MessageSummary.columnCount
        let partner = try row.oin(index)
        let transport: TransportState = try row.word(index + 3)
        // What waits for the partner's channel to be got back has no time.
        let isDeferred = row.flag(index + 8) && (1..<DueSelection.afterRecovery).contains(row.integer(index + 9))
        let isDeclared = transport == .held || transport == .withdrawn
        self.init(
            message: try MessageSummary(row, from: 0),
            recipient: Party(oin: partner, role: try row.word(index + 1)),
            key: DeliveryKey(partner: partner, number: try row.number(index + 2)), transport: transport,
            followUp: try row.word(index + 4), followUpRole: row.text(index + 5), attempts: row.count(index + 6),
            acceptedAt: row.timestamp(index + 7), nextAttempt: isDeferred ? row.timestamp(index + 9) : nil,
            detail: row.text(index + (isDeclared ? 15 : 10)), receiptedAt: row.optionalTimestamp(index + 11),
            ownedAt: row.optionalTimestamp(index + 12), declinedAt: row.optionalTimestamp(index + 21),
            concludedAt: row.optionalTimestamp(index + 13), proof: row.bytes(index + 14),
            followUpMessage: try row.optionalIdentifier(index + 16), saidAt: row.optionalTimestamp(index + 22),
            actor: row.text(index + 18),
            lost: row.isNull(index + 19)
                ? nil
                : ChannelItem(
                    number: try row.number(index + 2), messageID: try row.identifier(index + 19),
                    messageDigest: try row.digest(index + 20)))
    }
}

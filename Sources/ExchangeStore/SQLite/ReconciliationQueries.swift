package import ExchangeCore
import GRDB

extension SQLiteLedger {
    package func lastTally(of partner: OIN) async throws -> KeptTally? {
        try await read { try $0.lastTally(of: partner) }
    }

    package func books(
        with partner: OIN, against tally: Tally?, maximumItems: Int
    ) async throws -> PairBooks {
        try await read { try $0.books(with: partner, against: tally, maximumItems: maximumItems) }
    }

    package func noteReconciliation(
        with partner: OIN, digest: Digest, note: String, at: Timestamp
    ) async throws {
        try await write(at: at) {
            try $0.append(AuditLeaf(.reconciliationMade, at: at, partner: partner, digest: digest, note: note))
        }
    }
}

extension Schema {
    /// What is not settled by a receipt, so that a report costs as much as it shows.
    static let reconciliation = """
        CREATE INDEX delivery_stopped ON delivery (partner, transport, number)
            WHERE transport IN ('held', 'refused', 'withdrawn');
        CREATE INDEX slot_unreceipted ON slot (partner, answer, number) WHERE answer <> 'receipt';
        """
}

enum ReconciliationQueries {
    /// Our deliveries in a state that few have: the index holds these alone. The state stands first: else the order by
    /// number takes the index of all that was ever sent.
    static func stopped(_ transport: String) -> String {
        "d.transport = '\(transport)' AND d.transport IN ('held', 'refused', 'withdrawn')"
    }

    /// - Its parameters: a partner, and how many.
    static func deliveries(_ choice: String) -> String {
        """
        SELECT \(ListQueries.deliveryColumns) FROM delivery d JOIN message m ON m.id = d.message_id
        WHERE d.partner = ? AND \(choice) LIMIT ?
        """
    }

    /// - Its parameter: a partner.
    static func unreceipted(_ answer: String) -> String {
        "slot WHERE partner = ? AND answer = '\(answer)' AND answer <> 'receipt'"
    }
}

extension Database {
    /// That of the opening that answered last; of the others the newest.
    fileprivate func lastTally(of partner: OIN) throws -> KeptTally? {
        try first(
            """
            SELECT signed, kept_at FROM tally t WHERE partner = ?1 ORDER BY
                (incarnation IS (SELECT answering_incarnation FROM partner WHERE oin = ?1)) DESC, kept_at DESC LIMIT 1
            """,
            [partner.text]
        ) { KeptTally(signed: $0.bytes(0), keptAt: $0.timestamp(1)) }
    }

    fileprivate func books(with partner: OIN, against tally: Tally?, maximumItems: Int) throws -> PairBooks {
        let account = try account(with: partner)
        let lost = "'\(ChannelRecovery.lostType.code)'"
        // As `ChannelRecovery.isWithdrawnOnPurpose` has it.
        let onPurpose = "d.declared_reason NOT IN ('', '\(ChannelRecovery.lostReason)')"
        let held = try stopped(partner, "held", "AND m.type_code <> \(lost)", maximumItems: maximumItems)
        let heldAndLost = try stopped(partner, "held", "AND m.type_code = \(lost)", maximumItems: maximumItems)
        let withdrawnAndLost = try stopped(
            partner, "withdrawn", "AND m.type_code = \(lost) AND NOT \(onPurpose)", maximumItems: maximumItems)
        return PairBooks(
            account: account, facts: try tally.map { try tallyFacts(for: $0) },
            answered: try answeredNumbers(of: partner),
            open: Excerpt(
                entries: try deliveries(
                    """
                    d.transport IN ('open', 'held', 'refused') AND d.transport = 'open'
                    ORDER BY d.priority_rank DESC, d.ordinal
                    """, of: partner, maximumItems: maximumItems),
                count: account.open - held.count - heldAndLost.count),
            held: held, refused: try stopped(partner, "refused", maximumItems: maximumItems),
            again: Excerpt(
                entries: try sentAgain(to: partner, maximumItems: maximumItems),
                count: try count("refill WHERE partner = ?", of: partner)),
            withdrawn: try stopped(
                partner, "withdrawn", "AND (m.type_code <> \(lost) OR \(onPurpose))", maximumItems: maximumItems),
            lost: Excerpt(
                entries: Array((heldAndLost.entries + withdrawnAndLost.entries).prefix(maximumItems)),
                count: heldAndLost.count + withdrawnAndLost.count),
            gaps: Excerpt(
                entries: try all(
                    "SELECT first, last FROM gap WHERE partner = ? ORDER BY first LIMIT ?",
                    [partner.text, maximumItems]
                ) { NumberRange(try $0.number(0), try $0.number(1)) },
                count: try count("gap WHERE partner = ?", of: partner)),
            heldThere: try unreceipted(of: partner, "held", maximumItems: maximumItems),
            voidThere: try unreceipted(of: partner, "void", maximumItems: maximumItems),
            refusedHere: try unreceipted(of: partner, "refusal", maximumItems: maximumItems),
            alarms: try alarms(includingCleared: false).filter { $0.alarm.partner == partner })
    }

    private func count(_ rows: String, of partner: OIN) throws -> Int {
        try first("SELECT count(*) FROM \(rows)", [partner.text]) { $0.count(0) } ?? 0
    }

    /// Our deliveries in a state that few have, the newest first.
    private func stopped(
        _ partner: OIN, _ transport: String, _ more: String = "", maximumItems: Int
    ) throws -> Excerpt<DeliveryEntry> {
        let choice = "\(ReconciliationQueries.stopped(transport)) \(more)"
        return Excerpt(
            entries: try deliveries("\(choice) ORDER BY d.number DESC", of: partner, maximumItems: maximumItems),
            count: try count(
                "delivery d JOIN message m ON m.id = d.message_id WHERE d.partner = ? AND \(choice)", of: partner))
    }

    private func deliveries(_ choice: String, of partner: OIN, maximumItems: Int) throws -> [DeliveryEntry] {
        try all(ReconciliationQueries.deliveries(choice), [partner.text, maximumItems]) { try DeliveryEntry($0) }
    }

    private func sentAgain(to partner: OIN, maximumItems: Int) throws -> [SentAgain] {
        try all(
            """
            SELECT r.number, d.message_id, m.digest, r.next_attempt FROM refill r
            JOIN delivery d ON d.partner = r.partner AND d.number = r.number JOIN message m ON m.id = d.message_id
            WHERE r.partner = ? ORDER BY r.number LIMIT ?
            """,
            [partner.text, maximumItems]
        ) { row in
            SentAgain(
                item: ChannelItem(
                    number: try row.number(0), messageID: try row.identifier(1), messageDigest: try row.digest(2)),
                nextAttempt: row.integer(3) > 0 ? row.timestamp(3) : nil)
        }
    }

    private func unreceipted(
        of partner: OIN, _ answer: String, maximumItems: Int
    ) throws -> Excerpt<UnreceiptedNumber> {
        let rows = ReconciliationQueries.unreceipted(answer)
        return Excerpt(
            entries: try all(
                """
                SELECT number, message_id, message_digest, note, filled_at FROM \(rows) ORDER BY number DESC LIMIT ?
                """,
                [partner.text, maximumItems]
            ) { row in
                UnreceiptedNumber(
                    item: ChannelItem(
                        number: try row.number(0), messageID: try row.identifier(1), messageDigest: try row.digest(2)),
                    note: row.text(3), filledAt: row.timestamp(4))
            }, count: try count(rows, of: partner))
    }
}

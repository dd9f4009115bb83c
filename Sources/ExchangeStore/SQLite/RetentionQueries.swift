package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func retentionPage(
        after place: RetentionPlace?, keptUntil: Timestamp, maximumItems: Int
    ) async throws -> RetentionPage {
        try await read { try $0.retentionPage(after: place, keptUntil: keptUntil, maximumItems: maximumItems) }
    }

    package func purge(_ messages: [MessageID], periods: RetentionPeriods, now: Timestamp) async throws -> Int {
        try await write(at: now) { try $0.purge(messages, periods: periods, now: now) }
    }

    package func mend(
        _ message: MessageID, as digest: Digest, envelope: [UInt8], from partner: OIN, at: Timestamp
    ) async throws -> Bool {
        try await write(at: at) { try $0.mend(message, as: digest, envelope: envelope, from: partner) }
    }

    package func purgedCount() async throws -> Int {
        try await read { try $0.first("SELECT count(*) FROM purged_message", []) { $0.count(0) } ?? 0 }
    }
}

extension Schema {
    /// What went by retention, and what it rests on. That nothing open goes is held here too: against a fault of our own,
    /// and against a hand on the file.
    static let retention = """
        -- As the partner last answered: what of our channel its backup covers, the end of its own, and whether it is
        -- getting back a loss.
        ALTER TABLE partner ADD COLUMN safe_there INTEGER NOT NULL DEFAULT 0 CHECK (safe_there >= 0);
        ALTER TABLE partner ADD COLUMN issued_there INTEGER NOT NULL DEFAULT 0 CHECK (issued_there >= 0);
        ALTER TABLE partner ADD COLUMN is_recovering_there INTEGER NOT NULL DEFAULT 0
            CHECK (is_recovering_there IN (0, 1));
        CREATE TABLE purged_message (
            ordinal INTEGER PRIMARY KEY,
            message_id BLOB NOT NULL UNIQUE REFERENCES message (id),
            purged_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX message_with_content ON message (kept_at, ordinal) WHERE length(envelope) > 0;
        CREATE TRIGGER purged_message_closed BEFORE INSERT ON purged_message
            WHEN EXISTS (SELECT 1 FROM delivery WHERE message_id = NEW.message_id
                    AND (transport NOT IN ('receipted', 'withdrawn') OR is_outstanding = 1))
                OR EXISTS (SELECT 1 FROM delivery d JOIN refill r ON r.partner = d.partner AND r.number = d.number
                    WHERE d.message_id = NEW.message_id)
                OR EXISTS (SELECT 1 FROM inbox WHERE message_id = NEW.message_id
                    AND state NOT IN ('declined', 'concluded'))
            BEGIN SELECT RAISE(ABORT, 'nothing that is open is purged'); END;
        CREATE TRIGGER purged_message_final BEFORE UPDATE ON purged_message
            BEGIN SELECT RAISE(ABORT, 'what went stays gone'); END;
        CREATE TRIGGER purged_message_kept BEFORE DELETE ON purged_message
            BEGIN SELECT RAISE(ABORT, 'what went stays gone'); END;
        CREATE TRIGGER message_purged BEFORE UPDATE ON message
            WHEN EXISTS (SELECT 1 FROM purged_message WHERE message_id = OLD.id)
            BEGIN SELECT RAISE(ABORT, 'what went stays gone'); END;
        """
}

enum RetentionQueries {
    /// - Its parameters: the latest that it was kept, the place behind which the page begins, how many.
    static let page = """
        SELECT id, kept_at, ordinal FROM message
        WHERE length(envelope) > 0 AND kept_at <= ? AND (kept_at, ordinal) > (?, ?)
        ORDER BY kept_at, ordinal LIMIT ?
        """
}

extension Database {
    fileprivate func retentionPage(
        after place: RetentionPlace?, keptUntil: Timestamp, maximumItems: Int
    ) throws -> RetentionPage {
        let found = try all(
            RetentionQueries.page,
            [keptUntil.milliseconds, place?.keptAt.milliseconds ?? .min, place?.ordinal ?? 0, maximumItems + 1]
        ) { row in
            (
                id: try row.identifier(0, MessageID.self),
                place: RetentionPlace(keptAt: row.timestamp(1), ordinal: row.integer(2))
            )
        }
        let shown = found.prefix(maximumItems)
        return RetentionPage(
            facts: try shown.compactMap { try retentionFacts(for: $0.id) },
            next: found.count > maximumItems ? shown.last?.place : nil)
    }

    fileprivate func retentionFacts(for message: MessageID) throws -> RetentionFacts? {
        let next = MessageSummary.columnCount
        return try first(
            """
            SELECT \(MessageSummary.columns), m.is_outgoing, m.kept_at, length(m.envelope) > 0,
                \(AlarmQueries.isOpenOfMessage), \(AskedAnswerQueries.isAwaiting)
            FROM message m WHERE m.id = ?
            """,
            [message.column]
        ) { row in
            RetentionFacts(
                message: try MessageSummary(row, from: 0), isOutgoing: row.flag(next), keptAt: row.timestamp(next + 1),
                hasContent: row.flag(next + 2), sent: try sent(message), received: try received(message),
                entry: try entry(of: message), hasAlarm: row.flag(next + 3),
                isAwaiting: row.flag(next + 4))
        }
    }

    private func sent(_ message: MessageID) throws -> [RetentionFacts.Sent] {
        try all(
            """
            SELECT d.partner, d.number, d.transport, d.is_outstanding OR EXISTS
                    (SELECT 1 FROM refill r WHERE r.partner = d.partner AND r.number = d.number),
                d.follow_up,
                max(coalesce(d.receipted_at, 0), coalesce(d.owned_at, 0), coalesce(d.declined_at, 0),
                    coalesce(d.concluded_at, 0)),
                p.safe_there, p.issued_there, p.is_recovering_there
            FROM delivery d JOIN partner p ON p.oin = d.partner WHERE d.message_id = ? ORDER BY d.ordinal
            """,
            [message.column]
        ) { row in
            RetentionFacts.Sent(
                key: DeliveryKey(partner: try row.oin(0), number: try row.number(1)), transport: try row.word(2),
                isDue: row.flag(3), followUp: try row.word(4), closedAt: row.integer(5) > 0 ? row.timestamp(5) : nil,
                cover: try PartnerCover(row, from: 6))
        }
    }

    private func received(_ message: MessageID) throws -> [RetentionFacts.Received] {
        try all(
            """
            SELECT s.partner, s.number, p.safe_number, p.safe_there, p.issued_there, p.is_recovering_there
            FROM slot s JOIN partner p ON p.oin = s.partner
            WHERE s.message_id = ? AND s.answer = 'receipt' ORDER BY s.ordinal
            """,
            [message.column]
        ) { row in
            RetentionFacts.Received(
                key: DeliveryKey(partner: try row.oin(0), number: try row.number(1)), safe: try row.number(2),
                cover: try PartnerCover(row, from: 3))
        }
    }

    private func entry(of message: MessageID) throws -> RetentionFacts.Entry? {
        try first(
            """
            SELECT i.state, i.moved_at, NOT EXISTS (SELECT 1 FROM consumer c WHERE c.feed = 'inbox'
                AND CASE i.priority_rank WHEN 3 THEN c.stat WHEN 2 THEN c.asap WHEN 1 THEN c.urgent ELSE c.routine END
                    < coalesce(i.feed_number, 9223372036854775807))
            FROM inbox i WHERE i.message_id = ?
            """,
            [message.column]
        ) {
            RetentionFacts.Entry(state: try $0.word(0), movedAt: $0.optionalTimestamp(1), isConfirmed: $0.flag(2))
        }
    }
}

extension PartnerCover {
    fileprivate init(_ row: StoredRow, from index: Int) throws {
        self.init(
            safe: try row.number(index), issued: try row.number(index + 1), isRecovering: row.flag(index + 2))
    }
}

extension LedgerTransaction {
    func retentionFacts(for message: MessageID) throws -> RetentionFacts? {
        try database.retentionFacts(for: message)
    }

    func keep(_ cover: PartnerCover, of partner: OIN) throws {
        try ensurePartner(partner)
        try database.change(
            "UPDATE partner SET safe_there = ?, issued_there = ?, is_recovering_there = ? WHERE oin = ?",
            [try cover.safe.column(), try cover.issued.column(), cover.isRecovering, partner.text])
    }

    mutating func replaceContent(of message: MessageID, envelope: [UInt8]) throws {
        try database.changeOne(
            "message \(message)",
            "UPDATE message SET envelope = ?, envelope_digest = ? WHERE id = ? AND length(envelope) > 0",
            [Data(envelope), StoredEnvelope.digest(of: envelope, using: digest)?.column, message.column])
        // Whoever it was put off for need not wait for the next tally.
        for partner in try database.all(
            "SELECT DISTINCT partner FROM delivery WHERE message_id = ? AND transport = 'open' ORDER BY partner",
            [message.column], { try $0.oin(0) })
        { tell(.workArrived(partner)) }
    }

    func purgeContent(of message: MessageID) throws {
        try database.changeOne(
            "message \(message)",
            "UPDATE message SET envelope = x'', envelope_digest = NULL WHERE id = ? AND length(envelope) > 0",
            [message.column])
        try database.change(
            "INSERT INTO purged_message (message_id, purged_at) VALUES (?, ?)", [message.column, at.milliseconds])
        try eraseAsked(by: message)
        try eraseLinks(by: message)
    }
}

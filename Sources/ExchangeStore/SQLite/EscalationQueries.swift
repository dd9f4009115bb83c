package import ExchangeCore
import GRDB

extension SQLiteLedger {
    package func escalations(of message: MessageID) async throws -> [EscalationEntry] {
        try await read { try $0.escalations(of: message) }
    }

    package func escalationFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<NumberedEscalation>] {
        try await read { database in
            try FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
                try database.all(EscalationQueries.feed, [priority.rank, number, count]) { row in
                    let entry = try NumberedEscalation(row)
                    return (number: entry.number, entry: entry)
                }
            }
        }
    }

    package func escalations(after number: Int64?, maximumItems: Int) async throws -> [NumberedEscalation] {
        try await read { database in
            guard let number else {
                return try database.all(EscalationQueries.newest, [maximumItems]) { try NumberedEscalation($0) }
                    .reversed()
            }
            return try database.all(EscalationQueries.behind, [number, maximumItems]) { try NumberedEscalation($0) }
        }
    }
}

enum EscalationQueries {
    static let columns = "e.debtor, e.subject, e.step, e.told, e.contact, e.since, e.due_at, e.at, e.actor"
    static let numbered = """
        SELECT \(MessageSummary.columns), e.ordinal, \(columns)
        FROM escalation e JOIN message m ON m.id = e.message_id
        """
    /// - Its parameters: a priority's rank, the number before the first, and how many.
    static let feed = numbered + " WHERE e.priority_rank = ? AND e.ordinal > ? ORDER BY e.ordinal LIMIT ?"
    /// - Its parameters: the number before the first, and how many.
    static let behind = numbered + " WHERE e.ordinal > ? ORDER BY e.ordinal LIMIT ?"
    /// The last come first. Its parameter: how many.
    static let newest = numbered + " ORDER BY e.ordinal DESC LIMIT ?"
    /// - Its parameter: a number.
    static let one = numbered + " WHERE e.ordinal = ?"
    static let last = "SELECT coalesce(max(ordinal), 0) FROM escalation"
}

extension Schema {
    /// Makes a feed of what was told: each row is an entry, and its ordinal the number, for none is ever erased. Both tables
    /// are made anew, since a check of a column cannot be changed.
    static let escalationFeed = """
        CREATE TABLE new_escalation (
            -- Its number in the feed.
            ordinal INTEGER PRIMARY KEY,
            message_id BLOB NOT NULL REFERENCES message (id),
            priority_rank INTEGER NOT NULL CHECK (priority_rank BETWEEN 0 AND 3),
            -- Empty where this organisation owes it.
            debtor TEXT NOT NULL,
            -- Empty for what was told by telephone.
            subject TEXT NOT NULL,
            step TEXT NOT NULL CHECK (step IN
                ('remind', 'deputy', 'management', 'duty-officer', 'ended', 'told-by-telephone')),
            -- Of an end or a call: the steps before it, with commas between.
            told TEXT NOT NULL DEFAULT '',
            contact TEXT NOT NULL,
            -- The clock of the obligation; NULL for a call, and in rows of before.
            since INTEGER,
            due_at INTEGER,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL,
            CHECK ((step = 'told-by-telephone') = (subject = ''))
        ) STRICT;
        INSERT INTO new_escalation (ordinal, message_id, priority_rank, debtor, subject, step, contact, actor, at)
            SELECT e.ordinal, e.message_id,
                CASE m.priority WHEN 'stat' THEN 3 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END,
                e.debtor, e.subject, e.step, e.contact, e.actor, e.at
            FROM escalation e JOIN message m ON m.id = e.message_id;
        DROP TABLE escalation;
        ALTER TABLE new_escalation RENAME TO escalation;
        CREATE INDEX escalation_of_message ON escalation (message_id, ordinal);
        CREATE INDEX escalation_feed ON escalation (priority_rank, ordinal);
        CREATE UNIQUE INDEX escalation_step ON escalation (message_id, debtor, subject, step)
            WHERE step NOT IN ('ended', 'told-by-telephone');
        CREATE TRIGGER escalation_final BEFORE UPDATE ON escalation
            BEGIN SELECT RAISE(ABORT, 'what was told is kept as it was'); END;
        CREATE TRIGGER escalation_kept BEFORE DELETE ON escalation
            BEGIN SELECT RAISE(ABORT, 'what was told is kept as it was'); END;
        CREATE TABLE new_consumer (
            name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
            feed TEXT NOT NULL CHECK (feed IN ('inbox', 'deliveries', 'escalations')),
            -- Part of its cursors, so that another's, or one of before it was made anew, is not taken for its own.
            key BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
            routine INTEGER NOT NULL CHECK (routine >= 0),
            urgent INTEGER NOT NULL CHECK (urgent >= 0),
            asap INTEGER NOT NULL CHECK (asap >= 0),
            stat INTEGER NOT NULL CHECK (stat >= 0),
            created_at INTEGER NOT NULL,
            confirmed_at INTEGER,
            actor TEXT NOT NULL
        ) STRICT;
        INSERT INTO new_consumer SELECT name, feed, key, routine, urgent, asap, stat, created_at, confirmed_at, actor
            FROM consumer;
        DROP TABLE consumer;
        ALTER TABLE new_consumer RENAME TO consumer;
        CREATE TRIGGER consumer_never_back BEFORE UPDATE ON consumer
            WHEN NEW.routine < OLD.routine OR NEW.urgent < OLD.urgent OR NEW.asap < OLD.asap OR NEW.stat < OLD.stat
                OR NEW.feed <> OLD.feed OR NEW.key <> OLD.key
            BEGIN SELECT RAISE(ABORT, 'what was confirmed is not handed out again'); END;
        """
}

extension Database {
    func lastEscalation() throws -> Int64 { try first(EscalationQueries.last) { $0.integer(0) } ?? 0 }

    func escalations(of message: MessageID) throws -> [EscalationEntry] {
        try all(
            "SELECT \(EscalationQueries.columns) FROM escalation e WHERE e.message_id = ? ORDER BY e.ordinal",
            [message.column]
        ) { try EscalationEntry($0, from: 0, of: message) }
    }
}

extension LedgerTransaction {
    mutating func keep(_ escalation: EscalationEntry) throws {
        let sender = try database.first(
            "SELECT sender FROM message WHERE id = ?", [escalation.message.column]
        ) { try $0.oin(0) }
        guard let sender else { throw StoreError.invariant("no such message \(escalation.message)") }
        try database.changeOne(
            "message \(escalation.message)",
            """
            INSERT INTO escalation
                (message_id, priority_rank, lane, debtor, subject, step, told, contact, since, due_at, actor, at)
            SELECT id, CASE priority WHEN 'stat' THEN 3 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END,
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM message WHERE id = ?
            """,
            [
                EscalationLane(debtor: escalation.debtor, sender: sender).text, escalation.debtor?.text ?? "",
                escalation.kind.subject?.text ?? "", escalation.kind.text,
                escalation.told.map(\.rawValue).joined(separator: ","), escalation.contact,
                escalation.since?.milliseconds, escalation.dueAt?.milliseconds, escalation.actor,
                escalation.at.milliseconds, escalation.message.column,
            ])
        tell(.alarmsChanged)
    }
}

extension EscalationEntry {
    /// Reads ``EscalationQueries/columns``.
    fileprivate init(_ row: StoredRow, from index: Int, of message: MessageID) throws {
        let subject = row.text(index + 1)
        let kind = Kind(
            row.text(index + 2), of: subject.isEmpty ? nil : try row.value(index + 1, ObligationSubject(subject)))
        self.init(
            message: message, debtor: row.text(index).isEmpty ? nil : try row.oin(index),
            kind: try row.value(index + 2, kind),
            told: try row.text(index + 3).split(separator: ",").map {
                try row.value(index + 3, EscalationStep(rawValue: String($0)))
            },
            contact: row.text(index + 4), since: row.optionalTimestamp(index + 5),
            dueAt: row.optionalTimestamp(index + 6), at: row.timestamp(index + 7), actor: row.text(index + 8))
    }
}

extension NumberedEscalation {
    init(_ row: StoredRow) throws {
        let next = MessageSummary.columnCount
        let message = try MessageSummary(row, from: 0)
        self.init(
            number: row.integer(next), message: message,
            entry: try EscalationEntry(row, from: next + 1, of: message.id))
    }
}

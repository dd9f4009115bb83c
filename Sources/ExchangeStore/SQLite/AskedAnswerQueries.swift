import ExchangeCore
import GRDB

extension Schema {
    /// What contents ask for. It is read before a content is sealed, and goes with the content by retention.
    static let askedAnswers = """
        CREATE TABLE asked_answer (
            message_id BLOB NOT NULL REFERENCES message (id),
            code TEXT NOT NULL,
            -- Empty where this organisation owes it.
            debtor TEXT NOT NULL,
            -- NULL where the clock of its type counts.
            due_at INTEGER,
            PRIMARY KEY (message_id, code, debtor)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER asked_answer_final BEFORE UPDATE ON asked_answer
            BEGIN SELECT RAISE(ABORT, 'what a content asks for is kept as it was'); END;
        CREATE TRIGGER asked_answer_kept BEFORE DELETE ON asked_answer
            WHEN NOT EXISTS (SELECT 1 FROM purged_message WHERE message_id = OLD.message_id)
            BEGIN SELECT RAISE(ABORT, 'what a content asks for is kept as long as the content'); END;
        """
}

enum AskedAnswerQueries {
    /// Whether the content of the message `m` asks for an answer while something is owed on it.
    static let isAwaiting = """
        EXISTS (SELECT 1 FROM asked_answer a WHERE a.message_id = m.id)
            AND EXISTS (SELECT 1 FROM message_clock c WHERE c.message_id = m.id)
        """
}

extension Database {
    func asked(by message: MessageID) throws -> [AskedAnswer] {
        try all(
            "SELECT code, debtor, due_at FROM asked_answer WHERE message_id = ? ORDER BY code, debtor", [message.column]
        ) { row in
            AskedAnswer(
                code: row.text(0), debtor: row.text(1).isEmpty ? nil : try row.oin(1), dueAt: row.optionalTimestamp(2))
        }
    }
}

extension LedgerTransaction {
    func keep(_ asked: [AskedAnswer], of message: MessageID) throws {
        for answer in asked {
            try database.change(
                "INSERT INTO asked_answer (message_id, code, debtor, due_at) VALUES (?, ?, ?, ?)",
                [message.column, answer.code, answer.debtor?.text ?? "", answer.dueAt?.milliseconds])
        }
    }

    /// With the content that asked.
    func eraseAsked(by message: MessageID) throws {
        try database.change("DELETE FROM asked_answer WHERE message_id = ?", [message.column])
    }
}

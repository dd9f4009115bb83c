package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func coRecipients(of message: MessageID) async throws -> CoRecipientsOfMessage {
        try await read {
            CoRecipientsOfMessage(
                listed: try $0.listedCoRecipients(of: message), words: try $0.words(onMessage: message))
        }
    }

    package func awaitedMessages(
        in reference: CaseReference, maximumItems: Int
    ) async throws -> [AwaitedMessage] {
        try await read { database in
            try database.all(CoRecipientQueries.awaited, [reference.column, maximumItems]) { row in
                AwaitedMessage(word: try KeptWord(row), priority: try row.word(KeptWord.columnCount), isHere: false)
            }.reversed()
        }
    }
}

enum CoRecipientQueries {
    /// - Its parameters: a case, and how many rows; the newest come first. A word ends at the node, and is looked for among what
    ///   does.
    static let awaited = """
        SELECT \(KeptWord.columns), m.priority
        FROM message m JOIN co_recipient_word w ON w.said_in = m.id
        WHERE m.case_reference = ? AND m.is_handed_over = 0
            AND NOT EXISTS (SELECT 1 FROM message h WHERE h.id = w.message_id)
        ORDER BY m.ordinal DESC LIMIT ?
        """
}

extension Schema {
    /// Whom else a received message lists, and what others say that they hold. Both are kept for good, like ids and digests: a
    /// difference may show years later, and content that went by retention cannot be asked any more.
    static let coRecipients = """
        CREATE TABLE co_recipient (
            message_id BLOB NOT NULL REFERENCES message (id),
            partner TEXT NOT NULL CHECK (length(partner) = 20),
            role TEXT NOT NULL,
            PRIMARY KEY (message_id, partner)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE co_recipient_word (
            ordinal INTEGER PRIMARY KEY,
            -- The L2 itself.
            said_in BLOB NOT NULL UNIQUE REFERENCES message (id),
            -- What it speaks of, which need not be here.
            message_id BLOB NOT NULL CHECK (length(message_id) = 16),
            message_digest BLOB NOT NULL CHECK (length(message_digest) = 32),
            sender TEXT NOT NULL CHECK (length(sender) = 20),
            speaker TEXT NOT NULL CHECK (length(speaker) = 20),
            step TEXT NOT NULL CHECK (step IN ('owned', 'declined')),
            role TEXT NOT NULL,
            kept_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX co_recipient_word_of_message ON co_recipient_word (message_id, ordinal);
        CREATE TRIGGER co_recipient_final BEFORE UPDATE ON co_recipient
            BEGIN SELECT RAISE(ABORT, 'whom a message lists is kept as it was signed'); END;
        CREATE TRIGGER co_recipient_kept BEFORE DELETE ON co_recipient
            BEGIN SELECT RAISE(ABORT, 'whom a message lists is kept as it was signed'); END;
        CREATE TRIGGER co_recipient_word_final BEFORE UPDATE ON co_recipient_word
            BEGIN SELECT RAISE(ABORT, 'what a recipient said is kept as it was'); END;
        CREATE TRIGGER co_recipient_word_kept BEFORE DELETE ON co_recipient_word
            BEGIN SELECT RAISE(ABORT, 'what a recipient said is kept as it was'); END;
        """
}

extension Database {
    /// For the core's decision; see ``CoRecipientFacts``.
    func coRecipientFacts(of message: MessageID) throws -> CoRecipientFacts {
        CoRecipientFacts(
            message: try first("SELECT digest, sender, is_outgoing FROM message WHERE id = ?", [message.column]) {
                CoRecipientFacts.Message(digest: try $0.digest(0), sender: try $0.oin(1), isOutgoing: $0.flag(2))
            },
            listed: try listedCoRecipients(of: message).map(\.oin),
            words: try words(onMessage: message).map(\.word))
    }

    fileprivate func listedCoRecipients(of message: MessageID) throws -> [Party] {
        try all("SELECT partner, role FROM co_recipient WHERE message_id = ? ORDER BY partner", [message.column]) {
            Party(oin: try $0.oin(0), role: try $0.word(1))
        }
    }

    fileprivate func words(onMessage message: MessageID) throws -> [KeptWord] {
        try all(
            "SELECT \(KeptWord.columns) FROM co_recipient_word w WHERE w.message_id = ? ORDER BY w.ordinal",
            [message.column]
        ) { try KeptWord($0) }
    }
}

extension KeptWord {
    fileprivate static let columnCount = 8
    fileprivate static let columns = """
        w.message_id, w.message_digest, w.sender, w.speaker, w.step, w.role, w.said_in, w.kept_at
        """

    fileprivate init(_ row: StoredRow) throws(StoreError) {
        self.init(
            word: CoRecipientWord(
                messageID: try row.identifier(0), messageDigest: try row.digest(1), sender: try row.oin(2),
                speaker: try row.oin(3), step: try row.word(4), role: row.text(5), saidIn: try row.identifier(6)),
            keptAt: row.timestamp(7))
    }
}

extension LedgerTransaction {
    func awaitedMessage(ofWordIn message: MessageID) throws -> AwaitedMessage? {
        let next = KeptWord.columnCount
        return try database.first(
            """
            SELECT \(KeptWord.columns), m.priority, EXISTS (SELECT 1 FROM message h WHERE h.id = w.message_id)
            FROM co_recipient_word w JOIN message m ON m.id = w.said_in WHERE w.said_in = ?
            """,
            [message.column]
        ) { row in
            AwaitedMessage(word: try KeptWord(row), priority: try row.word(next), isHere: row.flag(next + 1))
        }
    }

    func keep(_ coRecipients: [Party], of message: MessageID) throws {
        for party in coRecipients {
            try database.change(
                "INSERT INTO co_recipient (message_id, partner, role) VALUES (?, ?, ?)",
                [message.column, party.oin.text, party.role.rawValue])
        }
    }

    func keep(_ word: CoRecipientWord) throws {
        try database.change(
            """
            INSERT INTO co_recipient_word
                (said_in, message_id, message_digest, sender, speaker, step, role, kept_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                word.saidIn.column, word.messageID.column, word.messageDigest.column, word.sender.text,
                word.speaker.text, word.step.rawValue, word.role, at.milliseconds,
            ])
    }
}

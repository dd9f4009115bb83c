package import ExchangeCore
import GRDB

extension SQLiteLedger {
    package func caseLinks(of reference: CaseReference) async throws -> [CaseLinkEntry] {
        try await read { try $0.caseLinks(of: reference) }
    }
}

extension Schema {
    /// Which messages say that two cases are one. It is read before a content is sealed, and goes with the content by retention.
    static let caseLinks = """
        CREATE TABLE case_link (
            message_id BLOB NOT NULL REFERENCES message (id),
            -- That of the message.
            case_reference BLOB NOT NULL CHECK (length(case_reference) = 16),
            other_reference BLOB NOT NULL CHECK (length(other_reference) = 16 AND other_reference <> case_reference),
            -- 0 where it takes back what was said.
            is_linked INTEGER NOT NULL CHECK (is_linked IN (0, 1)),
            PRIMARY KEY (message_id, other_reference)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX case_link_from ON case_link (case_reference);
        CREATE INDEX case_link_to ON case_link (other_reference);
        CREATE TRIGGER case_link_final BEFORE UPDATE ON case_link
            BEGIN SELECT RAISE(ABORT, 'that two cases are one is kept as it was said'); END;
        CREATE TRIGGER case_link_kept BEFORE DELETE ON case_link
            WHEN NOT EXISTS (SELECT 1 FROM purged_message WHERE message_id = OLD.message_id)
            BEGIN SELECT RAISE(ABORT, 'that two cases are one is kept as long as the content'); END;
        """
}

enum CaseLinkQueries {
    /// - Its parameter: a case, twice.
    static let all = """
        SELECT \(MessageSummary.columns), m.kept_at, l.other_reference, l.is_linked
        FROM case_link l JOIN message m ON m.id = l.message_id
        WHERE l.case_reference = ? OR l.other_reference = ? ORDER BY m.ordinal, l.other_reference
        """
}

extension Database {
    fileprivate func caseLinks(of reference: CaseReference) throws -> [CaseLinkEntry] {
        let next = MessageSummary.columnCount
        return try all(CaseLinkQueries.all, [reference.column, reference.column]) { row in
            CaseLinkEntry(
                message: try MessageSummary(row, from: 0), keptAt: row.timestamp(next),
                link: CaseLink(to: try row.identifier(next + 1), isLinked: row.flag(next + 2)))
        }
    }
}

extension LedgerTransaction {
    func keep(_ links: [CaseLink], of message: MessageSummary) throws {
        for link in links {
            try database.change(
                "INSERT INTO case_link (message_id, case_reference, other_reference, is_linked) VALUES (?, ?, ?, ?)",
                [message.id.column, message.caseReference.column, link.other.column, link.isLinked])
        }
    }

    /// With the content that says so.
    func eraseLinks(by message: MessageID) throws {
        try database.change("DELETE FROM case_link WHERE message_id = ?", [message.column])
    }
}

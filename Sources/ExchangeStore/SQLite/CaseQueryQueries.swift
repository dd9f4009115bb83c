package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func caseQueries(after query: MessageID?, maximumItems: Int) async throws -> [ReceivedCaseQuery] {
        try await read {
            try $0.all(CaseQueryQueries.received, [query?.column ?? Data(), maximumItems]) {
                ReceivedCaseQuery(query: try $0.identifier(0), isAnswered: $0.flag(1))
            }
        }
    }
}

extension Schema {
    /// Queries that came, each once: which of them is not answered is asked at every start.
    static let caseQueries = """
        CREATE INDEX message_case_query ON message (ordinal) WHERE type_code = 'NOD-07' AND is_outgoing = 0;
        """
}

enum CaseQueryQueries {
    /// - Its parameters: the query behind which the page begins, or nothing; and how many.
    static let received = """
        SELECT id, EXISTS (
            SELECT 1 FROM idempotency_key WHERE key = '\(CaseQuery.keyPrefix)' || lower(hex(message.id)))
        FROM message WHERE type_code = 'NOD-07' AND is_outgoing = 0
            AND ordinal > coalesce((SELECT ordinal FROM message WHERE id = ?), 0)
        ORDER BY ordinal LIMIT ?
        """
}

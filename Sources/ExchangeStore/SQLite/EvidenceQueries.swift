import ExchangeCore
import Foundation
import GRDB

// What a message is proven with to somebody else.

enum EvidenceQueries {
    /// - Its parameters: a case, how many.
    static let nodeMessages = """
        SELECT \(MessageSummary.columns) FROM message m
        WHERE m.case_reference = ? AND m.is_handed_over = 0 ORDER BY m.ordinal LIMIT ?
        """
}

extension Database {
    func nodeMessages(in reference: CaseReference, maximumItems: Int) throws -> [MessageSummary] {
        try all(EvidenceQueries.nodeMessages, [reference.column, maximumItems]) { try MessageSummary($0, from: 0) }
    }

    func proofs(of message: MessageID, to partner: OIN) throws -> [GivenProof] {
        try all(
            """
            SELECT number, answer, proof, filled_at, 0 AS turn FROM slot
            WHERE message_id = ?1 AND partner = ?2 AND answer IN ('receipt', 'refusal')
            UNION ALL
            SELECT s.number, s.answer, r.proof, r.issued_at, r.ordinal FROM slot s
            JOIN reissued_proof r ON r.partner = s.partner AND r.number = s.number
            WHERE s.message_id = ?1 AND s.partner = ?2
            ORDER BY 1, 5
            """,
            [message.column, partner.text]
        ) { row in
            GivenProof(
                number: try row.number(0), isReceipt: row.text(1) == "receipt", proof: row.bytes(2),
                notedAt: row.timestamp(3), isReissued: row.integer(4) > 0)
        }
    }
}

import ExchangeCore
import Foundation
import GRDB

/// Finds what is due for one partner, without looking at what is not: with a million deliveries queued it reads as many
/// rows as it returns.
///
/// Each source of ``DueSelection`` is a range of one index.
struct DueQuery {
    typealias Source = DueSelection.Source

    let database: Database
    /// Each envelope is held against what was kept of it.
    let digest: DigestFunction
    let partner: OIN
    let now: Timestamp
    /// A next attempt later than this is due as well: see ``StoreLimits/deferralMaximum``.
    let horizon: Timestamp
    let maximumItems: Int
    let maximumBytes: Int

    func run() throws -> DueDeliveries {
        let numbers = try chosenNumbers().sorted()
        guard let last = numbers.last else {
            return DueDeliveries(items: [], runningDigest: .zero, nextDue: try nextDue())
        }
        return DueDeliveries(
            items: try numbers.map(delivery),
            runningDigest: try database.runningDigest(issuedTo: partner, at: last) ?? .zero, nextDue: nil)
    }

    func chosenNumbers() throws -> [Int64] {
        try DueSelection(maximumItems: maximumItems, maximumBytes: maximumBytes).numbers { source, priority, count in
            let bound: StatementArguments =
                switch source {
                case .waiting: []
                case .deferred: [now.milliseconds]
                case .strayed: [horizon.milliseconds, DueSelection.afterRecovery]
                case .again: [now.milliseconds]
                case .againStrayed: [horizon.milliseconds]
                }
            return try database.all(source.sql, [partner.text, priority.rank] + bound + [count]) {
                DueSelection.Candidate(number: $0.integer(0), bytes: $0.count(1))
            }
        }
    }

    private func delivery(_ number: Int64) throws -> DueDelivery {
        let found = try database.first(
            """
            SELECT \(ChannelItem.columns), d.transport, d.declared_reason, d.case_reference, m.envelope,
                EXISTS (SELECT 1 FROM refill r WHERE r.partner = d.partner AND r.number = d.number),
                EXISTS (SELECT 1 FROM purged_message p WHERE p.message_id = d.message_id), m.envelope_digest
            FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.partner = ? AND d.number = ?
            """,
            [partner.text, number]
        ) { row in
            let item = ChannelItem(
                number: SequenceNumber(UInt64(number)), messageID: try row.identifier(0),
                messageDigest: try row.digest(1))
            return try DueDelivery(
                item: item, transport: try row.word(2), isRefilled: row.flag(6), isPurged: row.flag(7),
                declaredReason: row.text(3), caseReference: try row.identifier(4),
                envelope: StoredEnvelope(row.bytes(5), kept: try row.optionalDigest(8), using: digest))
        }
        guard let found else { throw StoreError.invariant("number \(number) is due and not there") }
        return found
    }

    func nextDue() throws -> Timestamp? {
        try Priority.allCases.flatMap { priority in
            try ["delivery WHERE is_outstanding = 1 AND", "refill WHERE"].compactMap { source in
                try database.first(
                    """
                    SELECT next_attempt FROM \(source) next_attempt > 0 AND next_attempt < ? AND partner = ?
                        AND priority_rank = ? ORDER BY next_attempt LIMIT 1
                    """,
                    [DueSelection.afterRecovery, partner.text, priority.rank]
                ) { $0.timestamp(0) }
            }
        }.min()
    }
}

extension DueSelection.Source {
    /// - Its parameters: the partner, the priority's rank, `now` or the horizon where it is a bound, and how many.
    var sql: String {
        if isAgain {
            // What is to be told anyway is told once.
            return """
                SELECT r.number, CASE WHEN d.transport IN ('receipted', 'refused') THEN d.envelope_bytes ELSE 0 END
                FROM refill r JOIN delivery d ON d.partner = r.partner AND d.number = r.number
                WHERE r.partner = ? AND r.priority_rank = ? AND d.is_outstanding = 0
                    AND r.next_attempt \(self == .again ? "<=" : ">") ? ORDER BY r.next_attempt, r.number LIMIT ?
                """
        }
        let range =
            switch self {
            case .waiting: "next_attempt = 0 ORDER BY number"
            case .deferred: "next_attempt BETWEEN 1 AND ? ORDER BY next_attempt"
            case .strayed: "next_attempt > ? AND next_attempt < ? ORDER BY next_attempt"
            case .again, .againStrayed: preconditionFailure("have a table of their own")
            }
        return """
            SELECT number, CASE transport WHEN 'open' THEN envelope_bytes ELSE 0 END FROM delivery
            WHERE is_outstanding = 1 AND partner = ? AND priority_rank = ? AND \(range) LIMIT ?
            """
    }
}

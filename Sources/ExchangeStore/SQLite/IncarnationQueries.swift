import ExchangeCore
import GRDB

// Which incarnations a partner has signed with. Each question is one range of an index, so that a partner that restarts
// often, or invents restarts, makes none of its requests slower.

extension Database {
    func incarnationFacts(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], of partner: OIN
    ) throws -> IncarnationFacts {
        IncarnationFacts(
            incarnation: incarnation,
            latest: try first(
                """
                SELECT incarnation, predecessor, highest_number, highest_digest, first_seen
                FROM seen_incarnation WHERE partner = ? ORDER BY ordinal DESC LIMIT 1
                """,
                [partner.text]
            ) { try SeenIncarnation($0) },
            follower: try first(
                """
                SELECT incarnation, predecessor, highest_number, highest_digest, first_seen
                FROM seen_incarnation WHERE partner = ?1 AND ordinal >
                    (SELECT ordinal FROM seen_incarnation WHERE partner = ?1 AND incarnation = ?2)
                ORDER BY ordinal LIMIT 1
                """,
                [partner.text, incarnation.column]
            ) { try SeenIncarnation($0) },
            successor: try firstIncarnation(after: incarnation, of: partner),
            predecessors: try predecessors.map {
                NamedPredecessor(
                    $0, isSeen: try isSeen($0.incarnation, of: partner),
                    successor: try firstIncarnation(after: $0.incarnation, of: partner)?.incarnation)
            },
            highest: try highestSigned(by: partner),
            running: try first("SELECT running_incarnation FROM partner WHERE oin = ?", [partner.text]) {
                try $0.optionalIdentifier(0)
            } ?? nil,
            answering: try first("SELECT answering_incarnation FROM partner WHERE oin = ?", [partner.text]) {
                try $0.optionalIdentifier(0)
            } ?? nil)
    }

    /// The first that named `predecessor` as the one that it grew from, or skipped it.
    private func firstIncarnation(after predecessor: IncarnationID, of partner: OIN) throws -> SeenIncarnation? {
        try first(
            """
            SELECT incarnation, predecessor, highest_number, highest_digest, first_seen
            FROM seen_incarnation WHERE ordinal = (
                SELECT min(ordinal) FROM (
                    SELECT min(ordinal) AS ordinal FROM seen_incarnation WHERE partner = ?1 AND predecessor = ?2
                    UNION ALL
                    SELECT ordinal FROM seen_incarnation WHERE partner = ?1 AND incarnation =
                        (SELECT successor FROM skipped_incarnation WHERE partner = ?1 AND incarnation = ?2)))
            """,
            [partner.text, predecessor.column]
        ) { try SeenIncarnation($0) }
    }

    fileprivate func isSeen(_ incarnation: IncarnationID, of partner: OIN) throws -> Bool {
        try first(
            "SELECT 1 FROM seen_incarnation WHERE partner = ? AND incarnation = ?",
            [partner.text, incarnation.column]
        ) { _ in true } ?? false
    }

    /// In a tally, or in a manifest whose items were kept.
    private func highestSigned(by partner: OIN) throws -> SequenceNumber {
        try first(
            """
            SELECT max(
                (SELECT coalesce(max(highest_number), 0) FROM seen_incarnation WHERE partner = ?1),
                (SELECT coalesce(max(highest_seen), 0) FROM partner WHERE oin = ?1))
            """,
            [partner.text]
        ) { try $0.number(0) } ?? .none
    }
}

extension LedgerTransaction {
    /// What an incarnation signed to once, it signed to: its highest position never goes back.
    func keep(_ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN) throws {
        try ensurePartner(partner)
        let isNew = try !database.isSeen(seen.incarnation, of: partner)
        try database.change(
            """
            INSERT INTO seen_incarnation
                (partner, incarnation, predecessor, highest_number, highest_digest, first_seen)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (partner, incarnation) DO UPDATE
                SET highest_number = excluded.highest_number, highest_digest = excluded.highest_digest
                WHERE excluded.highest_number > highest_number
            """,
            [
                partner.text, seen.incarnation.column, seen.predecessor?.column,
                try seen.highest.number.column(), seen.highest.runningDigest.column, seen.firstSeen.milliseconds,
            ])
        guard isNew else { return }
        // Where another skipped it already, that one was the first, and stays.
        for incarnation in skipped {
            try database.change(
                "INSERT OR IGNORE INTO skipped_incarnation (partner, incarnation, successor) VALUES (?, ?, ?)",
                [partner.text, incarnation.column, seen.incarnation.column])
        }
        try forgetOldestIncarnations(of: partner)
    }

    /// All but the last, and but the one that signed the highest number: with its tally a rollback is proven.
    private func forgetOldestIncarnations(of partner: OIN) throws {
        let forgotten: [IncarnationID] = try database.all(
            """
            SELECT incarnation FROM seen_incarnation WHERE partner = ?1 AND ordinal <>
                (SELECT ordinal FROM seen_incarnation WHERE partner = ?1
                ORDER BY highest_number DESC, ordinal DESC LIMIT 1)
            ORDER BY ordinal DESC LIMIT -1 OFFSET ?2
            """,
            [partner.text, limits.incarnationsMaximumPerPartner - 1]
        ) { try $0.identifier(0) }
        for incarnation in forgotten {
            for (table, column) in [
                ("tally", "incarnation"), ("skipped_incarnation", "successor"), ("seen_incarnation", "incarnation"),
            ] {
                try database.change(
                    "DELETE FROM \(table) WHERE partner = ? AND \(column) = ?", [partner.text, incarnation.column])
            }
        }
    }
}

extension SeenIncarnation {
    fileprivate init(_ row: StoredRow) throws(StoreError) {
        self.init(
            incarnation: try row.identifier(0), predecessor: try row.optionalIdentifier(1),
            highest: try row.position(2), firstSeen: row.timestamp(4))
    }
}

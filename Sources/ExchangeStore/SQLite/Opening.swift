import ExchangeCore
import Foundation
import GRDB

/// The steps by which a store is opened: it is looked at before anything is written, and its new incarnation is durable
/// before anybody hears of it.
enum Opening {
    static func configuration(_ limits: StoreLimits) -> Configuration {
        var configuration = Configuration()
        configuration.label = "exchange-store"
        configuration.maximumReaderCount = limits.readersMaximum
        configuration.foreignKeysEnabled = true
        // Another connection of ours (a checkpoint) may hold the file for a moment; other processes are locked out.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            // Off, because checkpoints are made beside the writer, and their errors must be seen.
            try database.execute(
                sql: """
                    PRAGMA wal_autocheckpoint = 0;
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA synchronous = FULL;
                    PRAGMA fullfsync = ON;
                    PRAGMA checkpoint_fullfsync = ON;
                    """)
        }
        return configuration
    }

    /// Makes every commit wait for the disk, and makes sure that it does.
    ///
    /// GRDB's pool sets `synchronous = NORMAL` on its writer after it has prepared the connection; in WAL mode a commit
    /// then waits for nothing. It is set again here, outside a transaction, where alone SQLite heeds it.
    static func demandFullSync(_ pool: DatabasePool) throws {
        let level = try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            return try Int.fetchOne(database, sql: "PRAGMA synchronous")
        }
        guard level == 2 else {
            throw StoreError(
                .storeUnavailable, "The store cannot be made to wait for the disk. It is not opened without.",
                cause: "PRAGMA synchronous is \(level.map { "\($0)" } ?? "missing"), not 2")
        }
    }

    /// Looks at what the file is before anything is written to it.
    static func inspect(_ database: Database, fileBytes: Int64, mustExist: Bool, limits: StoreLimits) throws {
        let mark = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'grdb_%'")
        guard mark == Schema.applicationID || (!mustExist && mark == 0 && isEmpty == 0) else {
            throw StoreError.notAStore(cause: "application_id \(mark)")
        }
        if try Schema.migrator.hasBeenSuperseded(database) {
            throw StoreError(
                .storeNewer,
                "A newer version of the node wrote this store. Start that version; nothing was changed.",
                cause: try Schema.migrator.appliedIdentifiers(database).sorted().joined(separator: ", "))
        }
        try check(database, fileBytes: fileBytes, limits: limits)
    }

    /// Holds the archive key against what it wrapped before; a store from before the check has the keys of its cases.
    static func compare(_ check: ArchiveKeyCheck, in database: Database) throws {
        for table in ["archive_key_check", "case_key"] where try database.tableExists(table) {
            let kept = try database.first("SELECT wrapped_key FROM \(table) LIMIT 1") { $0.bytes(0) }
            guard let kept else { continue }
            return try check.compare(with: kept)
        }
    }

    /// Reads all of a small store. Of a large one it reads the tables on which numbers rest, since reading all of it
    /// would keep a node from its work for minutes.
    private static func check(_ database: Database, fileBytes: Int64, limits: StoreLimits) throws {
        var tables = [""]
        if fileBytes > limits.openingCheckMaximumBytes {
            tables = try ["incarnation", "partner", "gap", "seen_incarnation"]
                .filter { try database.tableExists($0) }.map { "(\($0))" }
        }
        for table in tables {
            let finding = try String.fetchOne(database, sql: "PRAGMA quick_check\(table)")
            guard finding == nil || finding == "ok" else {
                throw StoreError(
                    .storeDamaged,
                    "The store's file is damaged. It was not opened. \(StoreError.adviceForDamage)",
                    cause: finding ?? "")
            }
        }
    }

    /// Begins a new incarnation: its row, where every channel stood, and the audit leaf, in one transaction.
    static func begin(
        _ incarnation: IncarnationID, archiveKey: ArchiveKeyCheck?, in transaction: LedgerTransaction
    ) throws -> StoreOpening {
        let database = transaction.database
        if let archiveKey {
            try database.change(
                "INSERT OR IGNORE INTO archive_key_check (ordinal, wrapped_key) VALUES (1, ?)",
                [Data(archiveKey.fresh)])
        }
        let past = try database.all(
            "SELECT ordinal, id FROM incarnation ORDER BY ordinal DESC LIMIT ?",
            [ProtocolLimits.tallyMaximumPredecessors]
        ) { (ordinal: $0.integer(0), id: try $0.identifier(1, IncarnationID.self)) }
        let positions = try database.positionsToClaim(after: past.first?.id)
        // Whether a partner holds more of a channel is not known until it was heard.
        try database.change(
            """
            UPDATE partner SET is_confirmed = 0,
                recovery = CASE WHEN recovery IS NULL THEN NULL ELSE 'to-compare' END
            """)
        try database.change(
            "INSERT INTO incarnation (ordinal, id, predecessor, opened_at) VALUES (?, ?, ?, ?)",
            [(past.first?.ordinal ?? 0) + 1, incarnation.column, past.first?.id.column, transaction.at.milliseconds])
        for position in positions {
            try database.change(
                """
                INSERT INTO incarnation_position (incarnation, partner, number, running_digest) VALUES (?, ?, ?, ?)
                """,
                [
                    incarnation.column, position.partner.text, try position.position.number.column(),
                    position.position.runningDigest.column,
                ])
        }
        try transaction.append(AuditLeaf(.storeOpened, at: transaction.at, note: incarnation.description))
        // Each ended where the one after it began.
        let ends = try [positions] + past.dropLast().map { try database.positions(at: $0.id) }
        return StoreOpening(
            incarnation: incarnation,
            predecessors: zip(past, ends).map { PastOpening(incarnation: $0.id, positions: $1) })
    }
}

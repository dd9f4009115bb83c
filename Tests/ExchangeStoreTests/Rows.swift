import GRDB

@testable import ExchangeStore

/// All that a store holds, for comparison: every row of every table.
enum Rows {
    static func of(_ ledger: SQLiteLedger) async throws -> [String: [String]] {
        try await ledger.read { database in
            let tables = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    (table, try Row.fetchAll(database, sql: "SELECT * FROM \(table)").map(\.debugDescription))
                })
        }
    }
}

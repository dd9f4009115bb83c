import ExchangeCore
import Foundation
import GRDB

/// The audit log: each leaf's hash is `SHA-256(hash before ‖ DER of the leaf)`, the first on 32 zero bytes.
extension LedgerTransaction {
    /// Appends a leaf in this transaction. Where it cannot be written, the change that it records does not happen.
    func append(_ leaf: AuditLeaf) throws {
        let head = try database.first("SELECT ordinal, hash FROM audit ORDER BY ordinal DESC LIMIT 1") {
            (ordinal: $0.integer(0), hash: try $0.digest(1))
        }
        let bytes = leaf.wireBytes
        let hash = digest((head?.hash ?? .zero).bytes + bytes)
        try database.change(
            "INSERT INTO audit (ordinal, leaf, hash) VALUES (?, ?, ?)",
            [(head?.ordinal ?? 0) + 1, Data(bytes), hash.column])
    }
}

extension Database {
    /// When the last leaf was written: of when the store is. `nil` for a store in which nothing was ever noted.
    func lastNotedAt() throws -> Timestamp? {
        try first("SELECT leaf FROM audit ORDER BY ordinal DESC LIMIT 1") { AuditLeaf.moment(of: $0.bytes(0)) } ?? nil
    }

    /// Walks the chain from its first leaf, one row in memory at a time.
    func verifyAuditChain(digest: DigestFunction) throws -> AuditChainState {
        let rows = try Row.fetchCursor(self, sql: "SELECT ordinal, leaf, hash FROM audit ORDER BY ordinal")
        var head = Digest.zero
        var leaves = 0
        while let next = try rows.next() {
            let row = StoredRow(next)
            let hash = digest(head.bytes + row.bytes(1))
            guard row.count(0) == leaves + 1, row.bytes(2) == hash.bytes else { return .broken(atLeaf: leaves + 1) }
            head = hash
            leaves += 1
        }
        return .intact(leaves: leaves, head: head)
    }
}

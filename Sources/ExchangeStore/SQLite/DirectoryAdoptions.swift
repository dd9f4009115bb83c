package import ExchangeCore
import GRDB

extension SQLiteLedger {
    package func adoptDirectory(_ directory: DirectoryMark, at: Timestamp) async throws -> DirectoryAdoption {
        try await write(at: at) { transaction in
            let latest = try transaction.database.latestDirectory()
            let adoption = directory.adoption(after: latest)
            guard adoption == .inUse, latest != directory else { return adoption }
            try transaction.database.change(
                "INSERT INTO directory (version, digest, adopted_at) VALUES (?, ?, ?)",
                [directory.version, directory.digest.column, at.milliseconds])
            try transaction.append(
                AuditLeaf(
                    .directoryInstalled, at: at, digest: directory.digest, note: "version \(directory.version)"))
            transaction.tell(.directoryAdopted)
            return .inUse
        }
    }
}

extension Database {
    func latestDirectory() throws -> DirectoryMark? {
        try first("SELECT version, digest FROM directory ORDER BY version DESC LIMIT 1") {
            DirectoryMark(version: Int64($0.count(0)), digest: try $0.digest(1))
        }
    }
}

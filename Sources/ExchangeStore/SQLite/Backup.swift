package import ExchangeCore
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A form of the store that can be copied into one file while it is in use.
package protocol StoreBackup: Sendable {
    /// Copies the store as it is at one moment. Messages flow meanwhile.
    ///
    /// - Parameter path: of a file that is not there yet.
    /// - Returns: how far each partner's channel is in the copy, in the order of the partners' OINs. It is on the disk, and
    ///   was looked at as an opening looks at a store.
    /// - Throws: ``StoreError``; no file is left then.
    func backUp(to path: String) async throws -> [PartnerPosition]
}

extension SQLiteLedger: StoreBackup {
    package func backUp(to path: String) async throws -> [PartnerPosition] {
        try StoreFile.makeNew(at: path)
        do {
            return try await write(copyTo: path)
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(path + suffix) }
            throw StoreError.from(error, isWriting: false)
        }
    }

    private func write(copyTo path: String) async throws -> [PartnerPosition] {
        var configuration = Opening.configuration(limits)
        configuration.label = "exchange-backup"
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        let pool = pool
        // On a thread of its own: it takes as long as the store is large, and waits for the disk alone.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue(label: "exchange-backup").async {
                continuation.resume(with: Result { try pool.backup(to: copy) })
            }
        }
        // One file, which whoever copies it further has whole.
        try await copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        let fileBytes = StoreFile.byteCount(of: path)
        let limits = limits
        let positions = try await copy.read { database in
            try Opening.inspect(database, fileBytes: fileBytes, mustExist: true, limits: limits)
            return try database.all("SELECT oin, received_number, received_digest FROM partner ORDER BY oin") {
                PartnerPosition(partner: try $0.oin(0), position: try $0.position(1))
            }
        }
        try copy.close()
        try StoreFile.sync(path)
        try StoreFile.syncFolder(of: path)
        return positions
    }

    package func noteBackup(_ positions: [PartnerPosition], at: Timestamp) async throws {
        try await write(at: at) { try $0.noteBackup(positions) }
    }
}

extension LedgerTransaction {
    fileprivate mutating func noteBackup(_ positions: [PartnerPosition]) throws {
        for covered in positions {
            try database.change(
                """
                UPDATE partner SET safe_number = max(safe_number, min(?, received_number)) WHERE oin = ?
                """,
                [try covered.position.number.column(), covered.partner.text])
        }
        try append(AuditLeaf(.backupCompleted, at: at, note: "\(positions.count) partners"))
    }
}

/// The putting back of a copy, where no node runs on the store. Whatever it has in its inbox may have been handed over since.
package enum StoreRestoring {
    /// Takes a copy that was made by ``StoreBackup/backUp(to:)`` for the store. What lies there is put aside and kept.
    ///
    /// - Parameters:
    ///   - store: the database's path; its lock is taken meanwhile.
    ///   - aside: a folder that is not there yet, on the same file system.
    ///   - archiveKey: compared with what the copy keeps before anything is changed.
    ///   - now: what was made until then may have been handed over before.
    /// - Throws: ``StoreError``: `store-locked`, `store-damaged`, `store-newer`, `archive-key-wrong`, `store-unavailable`.
    package static func restore(
        _ copy: String, to store: String, aside: String, archiveKey: ArchiveKeyCheck, at now: Timestamp,
        limits: StoreLimits = StoreLimits()
    ) async throws {
        let lock = try FolderLock(at: store + ".lock")
        defer { lock.release() }
        let incoming = store + ".restoring"
        // In their order, with where each went.
        var moved: [(from: String, to: String)] = []
        do {
            for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            try StoreFile.copy(copy, to: incoming)
            // Looked at where it will lie: what was read wrong off the medium is found too.
            try await SQLiteLedger.look(at: incoming, archiveKey: archiveKey, limits: limits)
            try await noteRenewal(of: incoming, at: now, limits: limits)
            try FileManager.default.createDirectory(
                atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            // The database first: a store without it does not start, and one without its log would have lost the end.
            for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: store + suffix)
            {
                let place = aside + "/" + URL(filePath: store + suffix).lastPathComponent
                try FileManager.default.moveItem(atPath: store + suffix, toPath: place)
                moved.append((store + suffix, place))
            }
            guard rename(incoming, store) == 0 else { throw CocoaError(.fileWriteUnknown) }
            for suffix in ["-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            try StoreFile.sync(aside)
            try StoreFile.syncFolder(of: store)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            // The log before the database: what starts meanwhile must not open one without the other.
            for (from, to) in moved.reversed() where rename(to, from) != 0 {
                throw StoreError(
                    .storeUnavailable,
                    "The copy could not be put back, and neither could the store of before: it lies in "
                        + "\(aside). Move its files back, the database last.", cause: "\(error)")
            }
            throw StoreError.from(error, isWriting: false)
        }
    }

    /// A copy of an older node is brought up to date first.
    package static func noteRenewal(
        of path: String, at now: Timestamp, limits: StoreLimits = StoreLimits()
    ) async throws {
        do {
            var configuration = Opening.configuration(limits)
            configuration.label = "exchange-restore"
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try Schema.migrator.migrate(copy)
            try await copy.write { try $0.noteRenewal(at: now) }
            try copy.close()
            try StoreFile.sync(path)
        } catch {
            throw StoreError.from(error, isWriting: true)
        }
    }
}

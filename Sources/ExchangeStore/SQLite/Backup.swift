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
            throw StoreError.from(error, isWriting: false).onFullDisk(
                "The disk of \(path) is full: no backup was made there, and the node goes on as before. Make room on that "
                    + "disk, or name a file on another one; it takes about \(StoreFile.mebibytes(of: pool.path)) MiB.")
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

/// The putting back of a copy, where no node runs on the store. Whatever it has in its inbox may have been handed over since,
/// and what was accepted since and had reached nobody is known to nobody: an alarm in the store itself says so, until a
/// person ends it.
package enum StoreRestoring {
    /// What takes the place of a store that is lost.
    package enum Renewal: Hashable, Sendable {
        case putBack, madeAnew
    }

    /// What became of a restore.
    package struct Outcome: Hashable, Sendable {
        /// When the last entry of the copy was written; `nil` where nothing was ever noted in it.
        package let asOf: Timestamp?
        /// Whether a store of before lies aside.
        package let hasKept: Bool
    }

    /// Takes a copy that was made by ``StoreBackup/backUp(to:)`` for the store. What lies there is put aside and kept.
    ///
    /// - Parameters:
    ///   - store: the database's path, in a folder that is there; its lock is taken meanwhile.
    ///   - aside: a folder that is not there yet, on the same file system.
    ///   - archiveKey: compared with what the copy keeps before anything is changed.
    ///   - digest: SHA-256.
    ///   - now: what was made until then may have been handed over before.
    /// - Throws: ``StoreError``: `store-locked`, `store-damaged`, `store-newer`, `archive-key-wrong`, `store-unavailable`.
    package static func restore(
        _ copy: String, to store: String, aside: String, archiveKey: ArchiveKeyCheck, digest: @escaping DigestFunction,
        at now: Timestamp, limits: StoreLimits = StoreLimits()
    ) async throws -> Outcome {
        let lock = try FolderLock(at: store + ".lock")
        defer { lock.release() }
        let incoming = store + ".restoring"
        // In their order, with where each went.
        var moved: [(from: String, to: String)] = []
        do {
            for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            try StoreFile.copy(copy, to: incoming)
            let asOf: Timestamp?
            do {
                // Looked at where it will lie: what was read wrong off the medium is found too.
                try await SQLiteLedger.look(at: incoming, archiveKey: archiveKey, limits: limits)
                asOf = try await noteRenewal(of: incoming, as: .putBack, digest: digest, at: now, limits: limits)
            } catch let error as StoreError where error.code == .storeDamaged {
                throw StoreError.damagedBackup(copy, cause: error.cause)
            }
            // The database first: a store without it does not start, and one without its log would have lost the end.
            let kept = ["", "-wal", "-shm", "-journal"].filter { FileManager.default.fileExists(atPath: store + $0) }
            if !kept.isEmpty {
                try FileManager.default.createDirectory(
                    atPath: aside, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            }
            for suffix in kept {
                let place = aside + "/" + URL(filePath: store + suffix).lastPathComponent
                try FileManager.default.moveItem(atPath: store + suffix, toPath: place)
                moved.append((store + suffix, place))
            }
            guard rename(incoming, store) == 0 else { throw CocoaError(.fileWriteUnknown) }
            for suffix in ["-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            if !kept.isEmpty { try StoreFile.sync(aside) }
            try StoreFile.syncFolder(of: store)
            return Outcome(asOf: asOf, hasKept: !kept.isEmpty)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal", ".lock"] { unlink(incoming + suffix) }
            // The log before the database: what starts meanwhile must not open one without the other.
            for (from, to) in moved.reversed() where rename(to, from) != 0 {
                throw StoreError(
                    .storeUnavailable,
                    "The copy could not be put back, and neither could the store of before: it lies in "
                        + "\(aside). Move its files back, the database last.", cause: "\(error)")
            }
            throw StoreError.from(error, isWriting: false).onFullDisk(
                "The disk of \(store) is full: nothing was put back, and the store was not touched. A restore needs room for "
                    + "both, the backup (\(StoreFile.mebibytes(of: copy)) MiB) beside the store that is kept. Make room on that "
                    + "disk: what is not the node's may go, and a ledger.sqlite.before-… of an earlier restore once all is "
                    + "well since.")
        }
    }

    /// Whether a store was ever opened, or took another's place already: one that `init` made and no node has used yet has
    /// nothing to lose.
    ///
    /// - Throws: ``StoreError``.
    package static func hasBegun(_ path: String, limits: StoreLimits = StoreLimits()) async throws -> Bool {
        do {
            var configuration = Opening.configuration(limits)
            configuration.readonly = true
            let store = try DatabaseQueue(path: path, configuration: configuration)
            let hasBegun = try await store.read { database in
                try Opening.inspect(
                    database, fileBytes: StoreFile.byteCount(of: path), mustExist: true, limits: limits)
                let used = "SELECT 1 FROM incarnation UNION ALL SELECT 1 FROM renewal LIMIT 1"
                return try database.first(used) { _ in true } ?? false
            }
            try store.close()
            return hasBegun
        } catch {
            throw StoreError.from(error, isWriting: false)
        }
    }

    /// A copy of an older node is brought up to date first.
    ///
    /// - Returns: when the last entry of the store was written before; `nil` where there is none.
    @discardableResult
    package static func noteRenewal(
        of path: String, as renewal: Renewal, digest: @escaping DigestFunction, at now: Timestamp,
        limits: StoreLimits = StoreLimits()
    ) async throws -> Timestamp? {
        do {
            var configuration = Opening.configuration(limits)
            configuration.label = "exchange-restore"
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try Schema.migrator.migrate(copy)
            let asOf = try await copy.write { database in
                var transaction = LedgerTransaction(database, digest: digest, limits: limits, at: now)
                return try transaction.note(renewal)
            }
            try copy.close()
            try StoreFile.sync(path)
            return asOf
        } catch {
            throw StoreError.from(error, isWriting: true)
        }
    }
}

extension LedgerTransaction {
    /// In one transaction with the renewal itself: no store takes the place of another without saying what is gone with it.
    ///
    /// - Returns: when the last entry before was written.
    fileprivate mutating func note(_ renewal: StoreRestoring.Renewal) throws -> Timestamp? {
        let asOf = try database.lastNotedAt()
        let open = try database.alarms(includingCleared: false).first { $0.alarm.code == .storePutBack }
        try database.noteRenewal(at: at)
        try raise(
            Alarm(
                code: .storePutBack, partner: nil, messageID: nil,
                detail: renewal.loss(asOf: asOf, at: at)
                    + (open.map { ". An earlier loss is not cleared yet either: \($0.alarm.detail.prefix(500))" } ?? ""),
                at: at))
        return asOf
    }
}

extension StoreError {
    /// The same, but for a full disk, of which these words say which it is and what may go.
    fileprivate func onFullDisk(_ words: String) -> StoreError {
        code == .diskFull ? StoreError(.diskFull, words, cause: cause) : self
    }

    /// Who reads "damaged" thinks of the store: that was not touched.
    fileprivate static func damagedBackup(_ file: String, cause: String) -> StoreError {
        StoreError(
            .storeDamaged,
            "The BACKUP \(file) is damaged, or is no backup of a store. The node's own store was not touched. Copy it anew "
                + "from its medium, or name an older backup.", cause: cause)
    }
}

extension StoreRestoring.Renewal {
    /// - Parameters:
    ///   - asOf: when the last entry of the copy was written.
    ///   - now: when it took the store's place.
    fileprivate func loss(asOf: Timestamp?, at now: Timestamp) -> String {
        let (age, span) =
            switch self {
            case .putBack:
                (
                    "is as of \(asOf?.description ?? "a time that it does not say") (a backup, put back at \(now))",
                    "since then"
                )
            case .madeAnew: ("was made anew at \(now)", "before")
            }
        return
            "this store \(age): what was accepted here \(span) and had reached no partner is gone, and nobody "
            + "else knows of it: have it handed in again; then clear this"
    }
}

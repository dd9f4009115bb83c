package import ExchangeCore
import Foundation
import GRDB
import Synchronization

/// The ledger in one SQLite file.
///
/// Writes go through ``GroupCommit`` and return once they are on the disk. Reads see everything that was committed
/// before they began, and never wait for a writer. Every method throws ``StoreError``, and a reading one also
/// `CancellationError` where its task was cancelled; a write is never left half-way by a cancellation.
package final class SQLiteLedger: ExchangeLedger {
    package let opening: StoreOpening
    let pool: DatabasePool
    let commits: GroupCommit
    let digest: DigestFunction
    let limits: StoreLimits
    let fan: EventFan
    private let checkpointer: Checkpointer
    private let lock: FolderLock
    private let isClosed = Mutex(false)
    private let failing = Mutex<StoreError?>(nil)

    private init(
        opening: StoreOpening, pool: DatabasePool, commits: GroupCommit, checkpointer: Checkpointer,
        lock: FolderLock, fan: EventFan, digest: @escaping DigestFunction, limits: StoreLimits
    ) {
        self.opening = opening
        self.pool = pool
        self.commits = commits
        self.checkpointer = checkpointer
        self.lock = lock
        self.digest = digest
        self.limits = limits
        self.fan = fan
    }

    /// Makes a new store at `path`, in which no incarnation has begun.
    ///
    /// - Throws: ``StoreError``, as ``open(at:digest:random:now:mustExist:archiveKey:limits:review:)``.
    package static func make(at path: String, limits: StoreLimits = StoreLimits()) async throws {
        let lock = try FolderLock(at: path + ".lock")
        defer { lock.release() }
        do {
            try StoreFile.prepare(at: path)
            let pool = try DatabasePool(path: path, configuration: Opening.configuration(limits))
            try Opening.demandFullSync(pool)
            try Schema.migrator.migrate(pool)
            try await pool.barrierWriteWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw StoreError.from(error, isWriting: false)
        }
    }

    /// Looks at a store that no process has open, as an opening would, and changes nothing: no incarnation begins.
    ///
    /// - Throws: ``StoreError``, as ``open(at:digest:random:now:mustExist:archiveKey:limits:review:)``.
    package static func look(
        at path: String, archiveKey: ArchiveKeyCheck, limits: StoreLimits = StoreLimits()
    ) async throws {
        let lock = try FolderLock(at: path + ".lock")
        defer { lock.release() }
        do {
            var configuration = Opening.configuration(limits)
            configuration.readonly = true
            let inspection = try DatabaseQueue(path: path, configuration: configuration)
            let fileBytes = StoreFile.byteCount(of: path)
            try await inspection.read {
                try Opening.inspect($0, fileBytes: fileBytes, mustExist: true, limits: limits)
                try Opening.compare(archiveKey, in: $0)
            }
            try inspection.close()
        } catch {
            throw StoreError.from(error, isWriting: false)
        }
    }

    /// Opens the store at `path`, or makes it where that is allowed, and begins a new incarnation.
    ///
    /// - Parameters:
    ///   - path: the database; `<path>-wal`, `<path>-shm` and `<path>.lock` stand beside it. Its folder must exist, on
    ///     a local disk.
    ///   - digest: SHA-256.
    ///   - random: as many random bytes as it is asked for, from the system's generator.
    ///   - now: the time of the opening.
    ///   - mustExist: whether a file without the mark of a store is refused, also one that has nothing in it: it may be what
    ///     is left of a store, and whoever began anew on it would give numbers a second time.
    ///   - archiveKey: compared before anything is written; `nil` for who reads nothing that is sealed.
    ///   - review: looks at all else that may keep the node from starting, given what was in use before.
    ///     What it throws is thrown here, and no incarnation has begun: one that nobody was told of is missing in the
    ///     history that partners keep.
    /// - Throws: ``StoreError``: `store-locked`, `store-damaged`, `store-newer`, `archive-key-wrong`, `disk-full` or
    ///   `store-unavailable`.
    package static func open(
        at path: String, digest: @escaping DigestFunction, random: @Sendable (Int) -> [UInt8], now: Now,
        mustExist: Bool = false, archiveKey: ArchiveKeyCheck? = nil, limits: StoreLimits = StoreLimits(),
        review: (EarlierUse) async throws -> Void = { _ in }
    ) async throws -> SQLiteLedger {
        guard let identifier = IncarnationID(bytes: random(16)) else {
            throw StoreError.invariant("an incarnation is 16 random bytes")
        }
        let lock = try FolderLock(at: path + ".lock")
        do {
            try StoreFile.prepare(at: path)
            let configuration = Opening.configuration(limits)
            // Looked at through a connection of its own, so that a foreign or newer file is not even put in WAL mode.
            let inspection = try DatabaseQueue(path: path, configuration: configuration)
            let fileBytes = StoreFile.byteCount(of: path)
            try await inspection.writeWithoutTransaction {
                try Opening.inspect($0, fileBytes: fileBytes, mustExist: mustExist, limits: limits)
                if let archiveKey { try Opening.compare(archiveKey, in: $0) }
            }
            try inspection.close()
            var writing = configuration
            // A transaction that cannot be taken back ends the writing, and not the process before anybody is told.
            writing.allowsUnsafeTransactions = true
            let pool = try DatabasePool(path: path, configuration: writing)
            let checkpointer = try Checkpointer(path: path, configuration: configuration, limits: limits)
            do {
                try Opening.demandFullSync(pool)
                // From here on a reader is open, which `leave` needs.
                try await pool.read { _ in }
                try Schema.migrator.migrate(pool)
                let earlier = try await pool.read {
                    EarlierUse(directory: try $0.latestDirectory(), revocationLists: try $0.revocationListsInUse())
                }
                do { try await review(earlier) } catch { throw Kept(reason: error) }
                let fan = EventFan(maximumPending: limits.eventsMaximumPending)
                let commits = GroupCommit(writer: pool, checkpointer: checkpointer, limits: limits) {
                    fan.send([.durabilityLost])
                }
                let opening = try await commits.commit { database in
                    try Opening.begin(
                        identifier, archiveKey: archiveKey,
                        in: LedgerTransaction(database, digest: digest, limits: limits, at: now.wall))
                }
                return SQLiteLedger(
                    opening: opening, pool: pool, commits: commits, checkpointer: checkpointer, lock: lock,
                    fan: fan, digest: digest, limits: limits)
            } catch {
                // What failed first is what is told.
                try? await checkpointer.close()
                try? leave(pool)
                throw error
            }
        } catch let kept as Kept {
            throw kept.reason
        } catch {
            throw StoreError.from(error, isWriting: false)
        }
    }

    /// What a review found: no error of the store.
    private struct Kept: Error {
        let reason: any Error
    }

    package var events: AsyncStream<LedgerEvent> { fan.subscribe() }

    /// Lets what is pending reach the disk, empties the log into the database, and lets go of the lock. A second call
    /// does nothing.
    ///
    /// - Throws: ``StoreError``, the first of what failed. The lock is let go of all the same; a failed sync is told as
    ///   `durability-lost`, also to whoever reads ``events``.
    package func close() async throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        var isDurable = await commits.close()
        var failures: [any Error] = []
        do { try await checkpointer.close() } catch {
            isDurable = false
            failures.append(error)
        }
        // After a lost write the log is evidence, and is left to the next opening.
        if isDurable {
            do { try await pool.barrierWriteWithoutTransaction { _ = try $0.checkpoint(.truncate) } } catch {
                failures.append(error)
            }
        }
        do { try Self.leave(pool) } catch { failures.append(error) }
        for failure in failures { await commits.noteFailure(failure) }
        fan.finish()
        lock.release()
        if let first = failures.first { throw StoreError.from(first, isWriting: true) }
    }

    /// Closes the connections, and leaves the log as it is.
    ///
    /// The last connection that closes would empty the log by itself: after a failed sync it would ask for a second one,
    /// which reports success for what the kernel has dropped, and copy that into the database. A pool closes its writer
    /// first and its readers last, and those may not write; so no other connection may be open, and one reader must be.
    private static func leave(_ pool: DatabasePool) throws { try pool.close() }

    // MARK: Transactions

    /// Runs `body` in a transaction of the group commit, and tells its events after the commit.
    func write<Value: Sendable>(
        at: Timestamp, _ body: @escaping @Sendable (inout LedgerTransaction) throws -> Value
    ) async throws -> Value {
        let (digest, limits) = (digest, limits)
        do {
            let (value, events) = try await commits.commit { database in
                var transaction = LedgerTransaction(database, digest: digest, limits: limits, at: at)
                let value = try body(&transaction)
                return (value, transaction.events)
            }
            failing.withLock { $0 = nil }
            fan.send(events)
            return value
        } catch let error as StoreError {
            // A change that breaks a rule is refused by a store that works.
            if error.code != .invariantViolated { failing.withLock { $0 = error } }
            throw error
        }
    }

    package var problem: StoreError? { failing.withLock { $0 } }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw StoreError.from(error, isWriting: false)
        }
    }
}

import GRDB

/// One operation that waits for the disk.
private struct PendingWrite: Sendable {
    /// Runs in the transaction, and gives back what tells the caller once the commit stands.
    let perform: @Sendable (Database) throws -> @Sendable () -> Void
    let fail: @Sendable (StoreError) -> Void
}

/// An operation failed, and its changes could not be taken back by themselves.
private struct StandingSavepoint: Error {
    let cause: any Error
}

/// Lets concurrent writers share one transaction, and one sync of the disk.
///
/// Everything that is pending when the writer becomes free runs in one transaction, each operation in a savepoint of
/// its own; there is no timer, so that a lone writer never waits. An operation that fails takes back its own savepoint
/// only. A caller hears of its operation after the commit, never before (persist, then speak).
///
/// An input/output error while writing is the end: what is on the disk is in doubt, a second sync may report success
/// for pages that the kernel has dropped, and so every later write is refused with `durability-lost`.
actor GroupCommit {
    private let writer: DatabasePool
    private let limits: StoreLimits
    private let checkpointer: Checkpointer
    private var pending: [PendingWrite] = []
    private var isDraining = false
    private var isClosed = false
    private var whenIdle: [CheckedContinuation<Void, Never>] = []
    private var loss: StoreError?
    private let onLoss: @Sendable () -> Void

    /// - Parameter onLoss: called once, when a write may not have reached the disk.
    init(
        writer: DatabasePool, checkpointer: Checkpointer, limits: StoreLimits, onLoss: @escaping @Sendable () -> Void
    ) {
        self.onLoss = onLoss
        self.writer = writer
        self.checkpointer = checkpointer
        self.limits = limits
    }

    /// Runs `body` in a transaction and returns once that is on the disk.
    ///
    /// The caller's cancellation does not stop it: what was asked is written, or refused.
    func commit<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        if let loss { throw loss }
        guard !isClosed else { throw StoreError.closed }
        guard pending.count < limits.pendingMaximumOperations else {
            throw StoreError(
                .storeUnavailable, "Too many writes wait for the disk. Try again; if this stays, the disk is too slow.")
        }
        return try await withCheckedThrowingContinuation { continuation in
            pending.append(
                PendingWrite(
                    perform: { database in
                        let value = try body(database)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) }))
            if !isDraining {
                isDraining = true
                Task { await drain() }
            }
        }
    }

    /// Notes what went wrong beside the writer. Where it may have cost a write, nothing more is written.
    func noteFailure(_ error: any Error) { note(StoreError.from(error, isWriting: true)) }

    /// Refuses what comes after, and returns when all that came before is on the disk.
    ///
    /// - Returns: whether the disk still has all that was reported.
    func close() async -> Bool {
        isClosed = true
        if isDraining { await withCheckedContinuation { whenIdle.append($0) } }
        return loss == nil
    }

    private func drain() async {
        while !pending.isEmpty {
            let group = Array(pending.prefix(limits.groupMaximumOperations))
            pending.removeFirst(group.count)
            if let loss {
                group.forEach { $0.fail(loss) }
                continue
            }
            do {
                let reports = try await writer.writeWithoutTransaction { try Self.run(group, in: $0) }
                reports.forEach { $0() }
            } catch {
                let error = StoreError.from(error, isWriting: true)
                // Noted before anyone is told, so that nobody who hears of it can still get a write through.
                note(error)
                group.forEach { $0.fail(error) }
                continue
            }
            await makeRoomInLog(after: group.count)
        }
        isDraining = false
        whenIdle.forEach { $0.resume() }
        whenIdle = []
    }

    /// - Returns: what tells each caller. Thrown errors are those of the group: nothing of it is on the disk.
    private static func run(_ group: [PendingWrite], in database: Database) throws -> [@Sendable () -> Void] {
        try database.beginTransaction(.immediate)
        do {
            var reports: [@Sendable () -> Void] = []
            reports.reserveCapacity(group.count)
            for operation in group {
                do {
                    reports.append(try runInSavepoint(operation, in: database))
                } catch let standing as StandingSavepoint {
                    // What cannot be taken back must not be committed with its neighbours.
                    throw standing.cause
                } catch {
                    let error = StoreError.from(error, isWriting: true)
                    // A full disk may make SQLite take back the whole transaction: then nothing of the group is left.
                    guard database.isInsideTransaction, error.code != .durabilityLost, error.code != .storeDamaged
                    else { throw error }
                    reports.append { operation.fail(error) }
                }
            }
            try database.commit()
            return reports
        } catch {
            throw takeBack(database, after: error)
        }
    }

    /// Takes a whole group back.
    ///
    /// - Returns: what led to it. Where the transaction still stands after that, no further one can begin on this
    ///   connection: then `durability-lost`, with what led to it as its cause.
    static func takeBack(
        _ database: Database, after error: any Error, by rollback: (Database) throws -> Void = { try $0.rollback() }
    ) -> StoreError {
        let first = StoreError.from(error, isWriting: true)
        do {
            try rollback(database)
        } catch {
            guard database.isInsideTransaction else { return first }
            return StoreError(
                .durabilityLost,
                "A change that failed cannot be taken back. The node must stop; look at the disk, then start it again.",
                cause: "\(first), and then \(StoreError.from(error, isWriting: true))")
        }
        return first
    }

    private static func runInSavepoint(
        _ operation: PendingWrite, in database: Database
    ) throws -> @Sendable () -> Void {
        try database.cachedStatement(sql: "SAVEPOINT operation").execute()
        do {
            let report = try operation.perform(database)
            try database.cachedStatement(sql: "RELEASE SAVEPOINT operation").execute()
            return report
        } catch {
            guard database.isInsideTransaction else { throw error }
            let cause = error
            do {
                try database.execute(sql: "ROLLBACK TO SAVEPOINT operation; RELEASE SAVEPOINT operation")
            } catch {
                throw StandingSavepoint(cause: cause)
            }
            throw cause
        }
    }

    /// Where the background checkpoints fall behind, the writer makes one itself, between two transactions: only then
    /// is the log whole, and can start anew.
    private func makeRoomInLog(after operations: Int) async {
        do {
            guard try await checkpointer.noteOperations(operations) else { return }
            try await writer.writeWithoutTransaction { database in
                do { try database.checkpoint(.passive) } catch DatabaseError.SQLITE_BUSY {}
            }
        } catch {
            note(StoreError.from(error, isWriting: true))
        }
    }

    private func note(_ error: StoreError) {
        guard error.code == .durabilityLost, loss == nil else { return }
        loss = error
        onLoss()
    }
}

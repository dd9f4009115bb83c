import GRDB

/// Copies the write-ahead log into the database in the background, on a connection of its own, so that the writer's
/// commits do not pay for it: that halves the slowest of them.
actor Checkpointer {
    private let connection: DatabaseQueue
    private let limits: StoreLimits
    private var operations = 0
    private var logPages = 0
    private var running: Task<Void, Never>?
    private var failure: StoreError?

    init(path: String, configuration: Configuration, limits: StoreLimits) throws {
        connection = try DatabaseQueue(path: path, configuration: configuration)
        self.limits = limits
    }

    /// Counts what was committed, and begins a checkpoint where it is time for one.
    ///
    /// - Returns: whether the log has become so long that the writer must make room itself.
    /// - Throws: `durability-lost` where an earlier checkpoint failed to reach the disk.
    func noteOperations(_ count: Int) throws -> Bool {
        if let failure { throw failure }
        operations += count
        // One checkpoint at a time: a second would find the database busy and do nothing.
        guard running == nil else { return false }
        if logPages > limits.walMaximumPages {
            logPages = 0
            operations = 0
            return true
        }
        if operations >= limits.checkpointEveryOperations {
            operations = 0
            running = Task { await checkpoint() }
        }
        return false
    }

    /// Waits for a running checkpoint and closes the connection.
    ///
    /// - Throws: `durability-lost` where the last checkpoint failed to reach the disk, and nobody was told of it yet.
    func close() async throws {
        await running?.value
        try connection.close()
        if let failure { throw failure }
    }

    private func checkpoint() async {
        do {
            logPages = try await connection.writeWithoutTransaction { try $0.checkpoint(.passive).walFrameCount }
        } catch DatabaseError.SQLITE_BUSY {
            // The writer makes one just now.
        } catch {
            let error = StoreError.from(error, isWriting: true)
            // A full disk, or a busy database, is no loss: the log stays as it is, and the next checkpoint tries again.
            if error.code == .durabilityLost { failure = error }
        }
        running = nil
    }
}

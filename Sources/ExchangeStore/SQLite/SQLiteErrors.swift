import GRDB

extension StoreError {
    /// What an error of SQLite means for the node.
    ///
    /// - Parameter isWriting: an input/output error while writing leaves in doubt what is on the disk; while reading it
    ///   does not.
    static func from(_ error: any Error, isWriting: Bool) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else {
            return StoreError(.storeUnavailable, "The store did not do it. Try again.", cause: "\(error)")
        }
        let cause = "SQLite \(error.extendedResultCode.rawValue): \(error.message ?? "no message")"
        switch error.resultCode {
        case .SQLITE_FULL:
            return diskFull(cause: cause)
        case .SQLITE_IOERR:
            // The shared-memory index could not grow. It is not part of what is durable, and is made anew.
            if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE { return diskFull(cause: cause) }
            guard isWriting else {
                return StoreError(
                    .storeUnavailable, "The store could not be read. Look at the disk and the system's log.",
                    cause: cause)
            }
            return durabilityLost(cause: cause)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return StoreError(
                .storeDamaged, "The store's file is damaged. Stop the node. \(adviceForDamage)", cause: cause)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return StoreError(
                .storeLocked, "Another program has the store open. Close it; the node tries again.", cause: cause)
        case .SQLITE_CONSTRAINT:
            return invariant(cause)
        default:
            return StoreError(
                .storeUnavailable, "The store cannot be used now. Look at the folder's permissions and the disk.",
                cause: cause)
        }
    }
}

import GRDB

/// Why the store could not do what it was asked. Nothing of the failed operation was written.
///
/// The code is stable and stands in `docs/operations.md`; the message tells what to do next.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable names of what can be wrong with a store.
    package enum Code: String, CaseIterable, Hashable, Sendable {
        /// Another process, or another opening in this process, has the store open.
        case storeLocked = "store-locked"
        /// The file is broken, or is not a store of an exchange node.
        case storeDamaged = "store-damaged"
        /// A newer version of the node wrote the store.
        case storeNewer = "store-newer"
        /// The key that is to open the store's contents is another than the one that closed them.
        case archiveKeyWrong = "archive-key-wrong"
        /// The disk is full. The store goes on as soon as there is room.
        case diskFull = "disk-full"
        /// The store cannot be reached now, or is closed.
        case storeUnavailable = "store-unavailable"
        /// A write may not have reached the disk. Nothing more is written: the process must end, and open it anew.
        case durabilityLost = "durability-lost"
        /// A change would have broken an invariant of the store: a fault of the node itself.
        case invariantViolated = "invariant-violated"
    }

    package let code: Code
    /// What happened and what to do next.
    package let message: String
    /// What the system or SQLite said; empty where nothing was said.
    package let cause: String

    package init(_ code: Code, _ message: String, cause: String = "") {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String {
        cause.isEmpty ? "\(code.rawValue): \(message)" : "\(code.rawValue): \(message) (\(cause))"
    }
}

extension StoreError {
    static let closed = StoreError(.storeUnavailable, "The store was closed. Start the node again to open it.")

    /// A column holds what no version of the node writes there.
    static func unreadable(_ column: String) -> StoreError {
        StoreError(
            .storeDamaged,
            "The store holds a value that cannot be read. Stop the node, keep the file, and restore a backup.",
            cause: column)
    }

    static func invariant(_ what: String) -> StoreError {
        StoreError(
            .invariantViolated,
            "A change was refused because it would have broken the store's rules; nothing of it was written. "
                + "Report this with the log.",
            cause: what)
    }

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
            return diskFull(cause)
        case .SQLITE_IOERR:
            // The shared-memory index could not grow. It is not part of what is durable, and is made anew.
            if error.extendedResultCode == .SQLITE_IOERR_SHMSIZE { return diskFull(cause) }
            guard isWriting else {
                return StoreError(
                    .storeUnavailable, "The store could not be read. Look at the disk and the system's log.",
                    cause: cause)
            }
            return StoreError(
                .durabilityLost,
                "A write may not have reached the disk. The node must stop; look at the disk, then start it again.",
                cause: cause)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return StoreError(
                .storeDamaged, "The store's file is damaged. Stop the node, keep the file, and restore a backup.",
                cause: cause)
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

    private static func diskFull(_ cause: String) -> StoreError {
        StoreError(
            .diskFull, "The disk is full. Nothing was accepted; make room, and the node goes on by itself.",
            cause: cause)
    }
}

/// Why the store could not do what it was asked. Nothing of the failed operation was written.
///
/// The code is stable and stands in `docs/codes.md`; the message tells what to do next.
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
    package static let closed = StoreError(.storeUnavailable, "The store was closed. Start the node again to open it.")

    /// A column holds what no version of the node writes there.
    static func unreadable(_ column: String) -> StoreError {
        StoreError(
            .storeDamaged,
            "The store holds a value that cannot be read. Stop the node. \(adviceForDamage)",
            cause: column)
    }

    /// Files that are copied by hand would give numbers a second time, and nothing would say what is gone.
    package static let adviceForDamage =
        "Keep the damaged file. If there is a backup, put it back with `exchange-node restore`, which keeps the damaged one "
        + "beside it (partners give back what the backup lacks); never copy store files by hand, and never start an old copy "
        + "beside. If there is none, call somebody who knows SQLite. Telephone the partners: what was accepted and not "
        + "receipted may have told nobody."

    package static func invariant(_ what: String) -> StoreError {
        StoreError(
            .invariantViolated,
            "A change was refused because it would have broken the store's rules; nothing of it was written. "
                + "Report this with the log.",
            cause: what)
    }

    /// A file that has no mark of a store, or nothing in it where there must be a store.
    package static func notAStore(cause: String) -> StoreError {
        StoreError(
            .storeDamaged,
            "The file is not a store of an exchange node. Look at the folder that is configured. " + adviceForDamage,
            cause: cause)
    }

    package static func diskFull(cause: String) -> StoreError {
        StoreError(
            .diskFull,
            "The disk is full. Nothing was accepted; make room. A running node then goes on by itself, and one that did "
                + "not start has to be started.",
            cause: cause)
    }

    /// A sync failed: what is on the disk is in doubt.
    package static func durabilityLost(cause: String) -> StoreError {
        StoreError(
            .durabilityLost,
            "A write may not have reached the disk. The node must stop; look at the disk, then start it again.",
            cause: cause)
    }
}

import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Foundation

/// The making of a node's store: once with its folder, and never by the way. A node that began anew because its disk
/// was not there would give its numbers a second time, and its partners would keep the first message under each.
package struct NewStore: Sendable {
    private let folder: NodeFolder

    package init(_ folder: NodeFolder) { self.folder = folder }

    /// - Throws: ``NodeError`` `store-missing`.
    package func demandStore() throws(NodeError) {
        guard try byteCount == 0 else { return }
        throw NodeError(
            .storeMissing,
            "no store in \(folder.file("store")); is the disk mounted? Nothing was begun. Where the store is lost for "
                + "good, put a backup back (`exchange-node restore --help`), or see `exchange-node new-store --help`")
    }

    /// Makes the store of a folder that has none.
    ///
    /// - Throws: ``NodeError`` `folder-not-empty` where there is one, and what keeps a store from being made.
    package func make() async throws(NodeError) {
        guard try byteCount == 0 else {
            throw NodeError(
                .folderNotEmpty,
                "\(folder.store) is there; nothing was changed. Start the node on it with `exchange-node run`")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder.file("store"), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try await SQLiteLedger.make(at: folder.store)
        } catch {
            throw NodeError(opening: error, else: "\(folder.store) cannot be made")
        }
    }

    /// Makes the store anew, for a folder whose store is lost for good.
    ///
    /// - Parameter oin: this organisation's, as a person typed it: nobody is to do this without thinking.
    /// - Throws: ``NodeError`` `request-invalid` for another OIN; as ``make()``.
    package func replaceLost(
        confirmedBy oin: String, of configuration: NodeConfiguration, at now: Timestamp
    ) async throws(NodeError) {
        guard oin == configuration.oin.text else {
            throw NodeError(
                .requestInvalid,
                "--confirm takes the OIN of the organisation whose store is lost, \(configuration.oin); nothing was made"
            )
        }
        // `init` makes a store with the folder: where a disk is gone and the folder is new, it takes that one's place.
        if try await !isUnused { try await make() }
        // What its partners send again was handed over by the store that is lost, and what they never had is gone.
        do {
            try await StoreRestoring.noteRenewal(of: folder.store, as: .madeAnew, digest: sha256, at: now)
        } catch {
            // One that says nothing of the loss must not be started.
            for path in ["", "-wal", "-shm", "-journal"].map({ folder.store + $0 }) {
                do { try FileManager.default.removeItem(atPath: path) } catch {
                    guard FileManager.default.fileExists(atPath: path) else { continue }
                    throw NodeError(
                        .storeUnavailable,
                        "\(path) says nothing of what was lost, and cannot be removed: remove it, and do NOT start the node "
                            + "on it", cause: "\(error)")
                }
            }
            throw NodeError(opening: error, else: "\(folder.store) cannot be written")
        }
    }

    /// Whether there is a store in which no node has begun.
    private var isUnused: Bool {
        get async throws(NodeError) {
            guard try byteCount > 0 else { return false }
            do { return try await !StoreRestoring.hasBegun(folder.store) } catch {
                throw NodeError(opening: error, else: "\(folder.store) cannot be looked at")
            }
        }
    }

    /// 0 where the file is not there, or was never written; a link that leads nowhere is neither a file. A folder that may
    /// not be looked into is none of these.
    private var byteCount: Int {
        get throws(NodeError) {
            if let stamp = FileStamp(of: folder.store) { return stamp.byteCount }
            let reason = errno
            guard reason != ENOENT else { return 0 }
            throw NodeError(
                .fileUnreadable, "\(folder.store) cannot be looked at; check owner and rights of its folder",
                cause: String(cString: strerror(reason)))
        }
    }
}

import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Foundation
import Logging

/// A copy of the store in one file, made while the node runs, and put back while it does not.
package struct StoreCopy: Sendable {
    /// What was copied.
    package struct Made: Hashable, Sendable {
        package let byteCount: Int64
        package let partnerCount: Int
    }

    /// What was put back.
    package struct PutBack: Hashable, Sendable {
        /// When the last entry of the copy was written, for people.
        package let asOf: String
        /// The folder in which the store of before lies; `nil` where there was none.
        package let aside: String?
    }

    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// Makes a copy, and has the partners told, by the next tallies, how far it covers what they sent.
    ///
    /// - Parameters:
    ///   - path: absolute, of a file that is not there, on another medium than the store's.
    ///   - actor: who asks.
    /// - Throws: ``NodeError``. Nothing counts as covered then; a file is left only where it is whole and the store could not
    ///   note it.
    package func make(at path: String, by actor: ActorID) async throws(NodeError) -> Made {
        guard path.hasPrefix("/") else { throw NodeError(.requestInvalid, "file: give an absolute path") }
        guard let store = context.ledger as? any StoreBackup else {
            throw NodeError(.requestInvalid, "this form of the store is backed up by means of its own")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw NodeError(.folderNotEmpty, "\(path) is there; a backup never goes over another: name a new file")
        }
        do {
            let positions = try await store.backUp(to: path)
            try await context.ledger.noteBackup(positions, at: context.now.wall)
            let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
            context.logger.notice(
                "the store was backed up",
                metadata: ["file": "\(path)", "bytes": "\(size ?? 0)", "actor": "\(actor)"])
            return Made(byteCount: size ?? 0, partnerCount: positions.count)
        } catch {
            throw NodeError(opening: error, else: "\(path) could not be written")
        }
    }

    /// Puts a copy back for the store of a node that does not run. What lies there is kept beside it.
    ///
    /// - Parameter oin: this organisation's, as a person typed it: nobody is to do this without thinking.
    /// - Throws: ``NodeError``; nothing was changed then.
    package static func putBack(
        _ copy: String, in folder: NodeFolder, confirmedBy oin: String, of configuration: NodeConfiguration,
        at now: Timestamp
    ) async throws(NodeError) -> PutBack {
        guard oin == configuration.oin.text else {
            throw NodeError(
                .requestInvalid,
                "--confirm takes the OIN of the organisation whose store is put back, \(configuration.oin); nothing was "
                    + "changed")
        }
        guard FileManager.default.fileExists(atPath: copy) else {
            throw NodeError(.fileMissing, "\(copy) is not there; name a file that `exchange-node backup` made")
        }
        let aside = "\(folder.store).before-\(now.milliseconds)"
        do {
            // A disk that is new has none.
            try FileManager.default.createDirectory(
                atPath: folder.file("store"), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            let archive = try NodeKeys.load(from: folder).archive
            let check = ArchiveKeyCheck(fresh: try archive.makeCheck()) { _ = try archive.open($0) }
            let done = try await StoreRestoring.restore(
                copy, to: folder.store, aside: aside, archiveKey: check, digest: sha256, at: now)
            return PutBack(
                asOf: done.asOf?.description ?? "a time that it does not say", aside: done.hasKept ? aside : nil)
        } catch {
            throw NodeError(opening: error, else: "\(copy) could not be put back")
        }
    }
}

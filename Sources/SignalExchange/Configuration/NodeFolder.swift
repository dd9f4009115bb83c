import ExchangeCMS
package import ExchangeCore
import Foundation

/// Everything of one node on disk, each thing with one place.
///
/// ```
/// node.yaml                    configuration
/// keys/{signing,agreement,tls}.key, keys/archive.key      readable by the node's user only
/// keys/backup-confirmed        that a copy of the keys is elsewhere
/// keys/retired/*.key + *.crt   agreement keys of before, while held envelopes need them
/// certificates/{signing,agreement,tls}.crt
/// trust/anchors.pem, trust/intermediates.pem, trust/directory.crt
/// crl/*.crl                    revocation lists, of the whole chain
/// directory.cms                the signed directory
/// cards/own.card, cards/OIN.card   this organisation's card as it was last exported, and those of partners
/// keys/directory.key, certificates/directory.crt   where this folder signs a directory
/// agreements.json              routing rules and policy, for the directory that is signed here
/// signed/directory.cms, signed/directory.crt       what it signed last, to be published
/// reconciliations/OIN/*.cms    signed reports of the pair with a partner, the newest of each
/// store/ledger.sqlite
/// node.sock                    the API
/// ```
package struct NodeFolder: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    package enum KeyUse: String, CaseIterable, Sendable {
        case signing, agreement, tls
    }

    package var configuration: String { file("node.yaml") }
    package func key(_ use: KeyUse) -> String { file("keys/\(use.rawValue).key") }
    package var archiveKey: String { file("keys/archive.key") }
    package var keys: String { file("keys") }
    package var keyBackupMark: String { file("keys/backup-confirmed") }
    package var retiredKeys: String { file("keys/retired") }
    package func certificate(_ use: KeyUse) -> String { file("certificates/\(use.rawValue).crt") }
    package func certificateRequest(_ use: KeyUse) -> String { file("certificates/\(use.rawValue).csr") }
    package var anchors: String { file("trust/anchors.pem") }
    package var intermediates: String { file("trust/intermediates.pem") }
    package var directorySigner: String { file("trust/directory.crt") }
    package var revocationLists: String { file("crl") }
    package var directory: String { file("directory.cms") }
    package var directoryKey: String { file("keys/directory.key") }
    package var directoryCertificate: String { file("certificates/directory.crt") }
    package var agreements: String { file("agreements.json") }
    package var signedDirectory: String { file("signed/directory.cms") }
    package var signedDirectorySigner: String { file("signed/directory.crt") }
    package var cards: String { file("cards") }
    package var ownCard: String { file("cards/own.card") }
    package func card(of oin: OIN) -> String { file("cards/\(oin).card") }
    package func reconciliations(with oin: OIN) -> String { file("reconciliations/\(oin)") }
    package var store: String { file("store/ledger.sqlite") }

    package func file(_ name: String) -> String { path + "/" + name }

    /// - Throws: ``NodeError`` `file-missing` or `file-unreadable`, naming the file.
    package func read(_ path: String) throws(NodeError) -> [UInt8] {
        guard access(path, F_OK) == 0 else {
            // What may not be looked at is not missing: whoever made a new one would have two nodes.
            guard errno != EACCES else {
                throw NodeError(
                    .fileUnreadable,
                    "\(path) may not be looked at by this user; run the command as the user whose folder it is (`sudo -u "
                        + "USER …`)", cause: "permission denied")
            }
            if path.hasPrefix(keys + "/") {
                throw NodeError(
                    .fileMissing,
                    "\(path) is missing; restore it from the copy of the keys: a new one opens nothing that waits")
            }
            throw NodeError(
                .fileMissing, "\(path) is missing; put it in place: docs/operations.md (make a folder) says what it is")
        }
        do {
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw NodeError(.fileUnreadable, "\(path) cannot be read; check its owner and rights", cause: "\(error)")
        }
    }

    package func readText(_ path: String) throws(NodeError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Writes a file whole or not at all, and returns when it is on the disk.
    ///
    /// - Parameter isSecret: readable and writable by this user alone, from its first byte on.
    package static func write(_ bytes: [UInt8], to path: String, isSecret: Bool = false) throws(NodeError) {
        try DurableFile.write(bytes, to: path, by: path + ".new") { descriptor throws(NodeError) in
            guard isSecret || fchmod(descriptor, 0o644) == 0 else { throw DurableFile.unwritable(path) }
        }
    }
}

package import ExchangeCMS
import Foundation

/// The node's own keys and certificates, read once at start.
package struct NodeKeys: Sendable {
    package let signing: SigningIdentity
    /// The current one first, then those of before that held envelopes may still need.
    package let decryption: [DecryptionIdentity]
    package let archive: ArchiveKey

    /// Keys that fit each other: of one organisation.
    package init(signing: SigningIdentity, decryption: [DecryptionIdentity], archive: ArchiveKey) {
        self.signing = signing
        self.decryption = decryption
        self.archive = archive
    }

    /// - Throws: ``NodeError``, naming the file and what to do.
    package static func load(from folder: NodeFolder) throws(NodeError) -> NodeKeys {
        for path in try secrets(in: folder) { try demandPrivate(path) }
        let signing = try identity(folder.certificate(.signing), folder.key(.signing), in: folder) {
            try SigningIdentity(certificate: $0, privateKeyPEM: $1)
        }
        var decryption = [
            try identity(folder.certificate(.agreement), folder.key(.agreement), in: folder) {
                try DecryptionIdentity(certificate: $0, privateKeyPEM: $1)
            }
        ]
        for name in try retired(in: folder) {
            let path = folder.retiredKeys + "/" + name
            decryption.append(
                try identity(path + ".crt", path + ".key", in: folder) {
                    try DecryptionIdentity(certificate: $0, privateKeyPEM: $1)
                })
        }
        return NodeKeys(signing: signing, decryption: decryption, archive: try archiveKey(in: folder))
    }

    /// What a certificate and its key make, or an error that names both files.
    private static func identity<Identity>(
        _ certificate: String, _ key: String, in folder: NodeFolder,
        _ make: (_ certificate: Certificate, _ privateKeyPEM: String) throws -> Identity
    ) throws(NodeError) -> Identity {
        let (certificateText, keyText) = (try folder.readText(certificate), try folder.readText(key))
        do {
            return try make(Certificate(pem: certificateText), keyText)
        } catch {
            throw NodeError(
                .certificateUnusable,
                "\(certificate) and \(key) do not fit each other or their use; put the certificate there that was issued "
                    + "for this key", cause: "\(error)")
        }
    }

    private static func archiveKey(in folder: NodeFolder) throws(NodeError) -> ArchiveKey {
        let advice = "restore it from the copy of the keys: no other opens what is in the store"
        do {
            return try ArchiveKey(try folder.read(folder.archiveKey))
        } catch let error as NodeError {
            guard error.code == .fileMissing else { throw error }
            throw NodeError(.fileMissing, "\(folder.archiveKey) is missing; \(advice)")
        } catch {
            throw NodeError(
                .certificateUnusable, "\(folder.archiveKey) is no archive key; \(advice)", cause: "\(error)")
        }
    }

    private static func secrets(in folder: NodeFolder) throws(NodeError) -> [String] {
        NodeFolder.KeyUse.allCases.map(folder.key) + [folder.archiveKey, folder.directoryKey]
            + (try retired(in: folder).map { "\(folder.retiredKeys)/\($0).key" })
    }

    /// A key that others may read is no secret any more, and a copy that was made with `cp` often is one: a person must
    /// see it before the node goes on. What is missing is named by who reads it.
    static func demandPrivate(_ path: String) throws(NodeError) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        let rights = attributes[.posixPermissions] as? Int ?? 0o777
        guard rights & 0o077 == 0 else {
            throw NodeError(
                .keyExposed,
                "\(path) may be read or changed by others than its owner: `chmod 600 \(path)`; where others use this "
                    + "machine, take the key for stolen and make a new one")
        }
    }

    private static func retired(in folder: NodeFolder) throws(NodeError) -> [String] {
        guard FileManager.default.fileExists(atPath: folder.retiredKeys) else { return [] }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.retiredKeys)
                .filter { $0.hasSuffix(".key") }.map { String($0.dropLast(4)) }.sorted()
        } catch {
            throw NodeError(
                .fileUnreadable, "\(folder.retiredKeys) cannot be read; check its owner and rights", cause: "\(error)")
        }
    }
}

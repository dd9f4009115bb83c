package import ExchangeCMS
import Foundation

/// The node's own keys and certificates, read once at start.
package struct NodeKeys: Sendable {
    package let signing: SigningIdentity
    /// The current one first, then those of before that held envelopes may still need.
    package let decryption: [DecryptionIdentity]
    package let archive: ArchiveKey
    /// Those of all three uses, for this node to judge itself by.
    package let certificates: OwnCertificates

    /// - Throws: ``NodeError``, naming the file and what to do.
    package static func load(from folder: NodeFolder) throws(NodeError) -> NodeKeys {
        do {
            for path in try secrets(in: folder) { try demandPrivate(path) }
            let signing = try SigningIdentity(
                certificate: try Certificate(pem: try folder.readText(folder.certificate(.signing))),
                privateKeyPEM: try folder.readText(folder.key(.signing)))
            var decryption = [
                try DecryptionIdentity(
                    certificate: try Certificate(pem: try folder.readText(folder.certificate(.agreement))),
                    privateKeyPEM: try folder.readText(folder.key(.agreement)))
            ]
            for name in try retired(in: folder) {
                decryption.append(
                    try DecryptionIdentity(
                        certificate: try Certificate(pem: try folder.readText("\(folder.retiredKeys)/\(name).crt")),
                        privateKeyPEM: try folder.readText("\(folder.retiredKeys)/\(name).key")))
            }
            // What comes after it in the file is of the authorities.
            guard let tls = try Certificate.all(pem: try folder.readText(folder.certificate(.tls))).first else {
                throw NodeError(.certificateUnusable, "\(folder.certificate(.tls)) holds no certificate in PEM")
            }
            return NodeKeys(
                signing: signing, decryption: decryption,
                archive: try ArchiveKey(try folder.read(folder.archiveKey)),
                certificates: OwnCertificates(
                    signing: signing.certificate, agreement: decryption[0].certificate,
                    tls: tls))
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable, "the keys and certificates in \(folder.path) do not fit each other or their use",
                cause: "\(error)")
        }
    }

    private static func secrets(in folder: NodeFolder) throws -> [String] {
        NodeFolder.KeyUse.allCases.map(folder.key) + [folder.archiveKey]
            + (try retired(in: folder).map { "\(folder.retiredKeys)/\($0).key" })
    }

    /// A key that others may read is no secret any more, and a copy that was made with `cp` often is one: a person must
    /// see it before the node goes on. What is missing is named by who reads it.
    private static func demandPrivate(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? 0o777
        guard rights & 0o077 == 0 else {
            throw NodeError(
                .keyExposed,
                "\(path) may be read or changed by others than its owner: `chmod 600 \(path)`; where others use this "
                    + "machine, take the key for stolen and make a new one")
        }
    }

    private static func retired(in folder: NodeFolder) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.retiredKeys) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.retiredKeys)
            .filter { $0.hasSuffix(".key") }.map { String($0.dropLast(4)) }.sorted()
    }
}

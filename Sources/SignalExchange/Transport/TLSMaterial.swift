import ExchangeCMS
package import ExchangeCore
import NIOCore
import NIOSSL

/// What a node's connections rest on: its own certificate and key, and the authorities that it believes. It is read
/// whole, since a certificate is of no use without its key, and in use from the next connection on.
package struct TLSMaterial: Sendable {
    /// How long a closing connection waits for the other side's goodbye: an idle client gives none, and a node that
    /// stops must not wait for it.
    private static let shutdownTimeout: TimeAmount = .milliseconds(500)

    /// SHA-256 over the digests of the files: what was read from other bytes is another material.
    package let digest: Digest
    /// This node's own, that of the organisation.
    let certificate: Certificate
    private let anchors: [NIOSSLCertificate]
    private let intermediates: [NIOSSLCertificate]
    private let own: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey

    /// The files that it is read from.
    static func files(of folder: NodeFolder) -> [String] {
        [folder.anchors, folder.intermediates, folder.certificate(.tls), folder.key(.tls)]
    }

    /// - Throws: ``NodeError`` `file-missing`, `file-unreadable`, or `certificate-unusable` where a file is not of its
    ///   form, or the key is not that of the certificate.
    static func load(from folder: NodeFolder) throws(NodeError) -> TLSMaterial {
        var contents: [[UInt8]] = []
        for file in files(of: folder) { contents.append(try folder.read(file)) }
        do {
            let own = try NIOSSLCertificate.fromPEMBytes(contents[2])
            // What comes after it in the file is of the authorities.
            guard let leaf = own.first else {
                throw NodeError(.certificateUnusable, "\(folder.certificate(.tls)) holds no certificate in PEM")
            }
            let material = TLSMaterial(
                digest: sha256(contents.flatMap { sha256($0).bytes }),
                certificate: try Certificate(der: try leaf.toDERBytes()),
                anchors: try NIOSSLCertificate.fromPEMBytes(contents[0]),
                // Where a root issues by itself nothing stands between, and the file is empty.
                intermediates: contents[1].isEmpty ? [] : try NIOSSLCertificate.fromPEMBytes(contents[1]),
                own: own,
                key: try NIOSSLPrivateKey(bytes: contents[3], format: .pem))
            // A context compares key and certificate; found at the first connection, it would look like a dead partner.
            _ = try NIOSSLContext(configuration: material.client)
            return material
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable,
                "\(folder.certificate(.tls)), its key and the files in trust/ do not fit each other or their use",
                cause: "\(error)")
        }
    }

    /// For connections that this node opens.
    var client: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.shutdownTimeout = Self.shutdownTimeout
        configuration.trustRoots = .certificates(anchors)
        configuration.additionalTrustRoots = [.certificates(intermediates)]
        configuration.certificateChain = chain
        configuration.privateKey = .privateKey(key)
        return configuration
    }

    /// For connections that this node takes. Whose certificate a caller presents, a callback has to judge.
    ///
    /// - Parameter current: asked at each handshake, so that a renewed certificate needs no restart.
    func server(current: @escaping @Sendable () -> TLSMaterial) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv13
        configuration.shutdownTimeout = Self.shutdownTimeout
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates(anchors)
        configuration.sslContextCallback = { _, promise in
            // Whoever asks for the current one may have to read files: not on the loop that serves other connections.
            promise.completeWithTask {
                let material = current()
                var identity = NIOSSLContextConfigurationOverride()
                identity.certificateChain = material.chain
                identity.privateKey = .privateKey(material.key)
                return identity
            }
        }
        return configuration
    }

    private var chain: [NIOSSLCertificateSource] { (own + intermediates).map { .certificate($0) } }
}

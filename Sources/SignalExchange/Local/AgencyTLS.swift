import ExchangeCMS
import ExchangeCore
import Logging
import NIOCore
import NIOSSL

/// What the API's listener for other machines is set up with: `agency.*` in the configuration.
package struct AgencyListening: Hashable, Sendable {
    package var host: String
    package var port: Int
    /// The listener's own certificate and what is between it and its authority, in PEM.
    package var certificate: String
    package var key: String
    /// The certificates of the systems that may call, in PEM: these very ones, whoever issued them.
    package var clients: String
}

/// The certificates of the organisation's systems that may call over TLS. To take one out of the file ends its access with
/// the next request. A file that is not there, or cannot be read, lets nobody in: it may have been taken away to that end.
struct AgencyClients: Sendable {
    static let maximumClients = 64
    private let files: FollowedFiles<Set<Digest>>

    init(_ path: String, logger: Logger) throws(NodeError) {
        files = try FollowedFiles([path], logger: logger, fallback: []) { () throws(NodeError) in try Self.read(path) }
    }

    func contains(_ certificate: Digest) -> Bool { files.current.contains(certificate) }

    private static func read(_ path: String) throws(NodeError) -> Set<Digest> {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            guard certificates.count <= maximumClients else {
                throw NodeError(
                    .certificateUnusable, "\(path) lists \(certificates.count) systems; list \(maximumClients) at most")
            }
            return Set(try certificates.map { sha256(try $0.toDERBytes()) })
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(
                .certificateUnusable,
                "\(path) holds no certificates in PEM; put those of the systems that may call there",
                cause: "\(error)")
        }
    }
}

/// The certificate and key with which the API is served over TLS, read again when they are renewed.
struct AgencyIdentity: Sendable {
    private struct Material: Sendable {
        let chain: [NIOSSLCertificateSource]
        let key: NIOSSLPrivateKey
    }

    private let files: FollowedFiles<Material>

    init(_ listening: AgencyListening, logger: Logger) throws(NodeError) {
        let (certificate, key) = (listening.certificate, listening.key)
        files = try FollowedFiles([certificate, key], logger: logger) { () throws(NodeError) in
            do {
                let material = Material(
                    chain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    key: try NIOSSLPrivateKey(file: key, format: .pem))
                // A context compares key and certificate; found at the first call, it would look like a network fault.
                _ = try NIOSSLContext(
                    configuration: .makeServerConfiguration(
                        certificateChain: material.chain, privateKey: .privateKey(material.key)))
                return material
            } catch {
                throw NodeError(
                    .certificateUnusable,
                    "the files of `agency.certificate` and `agency.key` cannot be used, or are not of each other; put a "
                        + "certificate and its key there, in PEM", cause: "\(error)")
            }
        }
    }

    /// A client certificate is demanded; whose it is, a callback decides.
    var server: TLSConfiguration {
        let files = files
        let material = files.current
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: material.chain, privateKey: .privateKey(material.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .noHostnameVerification
        configuration.shutdownTimeout = .milliseconds(500)
        configuration.sslContextCallback = { _, promise in
            // It may have to read files: not on the loop that serves other connections.
            promise.completeWithTask {
                let material = files.current
                var identity = NIOSSLContextConfigurationOverride()
                identity.certificateChain = material.chain
                identity.privateKey = .privateKey(material.key)
                return identity
            }
        }
        return configuration
    }
}

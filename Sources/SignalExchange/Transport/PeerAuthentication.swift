import CoreMetrics
import ExchangeCMS
package import ExchangeCore
import Logging
package import NIOSSL

/// Judges the certificate of a node that calls, in the handshake: chain, revocation, usage, and membership.
package struct PeerAuthentication: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// For the TLS layer: whether the handshake may end well. What is refused is logged with its cause and counted.
    package func verify(_ chain: [NIOSSLCertificate]) -> NIOSSLVerificationResult {
        do {
            guard let leaf = chain.first else {
                throw RequestError(.partnerUnknown, "no certificate was presented")
            }
            _ = try organisation(of: leaf)
            return .certificateVerified
        } catch {
            context.logger.warning("a connection was refused", metadata: ["cause": "\(error)"])
            PeerMetrics.refusedConnections.increment()
            return .failed
        }
    }

    /// The member that a certificate stands for.
    ///
    /// - Throws: ``RequestError``: not one that holds now, or not a member's own.
    package func organisation(of certificate: NIOSSLCertificate) throws -> OIN {
        let certificate = try Certificate(der: try certificate.toDERBytes())
        let now = context.now.wall
        let community = context.community
        switch community.trust.verdict(for: certificate, purpose: .tls, at: now, now: now) {
        case .trusted: break
        case .undecided(let reason):
            // Whoever no authority here vouches for may be anybody.
            guard reason.isOfRevocation else {
                throw RequestError(.partnerUnknown, "\(certificate.subject): \(reason)")
            }
            // The connection carries only sealed and signed matter, and each of these is judged again: a stale list
            // holds messages, and must not cut the line on which the partner would learn of it.
            context.logger.warning("a certificate cannot be judged now", metadata: ["reason": "\(reason)"])
        case .untrusted(let reason):
            throw RequestError(.partnerUnknown, "\(certificate.subject): \(reason)")
        }
        guard let oin = certificate.oin, let member = community.directory.member(oin) else {
            throw RequestError(.partnerUnknown, "\(certificate.subject) is not in the directory")
        }
        guard member.certificates.tls.contains(where: { $0.sha256Fingerprint == certificate.sha256Fingerprint }) else {
            throw RequestError(.partnerUnknown, "the directory has another TLS certificate for \(oin)")
        }
        return oin
    }
}

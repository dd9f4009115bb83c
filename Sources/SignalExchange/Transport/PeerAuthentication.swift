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
            context.warn("a connection was refused", cause: "\(error)", from: nil)
            PeerMetrics.refusedConnections.increment()
            return .failed
        }
    }

    /// The member that a certificate stands for.
    ///
    /// - Throws: ``RequestError``: not a member's own, or not one that holds now.
    package func organisation(of certificate: NIOSSLCertificate) throws -> OIN {
        let presented = try context.community.identity(
            presenting: try certificate.toDERBytes(), at: context.now.wall)
        if let doubt = presented.doubt {
            context.warn("a certificate cannot be judged now", cause: "\(doubt)", from: presented.oin)
        }
        return presented.oin
    }
}

extension Community {
    /// Whom a TLS certificate stands for, on either side of a connection.
    ///
    /// Whose it is comes first, and costs a digest. Chain and revocation are judged for members' certificates alone, so
    /// that a stranger cannot make the node verify one chain after another.
    ///
    /// - Returns: the member; and why its revocation cannot be judged now, where that is so. The connection carries only
    ///   sealed and signed matter, and each of these is judged again: a stale list holds messages, and must not cut the
    ///   line on which the partner would learn of it.
    /// - Throws: ``RequestError``: not a member's own, or not one that holds now.
    func identity(
        presenting der: [UInt8], at now: Timestamp
    ) throws(RequestError) -> (oin: OIN, doubt: UndecidedReason?) {
        guard let certificate = caller(sha256(der)), let oin = certificate.oin else {
            throw RequestError(.partnerUnknown, cause(of: der))
        }
        switch trust.verdict(for: certificate, purpose: .tls, at: now, now: now) {
        case .trusted: return (oin, nil)
        case .undecided(let reason):
            // Whoever no authority here vouches for may be anybody.
            guard reason.isOfRevocation else {
                throw RequestError(.partnerUnknown, "\(certificate.subject): \(reason)")
            }
            return (oin, reason)
        case .untrusted(let reason):
            throw RequestError(.partnerUnknown, "\(certificate.subject): \(reason)")
        }
    }

    /// Why a certificate is no member's, for people: its names are those that it gives itself.
    private func cause(of der: [UInt8]) -> String {
        let certificate: Certificate
        do {
            certificate = try Certificate(der: der)
        } catch {
            return "what was presented is no certificate of the profile: \(error.message)"
        }
        guard let oin = certificate.oin, directory.member(oin) != nil else {
            return "\(certificate.subject) is not in the directory"
        }
        return "the directory has another TLS certificate for \(oin)"
    }
}

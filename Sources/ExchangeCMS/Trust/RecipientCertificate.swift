package import ExchangeCore

/// A certificate that may be sealed to: OpenSSL encrypts to any certificate, whatever its key usage, validity or
/// revocation, so that this type exists and only a trust verdict makes it.
package struct RecipientCertificate: Sendable {
    package let certificate: Certificate
    package let oin: OIN

    /// - Throws: `recipientUntrusted`, or `recipientUndecided` where the lists cannot tell now (hold the message).
    package init(_ certificate: Certificate, trust: TrustStore, now: Timestamp) throws(CMSError) {
        switch trust.verdict(for: certificate, purpose: .keyAgreement, at: now, now: now) {
        case .trusted: break
        case .undecided(let reason):
            throw CMSError(.recipientUndecided, "not sealing to \(certificate.subject) yet: \(reason)")
        case .untrusted(let reason):
            throw CMSError(.recipientUntrusted, "not sealing to \(certificate.subject): \(reason)")
        }
        guard let oin = certificate.oin else {
            throw CMSError(.recipientUntrusted, "\(certificate.subject) has no OIN")
        }
        self.certificate = certificate
        self.oin = oin
    }
}

internal import COpenSSL
internal import ExchangeCore
internal import SwiftASN1

/// The judgement of a directory's signer whose certificate vouches for itself: two organisations that have no body to
/// sign for them have no authority that would issue such a certificate. What an authority would say, people said when
/// they compared it; what is left is its form, its use and its time.
enum PinnedSigner {
    /// - Throws: `signerUntrusted`.
    static func demand(
        _ certificate: Certificate, for purpose: CertificatePurpose, at moment: Timestamp
    ) throws(CMSError) {
        guard let reason = objection(to: certificate, for: purpose, at: moment) else { return }
        throw CMSError(.signerUntrusted, "\(certificate.subject) is not trusted: \(reason)")
    }

    private static func objection(
        to certificate: Certificate, for purpose: CertificatePurpose, at moment: Timestamp
    ) -> DistrustReason? {
        guard certificate.keyKind.isAllowed else { return .keyNotAllowed }
        // Nothing but a directory is ever judged so.
        guard purpose == .directory, purpose.extendedKeyUsages.allSatisfy(certificate.names(purpose:)) else {
            return .wrongExtendedKeyUsage
        }
        guard !certificate.isAuthority, certificate.keyUsage.contains(purpose.keyUsage(for: certificate.keyKind))
        else { return .wrongKeyUsage }
        if moment < certificate.notBefore { return .notYetValid(from: certificate.notBefore) }
        if moment > certificate.notAfter { return .expired(since: certificate.notAfter) }
        let pointer = unsafe certificate.handle.pointer
        guard unsafe X509_verify(pointer, X509_get0_pubkey(pointer)) == 1 else {
            _ = ErrorQueue.drain()
            return .unknownIssuer("it bears its own name as its issuer's, and another key signed it")
        }
        return nil
    }
}

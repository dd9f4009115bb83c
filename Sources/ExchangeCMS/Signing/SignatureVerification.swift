internal import COpenSSL
package import ExchangeCore

/// Finds the directory's signing certificate with a key identifier; `nil` where there is none.
package typealias SignerLookup = @Sendable (_ keyIdentifier: [UInt8]) -> Certificate?

/// Whose signature is asked for, and by which authorities and clock it is judged.
package struct VerificationContext: Sendable {
    package let signer: SignerLookup
    package let trust: TrustStore
    package let now: Timestamp
    /// A certificate of a directory's signer that vouches for itself, and that people compared.
    private let pinned: Certificate?

    package init(trust: TrustStore, now: Timestamp, signer: @escaping SignerLookup) {
        self.signer = signer
        self.trust = trust
        self.now = now
        pinned = nil
    }

    /// For directories, which one certificate alone may sign: the one that the node's operator put in place. Where an
    /// authority issued it, the authorities judge it. One that vouches for itself is judged by itself, and by nobody else:
    /// no authority can revoke it, nor put another in its place.
    package init(trust: TrustStore, now: Timestamp, directorySigner: Certificate) {
        self.signer = { $0 == directorySigner.subjectKeyIdentifier ? directorySigner : nil }
        self.trust = trust
        self.now = now
        pinned = directorySigner.isSelfIssued ? directorySigner : nil
    }

    /// Verifies one signature, cheapest question first, and returns the signer's certificate.
    ///
    /// `CMS_verify` is called last and told not to build chains (`CMS_NO_SIGNER_CERT_VERIFY`): the verdict comes from
    /// `TrustStore`. It does not look at signingCertificateV2 without `CMS_CADES`, which would build chains at each
    /// call; that attribute is compared here.
    func verify(
        _ der: [UInt8], _ signed: SignedDataPolicy.Inspection, for purpose: CertificatePurpose
    ) throws(CMSError) -> Certificate {
        let certificate = try judgeSigner(of: signed, for: purpose)
        try Self.checkSignature(der, by: certificate)
        return certificate
    }

    /// Who signed, and whether that certificate held at the signing time; the signature itself is not looked at.
    func judgeSigner(
        of signed: SignedDataPolicy.Inspection, for purpose: CertificatePurpose
    ) throws(CMSError) -> Certificate {
        guard let certificate = signer(signed.signerKeyIdentifier) else {
            throw CMSError(
                .signerUnknown,
                "the directory has no certificate with the key identifier "
                    + "\(signed.signerKeyIdentifier.hexadecimal); it may be older than the sender's")
        }
        try checkAttributes(of: signed, certificate)
        try checkTrust(in: certificate, for: purpose, at: signed.attributes.signingTime)
        return certificate
    }

    private func checkAttributes(
        of signed: SignedDataPolicy.Inspection, _ certificate: Certificate
    ) throws(CMSError) {
        guard certificate.subjectKeyIdentifier == signed.signerKeyIdentifier,
            certificate.sha256Fingerprint == signed.attributes.signerCertificateDigest
        else {
            throw CMSError(
                .signerCertificateMismatch,
                "the signature names another certificate of this key than "
                    + "the directory's, \(certificate.subject)")
        }
        switch (certificate.keyKind, signed.signatureAlgorithm) {
        case (.p256, .ecdsa), (.rsa, .rsaPSS): break
        default:
            throw CMSError(
                .algorithmNotAllowed,
                "the signature algorithm does not fit the key of "
                    + certificate.subject)
        }
        guard signed.attributes.signingTime <= now + CMSLimits.clockSkew else {
            throw CMSError(
                .signingTimeInFuture,
                "the signing time \(signed.attributes.signingTime) is in the "
                    + "future; check the clocks of this node and of the sender")
        }
    }

    private func checkTrust(
        in certificate: Certificate, for purpose: CertificatePurpose, at moment: Timestamp
    ) throws(CMSError) {
        guard certificate != pinned else { return try PinnedSigner.demand(certificate, for: purpose, at: moment) }
        switch trust.verdict(for: certificate, purpose: purpose, at: moment, now: now) {
        case .trusted: break
        case .undecided(.libraryFailed(let words)):
            throw CMSError(.cryptographicLibrary, "\(certificate.subject) could not be judged: \(words)")
        case .undecided(let reason):
            throw CMSError(.signerUndecided, "\(certificate.subject) cannot be judged now: \(reason)")
        case .untrusted(let reason):
            throw CMSError(.signerUntrusted, "\(certificate.subject) is not trusted: \(reason)")
        }
    }

    private static func checkSignature(_ der: [UInt8], by certificate: Certificate) throws(CMSError) {
        let cms = try Owned<CMSObject>.decoding(der)
        let signers = unsafe try Owned<CertificateStackObject>(
            shim_X509_stack_new(), .cryptographicLibrary, "no memory for a certificate")
        guard unsafe shim_X509_stack_push(signers.pointer, certificate.handle.pointer) > 0 else {
            throw CMSError(.cryptographicLibrary, "no memory for a certificate")
        }
        let flags = UInt32(CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN | CMS_BINARY)
        guard unsafe CMS_verify(cms.pointer, signers.pointer, nil, nil, nil, flags) == 1 else {
            throw CMSError(.signatureInvalid, "the signature is not that of \(certificate.subject) over this content")
        }
    }
}

extension Owned where Object == CMSObject {
    /// Only for bytes that a policy has passed.
    static func decoding(_ der: [UInt8]) throws(CMSError) -> Owned<CMSObject> {
        let result = unsafe decoded(der) { start, count in unsafe d2i_CMS_ContentInfo(nil, start, count) }
        let cms = unsafe try Owned(result.pointer, .malformed, "OpenSSL cannot read the structure")
        guard unsafe result.usedAllBytes else { throw CMSError(.malformed, "bytes follow after the structure") }
        return cms
    }
}

internal import COpenSSL
package import ExchangeCore

/// An organisation's signing certificate and its private key.
package final class SigningIdentity: Sendable {
    package let certificate: Certificate
    package let oin: OIN
    let key: PrivateKey

    /// - Throws: `keyUnusable` where the PEM holds no plain private key, `keyDoesNotMatchCertificate` where it is
    ///   another certificate's, `certificateUnusable` where the certificate has no OIN or a key of a kind that is not
    ///   allowed.
    package init(certificate: Certificate, privateKeyPEM: String) throws(CMSError) {
        key = try PrivateKey(pem: privateKeyPEM, of: certificate)
        guard let oin = certificate.oin else {
            throw CMSError(.certificateUnusable, "the signing certificate has no OIN in subject.serialNumber")
        }
        self.oin = oin
        self.certificate = certificate
    }
}

/// The directory's signing certificate and its private key. It belongs to the community and has no OIN.
package final class DirectorySigner: Sendable {
    package let certificate: Certificate
    let key: PrivateKey

    /// - Throws: as `SigningIdentity.init`.
    package init(certificate: Certificate, privateKeyPEM: String) throws(CMSError) {
        key = try PrivateKey(pem: privateKeyPEM, of: certificate)
        self.certificate = certificate
    }
}

/// Whoever can sign: an organisation, or the directory.
protocol Signer {
    var certificate: Certificate { get }
    var key: PrivateKey { get }
}

extension SigningIdentity: Signer {}
extension DirectorySigner: Signer {}

/// An organisation's key-agreement (P-256) or key-transport (RSA) certificate and its private key.
package final class DecryptionIdentity: Sendable {
    package let certificate: Certificate
    let key: PrivateKey

    /// - Throws: as `SigningIdentity.init`; the OIN is not needed.
    package init(certificate: Certificate, privateKeyPEM: String) throws(CMSError) {
        key = try PrivateKey(pem: privateKeyPEM, of: certificate)
        self.certificate = certificate
    }
}

/// `@unchecked Sendable`: the one owner of an `EVP_PKEY`, which OpenSSL allows several threads to use at once as long
/// as none changes it; nothing here does.
final class PrivateKey: @unchecked Sendable {
    let handle: Owned<KeyObject>

    init(pem: String, of certificate: Certificate) throws(CMSError) {
        guard certificate.keyKind.isAllowed else {
            throw CMSError(
                .certificateUnusable,
                "the key of \(certificate.subject) is neither P-256 nor RSA with "
                    + "\(CMSLimits.rsaBits.lowerBound) to \(CMSLimits.rsaBits.upperBound) bits")
        }
        let source = try Owned<BIOObject>.source(Array(pem.utf8))
        // The empty passphrase keeps OpenSSL from asking for one on the terminal.
        let pointer = unsafe PEM_read_bio_PrivateKey(source.pointer, nil, { _, _, _, _ in 0 }, nil)
        handle = unsafe try Owned(pointer, .keyUnusable, "the file holds no unencrypted PEM private key")
        guard unsafe X509_check_private_key(certificate.handle.pointer, handle.pointer) == 1 else {
            throw CMSError(.keyDoesNotMatchCertificate, "the private key is not that of \(certificate.subject)")
        }
    }
}

package import ExchangeCore

/// Whom a signature names, and when it says that it was made. Nothing of it is verified: enough to look up a certificate,
/// and to show what is claimed.
package struct UnverifiedSigner: Hashable, Sendable {
    package let keyIdentifier: [UInt8]
    /// SHA-256 of its certificate, for one key may have several.
    package let certificateDigest: Digest
    package let signingTime: Timestamp

    /// What is signed.
    package enum Kind: Hashable, Sendable {
        case message
        case receipt
        case statement(StatementKind)
    }

    /// - Throws: the policy's `CMSError` for anything but one SignedData of this kind.
    package init(of der: [UInt8], as kind: Kind) throws(CMSError) {
        let profile: SignedDataPolicy.Profile =
            switch kind {
            case .message: .message
            case .receipt: .receipt
            case .statement(let kind): .statement(kind)
            }
        let inspection = try SignedDataPolicy.inspect(der, as: profile)
        keyIdentifier = inspection.signerKeyIdentifier
        certificateDigest = inspection.attributes.signerCertificateDigest
        signingTime = inspection.attributes.signingTime
    }
}

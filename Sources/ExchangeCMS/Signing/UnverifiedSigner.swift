package import ExchangeCore

/// Whom a signature names, and when it says that it was made. Nothing of it is verified: enough to look up a certificate,
/// and to show what is claimed.
package struct UnverifiedSigner: Hashable, Sendable {
    package let keyIdentifier: [UInt8]
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
        signingTime = inspection.attributes.signingTime
    }
}

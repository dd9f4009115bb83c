internal import SwiftASN1

extension ASN1ObjectIdentifier {
    // RFC 5652, RFC 5083
    static let signedData: Self = [1, 2, 840, 113_549, 1, 7, 2]
    static let authEnvelopedData: Self = [1, 2, 840, 113_549, 1, 9, 16, 1, 23]
    /// The content type of an encrypted ContentInfo (RFC 5652 §12, module).
    static let contentInfo: Self = [1, 2, 840, 113_549, 1, 9, 16, 1, 6]
    /// The content type of a receipt (RFC 2634 §2.6).
    static let receipt: Self = [1, 2, 840, 113_549, 1, 9, 16, 1, 1]

    // Signed attributes: RFC 5652 §11, RFC 2634, RFC 5035
    static let contentType: Self = [1, 2, 840, 113_549, 1, 9, 3]
    static let messageDigest: Self = [1, 2, 840, 113_549, 1, 9, 4]
    static let signingTime: Self = [1, 2, 840, 113_549, 1, 9, 5]
    static let receiptRequest: Self = [1, 2, 840, 113_549, 1, 9, 16, 2, 1]
    static let messageSignatureDigest: Self = [1, 2, 840, 113_549, 1, 9, 16, 2, 5]
    static let signingCertificateV2: Self = [1, 2, 840, 113_549, 1, 9, 16, 2, 47]

    // Algorithms
    static let sha256: Self = [2, 16, 840, 1, 101, 3, 4, 2, 1]
    static let ecdsaWithSHA256: Self = [1, 2, 840, 10_045, 4, 3, 2]
    static let rsaPSS: Self = [1, 2, 840, 113_549, 1, 1, 10]
    static let rsaOAEP: Self = [1, 2, 840, 113_549, 1, 1, 7]
    static let mgf1: Self = [1, 2, 840, 113_549, 1, 1, 8]
    static let ecPublicKey: Self = [1, 2, 840, 10_045, 2, 1]
    static let p256: Self = [1, 2, 840, 10_045, 3, 1, 7]
    /// Ephemeral-static ECDH with the X9.63 derivation over SHA-256 (RFC 5753 §7.1.4).
    static let ecdhSHA256KDF: Self = [1, 3, 132, 1, 11, 1]
    static let aes256Wrap: Self = [2, 16, 840, 1, 101, 3, 4, 1, 45]
    static let aes256GCM: Self = [2, 16, 840, 1, 101, 3, 4, 1, 46]
}

/// The object identifiers of this protocol, under the arc for documentation of RFC 5612.
enum ExchangeArc {
    static let message: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 1]
    static let manifest: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 2]
    static let tally: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 3]
    static let refusal: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 4]
    static let directory: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 5]
    static let custodyReceipt: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 6]
    static let card: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 7]
    static let reconciliation: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 1, 8]
    /// The extended key usage of a directory's signer.
    static let directorySigner: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 32_473, 27_062, 2, 1]
}

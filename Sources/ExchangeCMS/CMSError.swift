/// Why a cryptographic step was refused.
///
/// Making one empties OpenSSL's error queue into `cause`, so that nothing of this failure is found by the next one.
package struct CMSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, as a stable word that logs, metrics and partners may rely on.
    package let code: CMSErrorCode
    /// A sentence for the operator: what is wrong with which part, and where it helps what to do.
    package let message: String
    /// What the cryptographic library said, for the log; it never leaves the node.
    package let cause: String?

    init(_ code: CMSErrorCode, _ message: String) {
        self.code = code
        self.message = message
        cause = ErrorQueue.drain()
    }

    package var description: String { "\(code.rawValue): \(message)" + (cause.map { " (\($0))" } ?? "") }
}

/// The stable codes of `CMSError`.
package enum CMSErrorCode: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Not the strict DER of the structure that is demanded (`protocol.md` §4).
    case malformed = "envelope-malformed"
    /// More bytes, recipients or levels than the limits allow.
    case tooLarge = "envelope-too-large"
    /// Another CMS structure than the one demanded, such as EnvelopedData.
    case structureNotAllowed = "structure-not-allowed"
    /// An algorithm or parameter outside the allow-list.
    case algorithmNotAllowed = "algorithm-not-allowed"
    /// An authentication tag of another length than 16 bytes.
    case tagTooShort = "tag-too-short"
    /// A part that the profile forbids, such as a certificate or an unsigned attribute.
    case partNotAllowed = "part-not-allowed"
    /// A signed attribute is missing, doubled or not one of those demanded.
    case attributesNotAllowed = "attributes-not-allowed"
    /// The content type differs from the signed attribute, or is not the one expected.
    case contentTypeMismatch = "content-type-mismatch"
    /// None of the recipients' keys is one of ours.
    case recipientKeyUnknown = "recipient-key-unknown"
    /// The key did not open the envelope, or its tag is wrong.
    case decryptionFailed = "decryption-failed"
    /// The bytes are not those that the manifest commits to.
    case digestMismatch = "digest-mismatch"
    /// The directory knows no signing certificate with this key identifier.
    case signerUnknown = "signer-unknown"
    /// The signing-certificate attribute names another certificate than the one the directory holds.
    case signerCertificateMismatch = "signer-certificate-mismatch"
    /// The signer's chain does not hold: expired, revoked, wrong usage or a foreign authority.
    case signerUntrusted = "signer-untrusted"
    /// It cannot be said now whether the signer's chain holds, mostly because a revocation list is stale.
    case signerUndecided = "signer-undecided"
    /// The signing time lies further in the future than clocks may differ.
    case signingTimeInFuture = "signing-time-in-future"
    case signatureInvalid = "signature-invalid"
    /// The receipt does not belong to the message that it is matched with.
    case receiptMismatch = "receipt-mismatch"
    /// The receipt is good but made by another organisation than the recipient.
    case receiptByAnotherOrganisation = "receipt-by-another-organisation"
    /// A recipient's certificate is not, or not certainly, fit to seal to.
    case recipientUntrusted = "recipient-untrusted"
    case recipientUndecided = "recipient-undecided"
    /// A certificate, key or revocation list cannot be read, or does not fit its use.
    case certificateUnusable = "certificate-unusable"
    case keyUnusable = "key-unusable"
    case keyDoesNotMatchCertificate = "key-does-not-match-certificate"
    case revocationListUnusable = "revocation-list-unusable"
    /// The storage key or archive key does not open what it is applied to.
    case storageKeyWrong = "storage-key-wrong"
    /// An attachment's chunk is damaged, out of order or missing.
    case attachmentDamaged = "attachment-damaged"
    /// OpenSSL failed in a way that says nothing about the input, such as want of memory.
    case cryptographicLibrary = "cryptographic-library"
    /// The installed OpenSSL accepts forgeries, or is older than this node demands.
    case libraryUnsafe = "library-unsafe"

    package var description: String { rawValue }

    /// Whether the identical bytes may succeed later, so that the answer must be `later` and an alarm, never a refusal
    /// (`protocol.md` §7).
    package var mayPass: Bool {
        switch self {
        case .recipientKeyUnknown, .signerUnknown, .signerCertificateMismatch, .signerUndecided, .signingTimeInFuture,
            .recipientUndecided, .storageKeyWrong, .cryptographicLibrary, .libraryUnsafe:
            true
        case .malformed, .tooLarge, .structureNotAllowed, .algorithmNotAllowed, .tagTooShort, .partNotAllowed,
            .attributesNotAllowed, .contentTypeMismatch, .decryptionFailed, .digestMismatch, .signerUntrusted,
            .signatureInvalid, .receiptMismatch, .receiptByAnotherOrganisation, .recipientUntrusted,
            .certificateUnusable, .keyUnusable, .keyDoesNotMatchCertificate, .revocationListUnusable,
            .attachmentDamaged:
            false
        }
    }
}

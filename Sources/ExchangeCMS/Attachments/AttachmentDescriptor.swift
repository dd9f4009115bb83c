package import ExchangeCore

/// What the signed content says about an attachment. Whoever has it can read the attachment.
package struct AttachmentDescriptor: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// AES-256, random, for this attachment only.
    package let key: [UInt8]
    /// Of the plaintext.
    package let sizeInBytes: UInt64
    package let chunkSizeInBytes: Int
    /// SHA-256 of the plaintext.
    package let digest: Digest

    /// - Throws: `attachmentDamaged` for values that no attachment of the profile has.
    package init(key: [UInt8], sizeInBytes: UInt64, chunkSizeInBytes: Int, digest: Digest) throws(CMSError) {
        guard key.count == AuthenticatedCipher.keyBytes, sizeInBytes <= AttachmentCipher.attachmentBytes,
            chunkSizeInBytes == AttachmentCipher.chunkBytes
        else {
            throw CMSError(
                .attachmentDamaged,
                "the attachment's description is not of the profile: a key of 32 "
                    + "bytes, chunks of \(AttachmentCipher.chunkBytes) bytes, at most "
                    + "\(AttachmentCipher.attachmentBytes) bytes")
        }
        self.key = key
        self.sizeInBytes = sizeInBytes
        self.chunkSizeInBytes = chunkSizeInBytes
        self.digest = digest
    }

    package var description: String { "attachment of \(sizeInBytes) bytes, SHA-256 \(digest)" }
    /// Keeps the key out of `dump` and of test failures.
    package var customMirror: Mirror { Mirror(self, children: ["sizeInBytes": sizeInBytes, "digest": digest]) }
}

internal import ExchangeCore

/// Encrypts one attachment, whose size is known beforehand, chunk after chunk.
package struct AttachmentSealer: ~Copyable {
    private let key: [UInt8]
    private let prefix: [UInt8]
    private let size: UInt64
    private var position: UInt64 = 0
    private var counter: UInt64 = 0
    private var digest: RunningDigest

    /// - Throws: `tooLarge` beyond `AttachmentCipher.attachmentBytes`.
    package init(sizeInBytes: UInt64) throws(CMSError) {
        guard sizeInBytes <= AttachmentCipher.attachmentBytes else {
            throw CMSError(
                .tooLarge,
                "the attachment has \(sizeInBytes) bytes; "
                    + "the limit is \(AttachmentCipher.attachmentBytes)")
        }
        digest = try RunningDigest()
        key = randomBytes(count: AuthenticatedCipher.keyBytes)
        prefix = randomBytes(count: AttachmentCipher.prefixBytes)
        size = sizeInBytes
    }

    /// The first bytes of the sealed form, before any chunk.
    package var header: [UInt8] { prefix }

    /// Plaintext bytes that the next chunk must have; `nil` after the last.
    package var nextChunkBytes: Int? {
        guard counter < AttachmentCipher.chunkCount(of: size) else { return nil }
        return Int(min(UInt64(AttachmentCipher.chunkBytes), size - position))
    }

    /// - Parameter plaintext: exactly `nextChunkBytes`.
    /// - Throws: `attachmentDamaged` where the file has another size than was said.
    package mutating func seal(_ plaintext: [UInt8]) throws(CMSError) -> [UInt8] {
        guard plaintext.count == nextChunkBytes else {
            throw CMSError(.attachmentDamaged, "the file changed its size while it was read")
        }
        try digest.update(plaintext)
        position += UInt64(plaintext.count)
        let isLast = counter + 1 == AttachmentCipher.chunkCount(of: size)
        let nonce = AttachmentCipher.nonce(prefix: prefix, counter: counter, isLast: isLast)
        counter += 1
        return try AuthenticatedCipher(key: key).seal(plaintext, nonce: nonce)
    }

    /// What goes into the signed content, after the last chunk.
    package consuming func finish() throws(CMSError) -> AttachmentDescriptor {
        guard nextChunkBytes == nil else {
            throw CMSError(.attachmentDamaged, "the file ended before the size that was said")
        }
        return try AttachmentDescriptor(
            key: key, sizeInBytes: size, chunkSizeInBytes: AttachmentCipher.chunkBytes, digest: digest.finish())
    }
}

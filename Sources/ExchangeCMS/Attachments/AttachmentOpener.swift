internal import ExchangeCore

/// Decrypts one attachment, chunk after chunk. A chunk is released only after its own tag was verified, and the whole
/// is good only after `finish`.
package struct AttachmentOpener: ~Copyable {
    private let descriptor: AttachmentDescriptor
    private let prefix: [UInt8]
    private var counter: UInt64 = 0
    private var digest: RunningDigest

    /// - Parameters:
    ///   - descriptor: from the verified content.
    ///   - header: the first `AttachmentCipher.prefixBytes` of the sealed form.
    package init(_ descriptor: AttachmentDescriptor, header: [UInt8]) throws(CMSError) {
        guard header.count == AttachmentCipher.prefixBytes else {
            throw CMSError(.attachmentDamaged, "the attachment ends within its first bytes")
        }
        digest = try RunningDigest()
        self.descriptor = descriptor
        prefix = header
    }

    /// Sealed bytes of the next chunk; `nil` after the last.
    package var nextChunkBytes: Int? {
        let size = descriptor.sizeInBytes
        guard counter < AttachmentCipher.chunkCount(of: size) else { return nil }
        let position = counter * UInt64(AttachmentCipher.chunkBytes)
        return Int(min(UInt64(AttachmentCipher.chunkBytes), size - position)) + AttachmentCipher.chunkOverheadBytes
    }

    /// - Throws: `attachmentDamaged` for a chunk that was altered or is not the next one.
    package mutating func open(_ sealed: [UInt8]) throws(CMSError) -> [UInt8] {
        let isLast = counter + 1 == AttachmentCipher.chunkCount(of: descriptor.sizeInBytes)
        let nonce = AttachmentCipher.nonce(prefix: prefix, counter: counter, isLast: isLast)
        guard sealed.count == nextChunkBytes,
            let plaintext = try AuthenticatedCipher(key: descriptor.key).open(sealed, nonce: nonce)
        else {
            throw CMSError(
                .attachmentDamaged,
                "chunk \(counter) of the attachment was altered or is not in its "
                    + "place; fetch the attachment again")
        }
        counter += 1
        try digest.update(plaintext)
        return plaintext
    }

    /// - Throws: `attachmentDamaged` where chunks are missing or the whole is not what the sender signed.
    package consuming func finish() throws(CMSError) {
        guard nextChunkBytes == nil else {
            throw CMSError(.attachmentDamaged, "the attachment ends after \(counter) chunks; fetch it again")
        }
        let expected = descriptor.digest
        guard try digest.finish() == expected else {
            throw CMSError(.attachmentDamaged, "the attachment is not the file that its sender signed")
        }
    }
}

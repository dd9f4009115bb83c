internal import ExchangeCore

/// Attachments are encrypted chunk by chunk and beside CMS: OpenSSL's decryption of embedded content holds the whole
/// file in memory, and that of detached content writes plaintext before it knows the tag.
///
/// The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM: the nonce of a chunk is
/// prefix ‖ counter ‖ last-flag, so that chunks cannot be dropped, doubled, reordered or cut off at the end. The sealed
/// form is the 7-byte prefix and then each chunk's ciphertext and tag (`protocol.md` §16.2).
package enum AttachmentCipher {
    /// Plaintext bytes of each chunk but the last, which has 1 to this many; only an empty file has an empty chunk.
    package static let chunkBytes = 1_048_576
    /// What encryption adds to each chunk.
    package static let chunkOverheadBytes = AuthenticatedCipher.tagBytes
    package static let prefixBytes = 7
    /// The largest attachment.
    package static let attachmentBytes: UInt64 = 1 << 32

    static func chunkCount(of size: UInt64) -> UInt64 {
        max(1, (size + UInt64(chunkBytes) - 1) / UInt64(chunkBytes))
    }

    static func nonce(prefix: [UInt8], counter: UInt64, isLast: Bool) -> [UInt8] {
        precondition(counter <= UInt64(UInt32.max), "the limit on attachments keeps the counter within 32 bits")
        return prefix + counter.bigEndianBytes.suffix(4) + [isLast ? 1 : 0]
    }
}

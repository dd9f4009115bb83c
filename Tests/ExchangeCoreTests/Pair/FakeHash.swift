import ExchangeCore

/// A deterministic stand-in for SHA-256: four FNV-1a words with different offsets. Good enough to tell test messages
/// apart, and free of any library.
enum FakeHash {
    static let digest: DigestFunction = { bytes in
        var words: [UInt64] = [0xCBF2_9CE4_8422_2325, 0x8422_2325_CBF2_9CE4, 0x1234_5678_9ABC_DEF1, 0x0FED_CBA9_8765_4321]
        for byte in bytes {
            for index in words.indices {
                words[index] = (words[index] ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
                words[index] ^= words[index] >> 29
            }
        }
        guard let digest = Digest(words.flatMap(\.bigEndianBytes)) else { preconditionFailure("four words are 32 bytes") }
        return digest
    }
}

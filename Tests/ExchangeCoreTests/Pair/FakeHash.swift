import ExchangeCore

/// A deterministic stand-in for SHA-256: one FNV-1a pass, stretched to four words. Good enough to tell test messages
/// apart, and free of any library.
enum FakeHash {
    static let digest: DigestFunction = { bytes in
        var word: UInt64 = 0xCBF2_9CE4_8422_2325
        bytes.withUnsafeBufferPointer { buffer in
            for byte in buffer { word = (word ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        var stretch = SeededRandom(seed: word)
        let words = (0..<4).map { _ in stretch.next() }
        guard let digest = Digest(words.flatMap(\.bigEndianBytes)) else {
            preconditionFailure("four words are 32 bytes")
        }
        return digest
    }
}

package import ExchangeCore

/// Where a node's ids, and the scatter of its retries, come from. Keys are none of it: they are the cryptographic
/// layer's.
package struct NodeRandomness: Sendable {
    private let next: @Sendable () -> UInt64

    /// - Parameter next: any word, each as likely as every other.
    package init(next: @escaping @Sendable () -> UInt64 = Randomness.word) { self.next = next }

    package func word() -> UInt64 { next() }
    package func bytes16() -> Bytes16 { Bytes16(high: next(), low: next()) }
}

/// Random words and bytes, from the system's generator.
package enum Randomness {
    package static func word() -> UInt64 { .random(in: .min ... .max) }
    package static func bytes16() -> Bytes16 { Bytes16(high: word(), low: word()) }
}

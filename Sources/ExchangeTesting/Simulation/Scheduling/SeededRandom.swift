package import ExchangeCore
import Synchronization

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on every machine for the same seed.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// A generator of its own for one purpose: what is drawn for another does not change what it gives.
    package init(seed: UInt64, for purpose: String) {
        var hash = TraceHash()
        hash.fold(purpose)
        var mixed = SeededRandom(seed: seed ^ hash.value)
        state = mixed.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// True in `percent` of a hundred throws.
    package mutating func chance(_ percent: Int) -> Bool { Int(next() % 100) < percent }

    package mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    package mutating func span(_ range: ClosedRange<Int64>) -> Milliseconds {
        Milliseconds(Int64(within(Int(range.lowerBound)...Int(range.upperBound))))
    }

    /// - Precondition: there is something to pick.
    package mutating func pick<Choices: RandomAccessCollection>(_ choices: Choices) -> Choices.Element {
        precondition(!choices.isEmpty, "there is something to pick")
        return choices[choices.index(choices.startIndex, offsetBy: Int(next() % UInt64(choices.count)))]
    }

    package mutating func bytes16() -> Bytes16 { Bytes16(high: next(), low: next()) }
}

/// A generator that several draw from, one after the other.
package final class Lots: Sendable {
    private let random: Mutex<SeededRandom>

    package init(_ random: SeededRandom) { self.random = Mutex(random) }

    package func draw<Value: Sendable>(_ body: (inout SeededRandom) -> Value) -> Value {
        random.withLock { body(&$0) }
    }

    package func word() -> UInt64 { draw { $0.next() } }
    package func bytes(_ count: Int) -> [UInt8] {
        draw { random in (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    }
}

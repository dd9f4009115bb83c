import ExchangeCore
import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, and the same on every machine for the same seed.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// True in `percent` of a hundred throws.
    mutating func chance(_ percent: Int) -> Bool { Int(next() % 100) < percent }

    mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func bytes16() -> Bytes16 { Bytes16(high: next(), low: next()) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Where the random numbers of a test come from. A run prints its seed; `EXCHANGE_TEST_SEED` repeats one.
enum TestSeed {
    static let base: UInt64 = {
        let given = ProcessInfo.processInfo.environment["EXCHANGE_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 1...999_999_999)
        print("EXCHANGE_TEST_SEED=\(seed)")
        return seed
    }()

    static var random: SeededRandom { SeededRandom(seed: base) }
}

/// A source of numbers that a seed determines (SplitMix64).
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// A source of its own, for what goes on beside this one: what each draws does not depend on who draws first.
    mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

    /// - Parameter percent: 0 to 100.
    mutating func happens(percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

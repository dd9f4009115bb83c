/// A small generator with a seed (Steele, Lea, Flood 2014), so that a failing run can be repeated.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The seed of this run: `EXCHANGE_TEST_SEED` where it is set, else a fresh one. Printed, so that it can be set again.
func printedSeed(of test: String) -> UInt64 {
    let seed = environmentValue("EXCHANGE_TEST_SEED").flatMap { UInt64($0) } ?? UInt64.random(in: .min ... .max)
    print("seed of \(test): EXCHANGE_TEST_SEED=\(seed)")
    return seed
}

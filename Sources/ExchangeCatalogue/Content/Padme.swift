/// Padmé sizes: a length keeps its leading bits and has zeros behind them, so that a length of n bits tells only
/// log2(n) of them and grows by at most 12 %. (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata
/// Leakage from Encrypted Files and Communication with PURBs", PETS 2019, §4 algorithm 1.)
package enum Padme {
    /// The smallest Padmé size that is not below the length, in bytes.
    package static func size(atLeast byteCount: Int) -> Int {
        precondition(byteCount >= 0, "a length is not negative")
        guard byteCount >= 2 else { return byteCount }
        let exponent = byteCount.bitWidth - 1 - byteCount.leadingZeroBitCount
        let mantissaBitCount = exponent.bitWidth - exponent.leadingZeroBitCount
        let mask = 1 << (exponent - mantissaBitCount) - 1
        return (byteCount + mask) & ~mask
    }
}

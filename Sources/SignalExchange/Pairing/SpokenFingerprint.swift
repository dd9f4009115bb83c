import ExchangeCMS
import ExchangeCore

/// What two people compare by telephone: that both have the same bytes before them (`protocol.md` §14.3).
///
/// 32 decimal digits are 106 bits. Digits have one name in each language, and no two of them sound alike; letters would
/// need a spelling alphabet that both know.
package struct SpokenFingerprint: Hashable, Sendable, CustomStringConvertible {
    package static let groupCount = 8
    private static let groupDigits = 4
    private static let groupBase = 10_000

    private let groups: [Int]

    /// SHA-256 of the bytes as a number, modulo 10^32.
    package init(of bytes: [UInt8]) {
        var number = sha256(bytes).bytes
        var groups: [Int] = []
        // One division of the whole number for each group; what is left over is the group.
        for _ in 0..<Self.groupCount {
            var rest = 0
            for index in number.indices {
                let value = rest * 256 + Int(number[index])
                number[index] = UInt8(truncatingIfNeeded: value / Self.groupBase)
                rest = value % Self.groupBase
            }
            groups.append(rest)
        }
        self.groups = groups.reversed()
    }

    /// What a person heard and wrote down: all 32 digits, however they are grouped. A part of a fingerprint is `nil`, for
    /// anybody can make a card whose first groups are those of another.
    package init?(spoken text: some StringProtocol) {
        var digits: [Int] = []
        for character in text where !character.isWhitespace && !"-–—./,".contains(character) {
            guard character.isASCII, let digit = character.wholeNumberValue else { return nil }
            digits.append(digit)
        }
        guard digits.count == Self.groupCount * Self.groupDigits else { return nil }
        groups = stride(from: 0, to: digits.count, by: Self.groupDigits).map { start in
            digits[start..<start + Self.groupDigits].reduce(0) { $0 * 10 + $1 }
        }
    }

    /// As ``init(spoken:)``, for what an operator gave.
    ///
    /// - Throws: ``NodeError`` `fingerprint-differs`.
    static func demand(_ text: String) throws(NodeError) -> SpokenFingerprint {
        guard let fingerprint = SpokenFingerprint(spoken: text) else {
            throw NodeError(
                .fingerprintDiffers,
                "a fingerprint has \(groupCount) groups of \(groupDigits) digits, and a part of it proves nothing; have all of "
                    + "it read out")
        }
        return fingerprint
    }

    /// `4821 0093 …`: eight groups of four digits.
    package var description: String {
        groups.map { group in
            let digits = String(group)
            return String(repeating: "0", count: Self.groupDigits - digits.count) + digits
        }.joined(separator: " ")
    }
}

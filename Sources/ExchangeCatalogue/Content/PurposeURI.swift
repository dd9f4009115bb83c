import ExchangeCore

/// The purpose of a message: the URI of the processing activity in the sender's register (GDPR art. 5(1)(b) and 30).
package struct PurposeURI: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package static let byteCountLimit = 200

    /// Returns `nil` unless the text is an absolute URI (RFC 3986 §4.3: a scheme, something behind it, no fragment)
    /// of at most ``byteCountLimit`` bytes.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.byteCountLimit, let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let first = bytes.first, first.isASCIILetter,
            bytes[..<colon].allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) }),
            colon < bytes.count - 1, Self.hasURICharacters(bytes[(colon + 1)...])
        else { return nil }
        self.text = text
    }

    /// Unreserved, reserved but for `#`, and percent-encoded bytes (RFC 3986 §2).
    private static func hasURICharacters(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = rest.prefix(2)
                guard [UInt8](hexadecimal: String(decoding: digits, as: UTF8.self))?.count == 1 else { return false }
                rest = rest.dropFirst(2)
            } else if !byte.isASCIILetter, !byte.isASCIIDigit, !"-._~:/?[]@!$&'()*+,;=".utf8.contains(byte) {
                return false
            }
        }
        return true
    }

    package var description: String { text }
    package static func == (left: Self, right: Self) -> Bool { left.text.hasSameCodeUnits(as: right.text) }
}

/// Sixteen bytes, the size of every identifier on the wire (RFC 9562 §4: a UUID is 128 bits).
///
/// Two words rather than an array: identifiers are compared, hashed and copied for each message. What makes one of bytes is
/// inlinable, because a generic that another target cannot specialise asks for each byte by itself: for every row of the
/// store that took a twentieth of a node's time.
public struct Bytes16: Hashable, Sendable, Comparable {
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Returns `nil` unless there are exactly sixteen bytes.
    @inlinable public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(high: bytes.prefix(8).bigEndianWord, low: bytes.dropFirst(8).bigEndianWord)
    }

    public var bytes: [UInt8] { high.bigEndianBytes + low.bigEndianBytes }

    public static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

/// A SHA-256 value (FIPS 180-4). The core never computes one: digests come with events.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    public static let byteCount = 32
    @usableFromInline let first: Bytes16
    @usableFromInline let second: Bytes16

    /// Returns `nil` unless there are exactly 32 bytes.
    @inlinable public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount,
            let first = Bytes16(bytes.prefix(16)), let second = Bytes16(bytes.dropFirst(16))
        else { return nil }
        self.init(first: first, second: second)
    }

    @usableFromInline init(first: Bytes16, second: Bytes16) {
        self.first = first
        self.second = second
    }

    /// The running digest of a channel before its first number (`protocol.md` §6.3).
    public static let zero = Digest(first: Bytes16(high: 0, low: 0), second: Bytes16(high: 0, low: 0))

    public var bytes: [UInt8] { first.bytes + second.bytes }
    public var description: String { bytes.hexadecimal }

    public static func < (left: Self, right: Self) -> Bool { (left.first, left.second) < (right.first, right.second) }
}

/// How a driver hands SHA-256 to those who chain digests, so that only `ExchangeCMS` touches a cryptographic library.
public typealias DigestFunction = @Sendable ([UInt8]) -> Digest

extension Collection<UInt8> {
    @inlinable var bigEndianWord: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }

    /// Lower-case hexadecimal, two characters a byte.
    public var hexadecimal: String {
        let alphabet = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(alphabet[Int(byte >> 4)])
            text.append(alphabet[Int(byte & 0x0F)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension Array<UInt8> {
    /// Parses hexadecimal in either case; `nil` for an odd length or a foreign character.
    public init?(hexadecimal text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index].hexadecimalValue, let low = digits[index + 1].hexadecimalValue else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self = bytes
    }
}

extension UInt8 {
    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension UInt64 {
    /// Eight bytes, most significant first.
    public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

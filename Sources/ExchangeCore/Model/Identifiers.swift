/// An organisation's identification number (Organisatie-identificatienummer): 20 positions, an eight-digit prefix that
/// names the issuing register and a main number that may be alphanumeric (Logius, OIN-stelsel).
///
/// It stands in `subject.serialNumber` of each of the organisation's certificates (Digikoppeling PKI001).
public struct OIN: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let text: String

    /// The prefix of numbers that exist for tests only; no directory has both kinds.
    public static let testPrefix = "00000099"

    /// Returns `nil` unless the text has 20 positions, eight digits and then digits or upper-case letters.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 20,
            characters.prefix(8).allSatisfy(\.isDigit),
            characters.dropFirst(8).allSatisfy({ $0.isDigit || $0.isUpperCaseLetter })
        else { return nil }
        self.text = String(decoding: characters, as: UTF8.self)
    }

    public var isTest: Bool { text.hasPrefix(Self.testPrefix) }
    public var description: String { text }
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A universally unique identifier in its canonical text form (RFC 9562 §4), with a meaning of its own a type.
public protocol UniqueIdentifier: Hashable, Sendable, Comparable, CustomStringConvertible {
    var value: Bytes16 { get }
    /// Returns `nil` where the value is not of the version that this kind of identifier demands.
    init?(_ value: Bytes16)
}

extension UniqueIdentifier {
    @inlinable public init?(bytes: some Collection<UInt8>) {
        guard let value = Bytes16(bytes) else { return nil }
        self.init(value)
    }

    /// Parses the canonical form only: lower case, hyphens after 8, 12, 16 and 20 digits. One value has one spelling.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        guard characters.count == 36, [8, 13, 18, 23].allSatisfy({ characters[$0] == hyphen }) else { return nil }
        let digits = String(decoding: characters.filter { $0 != hyphen }, as: UTF8.self)
        guard digits.utf8.count == 32, !characters.contains(where: \.isUpperCaseLetter),
            let bytes = [UInt8](hexadecimal: digits)
        else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] { value.bytes }

    public var description: String {
        let digits = Array(value.bytes.hexadecimal.utf8)
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return groups.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension Bytes16 {
    /// The version field of RFC 9562 §4.2, provided that the variant is that of the RFC.
    var uuidVersion: Int? { low >> 62 == 0b10 ? Int(high >> 12 & 0xF) : nil }

    /// A UUIDv7 (RFC 9562 §5.7) from a time and 74 random bits; what exceeds them is ignored.
    static func uuidV7(at time: Timestamp, random: Bytes16) -> Bytes16 {
        let milliseconds = UInt64(bitPattern: time.milliseconds) & 0xFFFF_FFFF_FFFF
        return Bytes16(
            high: milliseconds << 16 | 0x7000 | random.high & 0x0FFF,
            low: 0x8000_0000_0000_0000 | random.low & 0x3FFF_FFFF_FFFF_FFFF)
    }
}

/// The identity of a message: a UUIDv7, minted by its sender, the same for all its recipients (`protocol.md` §3).
public struct MessageID: UniqueIdentifier {
    public let value: Bytes16

    public init?(_ value: Bytes16) {
        guard value.uuidVersion == 7 else { return nil }
        self.value = value
    }

    /// - Parameter random: 16 random bytes from the driver; the core has no randomness of its own.
    public init(at time: Timestamp, random: Bytes16) { value = .uuidV7(at: time, random: random) }
}

/// One opaque random reference a case, shared by those in it; it says nothing about the child. Each organisation maps
/// it to its own file number at home.
public struct CaseReference: UniqueIdentifier {
    public let value: Bytes16

    /// Version 4 only: a reference that carried a time or a host would tell something about its case.
    public init?(_ value: Bytes16) {
        guard value.uuidVersion == 4 else { return nil }
        self.value = value
    }

    /// A UUIDv4 (RFC 9562 §5.4) from 122 random bits; a time in it would tell when a case began.
    public init(random: Bytes16) {
        value = Bytes16(
            high: random.high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000,
            low: random.low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

/// A thread of messages within a case; the id of its first message.
public typealias ConversationID = MessageID

/// One opening of a node's store, from start to stop: sixteen random bytes (`protocol.md` §9).
public struct IncarnationID: UniqueIdentifier {
    public let value: Bytes16
    public init(_ value: Bytes16) { self.value = value }
}

/// A place in a channel. The first is 1; 0 means that a channel is empty. Numbers have no holes (`protocol.md` §6.3).
public struct SequenceNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let value: UInt64
    public static let none = SequenceNumber(0)

    public init(_ value: UInt64) { self.value = value }

    public var next: SequenceNumber { SequenceNumber(value + 1) }
    public var previous: SequenceNumber { SequenceNumber(value - 1) }
    public var description: String { String(value) }
    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isUpperCaseLetter: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
}

/// A tag, a length and content, taken apart by hand: tests must not trust the parser that they test.
struct DERElement {
    let tag: UInt8
    let contentStart: Int
    let content: [UInt8]

    init(_ bytes: [UInt8]) {
        tag = bytes[0]
        let lengthBytes = bytes[1] < 0x80 ? 0 : Int(bytes[1] & 0x7F)
        contentStart = 2 + lengthBytes
        content = Array(bytes.dropFirst(contentStart))
    }

    /// How many values these bytes are, those within them included.
    static func nodes(in bytes: [UInt8]) -> Int {
        var (count, rest) = (0, bytes)
        while !rest.isEmpty {
            let length = lengthOfFirst(rest)
            let first = DERElement(Array(rest.prefix(length)))
            count += 1 + (first.tag & 0x20 == 0 ? 0 : nodes(in: first.content))
            rest = Array(rest.dropFirst(length))
        }
        return count
    }

    private static func lengthOfFirst(_ bytes: [UInt8]) -> Int {
        guard bytes[1] >= 0x80 else { return 2 + Int(bytes[1]) }
        let count = Int(bytes[1] & 0x7F)
        return 2 + count + bytes[2..<2 + count].reduce(0) { $0 * 256 + Int($1) }
    }

    func replacing(content: [UInt8]) -> [UInt8] { Self.encoded(tag: tag, content) }

    static func sequence(_ content: [UInt8]) -> [UInt8] { encoded(tag: 0x30, content) }
    static func octets(_ content: [UInt8]) -> [UInt8] { encoded(tag: 0x04, content) }
    static func text(_ content: String) -> [UInt8] { encoded(tag: 0x0C, Array(content.utf8)) }
    static func printable(_ content: String) -> [UInt8] { encoded(tag: 0x13, Array(content.utf8)) }
    static func boolean(_ byte: UInt8) -> [UInt8] { encoded(tag: 0x01, [byte]) }
    static func integer(bytes: [UInt8]) -> [UInt8] { encoded(tag: 0x02, bytes) }

    /// A non-negative integer in its shortest form.
    static func integer(_ value: UInt64) -> [UInt8] {
        let significant = value.bigEndianBytesForTest.drop { $0 == 0 }
        let needsZero = (significant.first ?? 0x80) >= 0x80
        return encoded(tag: 0x02, (needsZero ? [0] : []) + significant)
    }

    static func encoded(tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        let bytes = UInt64(count).bigEndianBytesForTest.drop { $0 == 0 }
        return [tag, 0x80 | UInt8(bytes.count)] + bytes + content
    }
}

extension UInt64 {
    fileprivate var bigEndianBytesForTest: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }
}

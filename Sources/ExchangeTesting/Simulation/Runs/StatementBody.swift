/// Looks past a signature at what it covers.
///
/// The witness stands outside: it reads what nodes say to each other, and whoever is spoken to verifies it. To build a tree
/// of the whole structure for that, twice for each request, took a quarter of a run in debug.
package enum StatementBody {
    private static let constructed: UInt8 = 0x20
    private static let octetString: UInt8 = 0x04

    /// The content of a SignedData (RFC 5652 §5.1); `nil` for what has another form.
    package static func payload(of signed: [UInt8]) -> [UInt8]? {
        // ContentInfo, past its type; content, SignedData, past version and digestAlgorithms; encapContentInfo, past its
        // type; eContent.
        guard let contentInfo = inside(signed, at: 0), let content = after(signed, at: contentInfo),
            let signedData = inside(signed, at: content), let version = inside(signed, at: signedData),
            let digests = after(signed, at: version), let encapsulated = after(signed, at: digests),
            let type = inside(signed, at: encapsulated), let tagged = after(signed, at: type),
            let octets = inside(signed, at: tagged), signed[octets] == octetString,
            let bytes = value(signed, at: octets)
        else { return nil }
        return Array(signed[bytes])
    }

    /// Where the first part of a constructed value begins.
    private static func inside(_ bytes: [UInt8], at position: Int) -> Int? {
        guard let value = value(bytes, at: position), bytes[position] & constructed != 0, !value.isEmpty else {
            return nil
        }
        return value.lowerBound
    }

    /// Where what follows a value begins.
    private static func after(_ bytes: [UInt8], at position: Int) -> Int? {
        guard let end = value(bytes, at: position)?.upperBound, end < bytes.count else { return nil }
        return end
    }

    /// Where the content of a value stands: of DER with tags up to 30, and lengths of up to four bytes.
    private static func value(_ bytes: [UInt8], at position: Int) -> Range<Int>? {
        guard position + 1 < bytes.count else { return nil }
        var (length, start) = (Int(bytes[position + 1]), position + 2)
        if length > 0x7F {
            let octets = length & 0x7F
            guard (1...4).contains(octets), start + octets <= bytes.count else { return nil }
            length = 0
            for place in start..<start + octets { length = length << 8 | Int(bytes[place]) }
            start += octets
        }
        guard length <= bytes.count - start else { return nil }
        return start..<start + length
    }
}

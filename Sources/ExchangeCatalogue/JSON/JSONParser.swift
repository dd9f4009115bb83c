/// Reads one JSON document (RFC 8259) strictly: what two implementations could understand differently is refused.
///
/// Refused beyond the RFC's grammar: duplicate names, lone surrogates, a byte order mark, fractions and exponents,
/// integers beyond ±(2^53 − 1), `-0`, and whatever exceeds the limits.
package struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var offset = 0
    /// Of the value that is being read.
    private var path = FieldPath.document

    /// - Throws: ``JSONError`` with the byte offset and the path of the first fault.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = .message) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.byteCount else {
            throw JSONError(
                code: .tooLarge, byteOffset: limits.byteCount, path: .document,
                message: "the document has \(bytes.count) bytes; shorten it to \(limits.byteCount) or fewer")
        }
        // Checked once and for the whole, so that strings can be cut out without a check each.
        if let fault = firstByteThatIsNotUTF8(in: bytes) {
            throw JSONError(
                code: .notUTF8, byteOffset: fault, path: .document, message: "encode the document in UTF-8")
        }
        var parser = JSONParser(bytes: bytes, limits: limits)
        parser.skipWhiteSpace()
        let value = try parser.value(depth: 0)
        parser.skipWhiteSpace()
        guard parser.offset == bytes.count else {
            throw parser.error(.trailingBytes, "send one document and nothing after it")
        }
        return value
    }

    private init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    private static func firstByteThatIsNotUTF8(in bytes: [UInt8]) -> Int? {
        var iterator = bytes.makeIterator()
        var parser = Unicode.UTF8.ForwardParser()
        var offset = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error: return offset
            case .emptyInput: return nil
            }
        }
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        switch peek {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return .integer(try integer())
        case let byte? where byte.isASCIIDigit: return .integer(try integer())
        case nil: throw error(.malformed, "the document ends where a value should stand")
        default: throw error(.malformed, "put a value here: object, array, string, integer, true, false, null")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        try enterContainer(depth: depth)
        var members: [JSONObject.Member] = []
        // Bytes, because the hash of a String normalises it: 30 KiB of combining marks in a name take 0.3 s.
        var names: Set<[UInt8]> = []
        if take(UInt8(ascii: "}")) { return JSONObject() }
        while true {
            let nameOffset = offset
            guard peek == UInt8(ascii: "\"") else {
                throw error(.malformed, "put the name of a member here, in double quotes")
            }
            let name = try string()
            skipWhiteSpace()
            path.enter(member: name)
            guard names.insert(Array(name.utf8)).inserted else {
                throw JSONError(
                    code: .duplicateMember, byteOffset: nameOffset, path: path,
                    message: "the object has this member already; name it once")
            }
            guard take(UInt8(ascii: ":")) else { throw error(.malformed, "put a colon after the name") }
            members.append(JSONObject.Member(name: name, value: try value(depth: depth)))
            path.leave()
            skipWhiteSpace()
            if take(UInt8(ascii: "}")) { return JSONObject(uniqueMembers: members) }
            guard take(UInt8(ascii: ",")) else {
                throw error(.malformed, "put a comma or a closing brace after the member")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        try enterContainer(depth: depth)
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return [] }
        while true {
            path.enter(element: elements.count)
            elements.append(try value(depth: depth))
            path.leave()
            skipWhiteSpace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else {
                throw error(.malformed, "put a comma or a closing bracket after the element")
            }
        }
    }

    private mutating func enterContainer(depth: Int) throws(JSONError) {
        guard depth <= limits.depth else {
            throw error(.tooDeep, "nest objects and arrays at most \(limits.depth) deep")
        }
        offset += 1
        skipWhiteSpace()
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in word.description.utf8 {
            guard peek == byte else { throw error(.malformed, "write \(word) in full, in lower case") }
            offset += 1
        }
        return value
    }

    private mutating func integer() throws(JSONError) -> Int64 {
        let start = offset
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        guard let first = peek, first.isASCIIDigit else { throw error(.malformed, "put a digit after the minus") }
        var magnitude: Int64 = 0
        while let digit = peek, digit.isASCIIDigit {
            // Beyond the limit the rest is skipped: the verdict stands, and the sum must not overflow.
            if magnitude <= JSONValue.integerRange.upperBound { magnitude = magnitude * 10 + Int64(digit - 0x30) }
            offset += 1
        }
        let digitCount = offset - start - (isNegative ? 1 : 0)
        let end = offset
        offset = start
        guard first != UInt8(ascii: "0") || digitCount == 1 else {
            throw error(.malformed, "write the integer without leading zeros")
        }
        if end < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[end]) {
            throw error(.numberNotInteger, "write a whole number, without a fraction or an exponent")
        }
        guard magnitude <= JSONValue.integerRange.upperBound else {
            throw error(.numberOutOfRange, "use an integer within ±9007199254740991")
        }
        guard !isNegative || magnitude > 0 else { throw error(.malformed, "write 0 for -0") }
        offset = end
        return isNegative ? -magnitude : magnitude
    }

    // MARK: Strings

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var text = ""
        var runStart = offset
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                // Quotes and backslashes are never a part of a longer UTF-8 sequence, so the run is valid by itself.
                text += String(decoding: bytes[runStart..<offset], as: UTF8.self)
                if byte == UInt8(ascii: "\"") {
                    offset += 1
                    return text
                }
                text.unicodeScalars.append(try escape())
                runStart = offset
            case 0..<0x20:
                throw error(.malformed, "escape control characters in strings")
            default:
                offset += 1
            }
        }
        throw error(.malformed, "the document ends within a string; close it with a double quote")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        offset += 1
        if peek == UInt8(ascii: "u") { return try unicodeEscape(from: start) }
        guard let scalar = peek.flatMap(Self.character(escapedAs:)) else {
            throw error(.malformed, "after a backslash put one of \" \\ / b f n r t u")
        }
        offset += 1
        return scalar
    }

    private static func character(escapedAs letter: UInt8) -> Unicode.Scalar? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(letter)
        case UInt8(ascii: "b"): "\u{08}"
        case UInt8(ascii: "f"): "\u{0C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    private mutating func unicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexadecimalDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let lone = JSONError(
            code: .loneSurrogate, byteOffset: start, path: path,
            message: "write a high surrogate and then a low one, or the character itself")
        guard UTF16.isLeadSurrogate(first), bytes[offset...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        else { throw lone }
        offset += 1
        let second = try fourHexadecimalDigits()
        guard UTF16.isTrailSurrogate(second) else { throw lone }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw lone }
        return scalar
    }

    /// Reads `u` and four digits; stands behind them afterwards.
    private mutating func fourHexadecimalDigits() throws(JSONError) -> UInt16 {
        offset += 1
        let digits = bytes[offset...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit }),
            let value = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error(.malformed, "put four hexadecimal digits after \\u") }
        offset += 4
        return value
    }

    // MARK: Bytes

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Takes the byte, and white space after it, if it stands here.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        offset += 1
        skipWhiteSpace()
        return true
    }

    private mutating func skipWhiteSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private func error(_ code: JSONError.Code, _ message: String) -> JSONError {
        JSONError(code: code, byteOffset: offset, path: path, message: message)
    }
}

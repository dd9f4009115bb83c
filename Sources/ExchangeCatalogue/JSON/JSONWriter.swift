import ExchangeCore

/// Writes a JSON document. One value has one spelling: members in their order, strings escaped as in RFC 8785 §3.2.2.2
/// (only what must be: quote, backslash and control characters), integers in decimal.
package struct JSONWriter {
    package enum Layout: Sendable {
        /// Without white space: what is signed.
        case compact
        /// Two spaces a level and a line feed at the end: what people read in files.
        case indented
    }

    private let layout: Layout
    private var bytes: [UInt8] = []
    /// Of the value that is being written.
    private var path = FieldPath.document

    /// - Throws: ``JSONError`` where the value exceeds what ``JSONParser`` would read back.
    package static func write(
        _ value: JSONValue, layout: Layout = .compact, limits: JSONLimits = .message
    ) throws(JSONError) -> [UInt8] {
        guard value.depth <= limits.depth else {
            throw JSONError(
                code: .tooDeep, byteOffset: 0, path: .document,
                message: "nest objects and arrays at most \(limits.depth) deep")
        }
        var writer = JSONWriter(layout: layout)
        try writer.append(value, level: 0)
        if layout == .indented { writer.bytes.append(UInt8(ascii: "\n")) }
        guard writer.bytes.count <= limits.byteCount else {
            throw JSONError(
                code: .tooLarge, byteOffset: limits.byteCount, path: .document,
                message: "the document has \(writer.bytes.count) bytes; shorten it to \(limits.byteCount) or fewer")
        }
        return writer.bytes
    }

    private init(layout: Layout) { self.layout = layout }

    private mutating func append(_ value: JSONValue, level: Int) throws(JSONError) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value):
            guard JSONValue.integerRange.contains(value) else {
                throw JSONError(
                    code: .numberOutOfRange, byteOffset: bytes.count, path: path,
                    message: "use an integer within ±9007199254740991")
            }
            append(String(value))
        case .string(let text): appendString(text)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                startItem(index, level: level)
                path.enter(element: index)
                try append(element, level: level + 1)
                path.leave()
            }
            finishItems(elements.count, level: level)
            append("]")
        case .object(let object):
            append("{")
            for (index, member) in object.members.enumerated() {
                startItem(index, level: level)
                appendString(member.name)
                append(layout == .compact ? ":" : ": ")
                path.enter(member: member.name)
                try append(member.value, level: level + 1)
                path.leave()
            }
            finishItems(object.members.count, level: level)
            append("}")
        }
    }

    private mutating func startItem(_ index: Int, level: Int) {
        if index > 0 { append(",") }
        if layout == .indented { append("\n" + String(repeating: "  ", count: level + 1)) }
    }

    private mutating func finishItems(_ count: Int, level: Int) {
        if layout == .indented, count > 0 { append("\n" + String(repeating: "  ", count: level)) }
    }

    private mutating func appendString(_ text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x08: append("\\b")
            case 0x09: append("\\t")
            case 0x0A: append("\\n")
            case 0x0C: append("\\f")
            case 0x0D: append("\\r")
            case 0..<0x20: append("\\u00" + CollectionOfOne(byte).hexadecimal)
            default: bytes.append(byte)
            }
        }
        append("\"")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

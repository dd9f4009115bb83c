import ExchangeCore

/// Where a value stands in a JSON document, such as `body.indicators[2].strength`. The document itself is `$`.
package struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    private enum Component: Hashable, Sendable {
        case member(String)
        case element(Int)
    }

    private var components: [Component]

    /// A member name comes from the other side: this many bytes of it are shown at most.
    package static let shownNameByteCountLimit = 64

    package static let document = FieldPath(components: [])

    private init(components: [Component]) { self.components = components }

    /// The path of a member of the document, `FieldPath("priority")`.
    package init(_ name: String) { components = [.member(name)] }

    package func member(_ name: String) -> FieldPath { FieldPath(components: components + [.member(name)]) }
    package func element(_ index: Int) -> FieldPath { FieldPath(components: components + [.element(index)]) }

    /// For the parser, which walks one path and copies it for an error only.
    mutating func enter(member name: String) { components.append(.member(name)) }
    mutating func enter(element index: Int) { components.append(.element(index)) }
    mutating func leave() { components.removeLast() }

    package var description: String {
        if components.isEmpty { return "$" }
        var text = ""
        for component in components {
            switch component {
            case .element(let index): text += "[\(index)]"
            case .member(let name) where Self.isPlain(name): text += text.isEmpty ? name : "." + name
            case .member(let name): text += Self.bracketed(name)
            }
        }
        return text
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= shownNameByteCountLimit
            && name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "_") }
    }

    /// Names that could disturb a terminal or a log line are shown escaped and cut.
    private static func bracketed(_ name: String) -> String {
        let shown = name.utf8.prefix(shownNameByteCountLimit).map { byte in
            let isPrintable = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            return isPrintable ? String(UnicodeScalar(byte)) : "\\x" + CollectionOfOne(byte).hexadecimal
        }
        return "[\"" + shown.joined() + (name.utf8.count > shownNameByteCountLimit ? "…" : "") + "\"]"
    }
}

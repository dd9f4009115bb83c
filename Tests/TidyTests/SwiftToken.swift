/// The smallest part of Swift source that the house rules look at.
struct SwiftToken: Equatable {
    enum Kind: Equatable {
        /// An identifier, a keyword or a number.
        case word
        /// An identifier between backticks; its text is without them.
        case rawIdentifier
        /// One character of punctuation.
        case symbol
        /// A string literal of any form, with its delimiters and what is interpolated.
        case string
        /// A comment of either form, with its delimiters.
        case comment
    }

    let kind: Kind
    let text: String
    /// The line on which the token begins; the first is 1.
    let line: Int
    /// Whether nothing stands between this token and the one before.
    let isAdjacent: Bool

    func isWord(_ expected: String) -> Bool { kind == .word && text == expected }
    func isSymbol(_ expected: String) -> Bool { kind == .symbol && text == expected }
}

extension SwiftToken {
    /// Splits source into tokens. Regular expressions between slashes are not known to it; nothing here uses them.
    static func tokens(of source: String) -> [SwiftToken] {
        var reader = SwiftTokenReader(source: Array(source.utf8))
        return reader.readAll()
    }
}

private struct SwiftTokenReader {
    let source: [UInt8]
    private var position = 0
    private var line = 1
    private var tokens: [SwiftToken] = []
    private var endOfLast = -1

    init(source: [UInt8]) { self.source = source }

    mutating func readAll() -> [SwiftToken] {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): advance()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"): read(.comment) { $0.skipLine() }
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): read(.comment) { $0.skipBlockComment() }
            case UInt8(ascii: "`"): read(.rawIdentifier) { $0.skipRawIdentifier() }
            case _ where startsString(): read(.string) { $0.skipString() }
            case _ where byte.isPartOfWord: read(.word) { $0.skipWord() }
            default: read(.symbol) { $0.advance() }
            }
        }
        return tokens
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < source.count ? source[position + offset] : nil
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            if source[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }

    private mutating func read(_ kind: SwiftToken.Kind, _ skip: (inout Self) -> Void) {
        let (start, startLine) = (position, line)
        skip(&self)
        let inner = kind == .rawIdentifier ? 1 : 0
        let text = String(decoding: source[start + inner..<max(start + inner, position - inner)], as: UTF8.self)
        tokens.append(SwiftToken(kind: kind, text: text, line: startLine, isAdjacent: start == endOfLast))
        endOfLast = position
    }

    private mutating func skipWord() {
        while let byte = peek(), byte.isPartOfWord { advance() }
    }

    private mutating func skipLine() {
        while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
    }

    /// Block comments nest in Swift.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                advance(2)
            } else if peek() == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                advance(2)
            } else {
                advance()
            }
        } while depth > 0 && peek() != nil
    }

    private mutating func skipRawIdentifier() {
        advance()
        while let byte = peek(), byte != UInt8(ascii: "`"), byte != UInt8(ascii: "\n") { advance() }
        advance()
    }

    private func startsString() -> Bool {
        var offset = 0
        while peek(offset) == UInt8(ascii: "#") { offset += 1 }
        return peek(offset) == UInt8(ascii: "\"")
    }

    private mutating func skipString() {
        var pounds = 0
        while peek() == UInt8(ascii: "#") {
            pounds += 1
            advance()
        }
        let quote = UInt8(ascii: "\"")
        let isMultiline = peek(1) == quote && peek(2) == quote
        let delimiter = Array(repeating: quote, count: isMultiline ? 3 : 1)
        let pound = Array(repeating: UInt8(ascii: "#"), count: pounds)
        let escape = [UInt8(ascii: "\\")] + pound
        advance(delimiter.count)
        while peek() != nil {
            if matches(delimiter + pound) {
                advance(delimiter.count + pounds)
                return
            }
            // A literal of one line that does not end on it is broken; the next line is code again.
            if !isMultiline, peek() == UInt8(ascii: "\n") { return }
            if matches(escape) {
                advance(escape.count)
                if peek() == UInt8(ascii: "(") { skipParentheses() } else { advance() }
            } else {
                advance()
            }
        }
    }

    private mutating func skipParentheses() {
        var depth = 0
        repeat {
            if startsString() {
                skipString()
                continue
            }
            if peek() == UInt8(ascii: "(") { depth += 1 }
            if peek() == UInt8(ascii: ")") { depth -= 1 }
            advance()
        } while depth > 0 && peek() != nil
    }

    private func matches(_ expected: [UInt8]) -> Bool {
        position + expected.count <= source.count
            && source[position..<position + expected.count].elementsEqual(expected)
    }
}

extension UInt8 {
    fileprivate var isPartOfWord: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...: true
        default: false
        }
    }
}

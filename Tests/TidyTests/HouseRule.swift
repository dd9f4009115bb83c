import Testing

/// A rule of the house that can be checked by reading files.
protocol HouseRule {
    /// The name that an exception cites.
    static var name: String { get }
    func findings(in tree: SourceTree) -> [Finding]
}

/// A place where a rule is broken.
struct Finding: Equatable, CustomTestStringConvertible {
    let path: String
    let line: Int
    let message: String

    var testDescription: String { "\(path):\(line): \(message)" }
}

extension HouseRule {
    /// Whether a comment on the line, or on the line above, makes an exception and says why:
    /// `// tidy: NAME because REASON`.
    func isExcepted(_ line: Int, in file: SourceFile) -> Bool {
        file.tokens.contains { token in
            token.kind == .comment && (token.line == line || token.line == line - 1)
                && token.text.contains("tidy: \(Self.name) because ")
        }
    }
}

import Testing

/// What stops the process on a fault of others, waits by guessing, or puts work off.
struct ForbiddenWords: HouseRule {
    static let name = "words"

    /// Spelled in two parts, so that a search for them finds only real ones.
    static let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.flatMap { file in
            (wordsOfCode(in: file) + wordsOfComments(in: file)).filter { !isExcepted($0.line, in: file) }
        }
    }

    private func wordsOfCode(in file: SourceFile) -> [Finding] {
        let code = file.code
        return code.indices.compactMap { index in
            let (token, next) = (code[index], index + 1 < code.count ? code[index + 1] : nil)
            guard token.kind == .word else { return nil }
            let isForced = next?.isSymbol("!") == true && next?.isAdjacent == true
            let isCalled = next?.isSymbol("(") == true
            let message: String? =
                switch token.text {
                case "try" where isForced, "as" where isForced: "`\(token.text)!` crashes: throw, or check"
                case "fatalError": "`fatalError` crashes: throw for a fault of others, precondition for our own"
                case "sleep" where isCalled && !isTimer(index, of: file, code), "usleep" where isCalled,
                    "nanosleep" where isCalled:
                    "`\(token.text)` guesses how long something takes: wait for a signal"
                default: nil
                }
            return message.map { Finding(path: file.path, line: token.line, message: $0) }
        }
    }

    /// A driver has to wait for the moment that the core named: `sleep(until:)` guesses nothing. A test may not wait so.
    private func isTimer(_ index: Int, of file: SourceFile, _ code: [SwiftToken]) -> Bool {
        file.target != nil && index + 2 < code.count && code[index + 2].isWord("until")
    }

    private func wordsOfComments(in file: SourceFile) -> [Finding] {
        file.tokens.filter { $0.kind == .comment }.flatMap { comment in
            Self.marks.filter { comment.text.contains($0) }.map {
                Finding(path: file.path, line: comment.line, message: "`\($0)`: do it now, or write an issue")
            }
        }
    }
}

@Suite struct ForbiddenWordsTests {
    private func lines(_ source: String, at path: String = "Sources/ExchangeCore/File.swift") -> [Int] {
        ForbiddenWords().findings(in: SourceTree(planted: source, at: path)).map(\.line)
    }

    @Test func `nothing forbidden stands in the code`() {
        #expect(ForbiddenWords().findings(in: .package) == [])
    }

    @Test(arguments: [
        "let a = try" + "! b()", "let a = b as" + "! C", "fatal" + "Error(\"a\")", "try await Task." + "sleep(for: a)",
        "us" + "leep(10)", "/// " + ForbiddenWords.marks[0] + ": later", "/* " + ForbiddenWords.marks[1] + " */",
    ])
    func `a forbidden word is found`(source: String) { #expect(lines("let first = 1\n" + source) == [2]) }

    @Test func `what only looks like a forbidden word is no finding`() {
        // The words stand inside a string here, which is what the checker must tell apart.
        let quoted = "\"try" + "! as" + "! fatal" + "Error\""
        #expect(lines("let a = try !b()\nlet c = \(quoted)\nlet sleep = 1\nlet d = a as? C") == [])
    }

    @Test func `a driver may wait for a moment and a test may not`() {
        let sleep = "try await clock." + "sleep(until: due)"
        #expect(lines(sleep) == [])
        #expect(lines(sleep, at: "Tests/ExchangeCoreTests/File.swift") == [1])
    }

    @Test func `an exception needs the name of the rule and a reason`() {
        let sleep = "try await clock." + "sleep(for: .seconds(1))"
        #expect(lines("// tidy: words because this is the timer of the driver\n\(sleep)") == [])
        #expect(lines("// tidy: words\n\(sleep)") == [2])
        #expect(lines("// tidy: imports because of that\n\(sleep)") == [2])
    }
}

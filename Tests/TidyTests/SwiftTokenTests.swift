import Testing

@Suite struct SwiftTokenTests {
    private func words(_ source: String) -> [String] {
        SwiftToken.tokens(of: source).filter { $0.kind == .word }.map(\.text)
    }

    @Test func `words in comments and strings are not code`() {
        #expect(words("let a = 1 // let b = 2") == ["let", "a", "1"])
        #expect(words("a /* b /* c */ d */ e") == ["a", "e"])
        #expect(words(##"a = "b \" c" d #"e " f"# g"##) == ["a", "d", "g"])
        #expect(words("a = \"\"\"\n b \" c\n \"\"\" d") == ["a", "d"])
    }

    @Test func `what is interpolated belongs to its string`() {
        #expect(words(#"a = "b \(c["d"] ?? "e)") f" g"#) == ["a", "g"])
    }

    @Test func `a raw identifier is one token without its backticks`() {
        let tokens = SwiftToken.tokens(of: "func `a \"short\" tag // is refused`() {}")
        #expect(tokens[1].kind == .rawIdentifier)
        #expect(tokens[1].text == "a \"short\" tag // is refused")
        #expect(tokens.last?.isSymbol("}") == true)
    }

    @Test func `a token knows its line and whether it touches the one before`() {
        let tokens = SwiftToken.tokens(of: "word! a\n/* b\nc */ as !d")
        #expect(tokens.map(\.line) == [1, 1, 1, 2, 3, 3, 3])
        #expect(tokens.map(\.isAdjacent) == [false, true, false, false, false, false, true])
    }
}

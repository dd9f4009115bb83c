import Testing

/// The name of a test is a sentence that says what holds.
struct TestNames: HouseRule {
    static let name = "names"
    static let leastWords = 3

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.filter { $0.path.hasPrefix("Tests/") }.flatMap { file in
            let code = file.code
            return code.indices.compactMap { index -> Finding? in
                guard code[index].isSymbol("@"), index + 1 < code.count, code[index + 1].isWord("Test")
                else { return nil }
                let name = Self.name(ofTestAt: index, in: code)
                guard name.split(separator: " ").count < Self.leastWords else { return nil }
                let message = "the test '\(name)' is not a sentence: func `what holds`()"
                return Finding(path: file.path, line: code[index].line, message: message)
            }
        }
    }

    /// The display name where there is one, else the name of the function.
    private static func name(ofTestAt index: Int, in code: [SwiftToken]) -> String {
        if index + 3 < code.count, code[index + 2].isSymbol("("), code[index + 3].kind == .string {
            return code[index + 3].text.replacing("\"", with: "")
        }
        let function = code[index...].firstIndex { $0.isWord("func") }
        return function.flatMap { $0 + 1 < code.count ? code[$0 + 1].text : nil } ?? ""
    }
}

@Suite struct TestNamesTests {
    private func count(_ source: String) -> Int {
        TestNames().findings(in: SourceTree(planted: source, at: "Tests/ExchangeCoreTests/File.swift")).count
    }

    @Test func `every test is named by a sentence`() {
        #expect(TestNames().findings(in: .package) == [])
    }

    @Test(arguments: [
        "@Test func shortTag() {}", "@Test func `short tag`() {}", "@Test(\"tag\") func refusesAShortTag() {}",
        "@Test(arguments: [\"a b c d\"]) func tags(tag: String) {}",
    ])
    func `a test without a sentence is found`(source: String) { #expect(count(source) == 1) }

    @Test func `a sentence as raw identifier or as display name is no finding`() {
        #expect(count("@Test func `a short tag is refused`() {}") == 0)
        #expect(count("@Test(\"a short tag is refused\", arguments: [1]) func shortTag(length: Int) {}") == 0)
        #expect(count("@Test(arguments: [1, 2])\nfunc `a short tag is refused`(length: Int) {}") == 0)
        #expect(count("@Suite struct TagTests {}") == 0)
    }
}

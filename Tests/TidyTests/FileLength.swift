import Testing

/// A file holds one concept. One that is longer says in its head why.
struct FileLength: HouseRule {
    static let name = "length"
    static let maximumLines = 700
    static let linesOfHead = 20

    func findings(in tree: SourceTree) -> [Finding] {
        tree.files.filter { $0.isSwift || $0.path.hasSuffix(".sh") }.compactMap { file in
            let lines = file.lines
            let hasReason = lines.prefix(Self.linesOfHead).contains { $0.contains("tidy: \(Self.name) because ") }
            guard lines.count > Self.maximumLines, !hasReason else { return nil }
            return Finding(path: file.path, line: 1, message: "\(lines.count) lines: split it, or say why in its head")
        }
    }
}

@Suite struct FileLengthTests {
    private func findings(_ head: String, lines: Int) -> [Finding] {
        let text = ([head] + Array(repeating: "let a = 1", count: lines - 1)).joined(separator: "\n")
        return FileLength().findings(in: SourceTree(planted: text, at: "Sources/ExchangeCore/File.swift"))
    }

    @Test func `no file is longer than one concept needs`() {
        #expect(FileLength().findings(in: .package) == [])
    }

    @Test func `a file over the limit is found unless its head says why`() {
        #expect(findings("", lines: FileLength.maximumLines).count == 0)
        #expect(findings("", lines: FileLength.maximumLines + 1).count == 1)
        #expect(findings("// tidy: length because it is one table", lines: FileLength.maximumLines + 1).count == 0)
    }
}

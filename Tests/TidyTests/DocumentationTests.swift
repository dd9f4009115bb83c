import Testing

/// A table of `docs/codes.md`, and the enumeration whose codes it explains.
struct CodeTable: CustomTestStringConvertible, Sendable {
    static let all = [
        CodeTable(
            heading: "## Errors", enumeration: "enum NodeErrorCode:", path: "Sources/SignalExchange/NodeError.swift"),
        CodeTable(heading: "## Alarms", enumeration: "enum AlarmCode:", path: answerCodes),
        CodeTable(heading: "### Later", enumeration: "enum LaterCode:", path: answerCodes),
        CodeTable(heading: "### Refusals", enumeration: "enum RefusalCode:", path: answerCodes),
        CodeTable(heading: "### Requests turned away", enumeration: "enum RequestErrorCode:", path: answerCodes),
        CodeTable(
            heading: "## The store", enumeration: "enum Code:", path: "Sources/ExchangeStore/StoreError.swift"),
    ]
    private static let answerCodes = "Sources/ExchangeCore/Model/AnswerCodes.swift"

    let heading: String
    let enumeration: String
    let path: String

    var testDescription: String { heading }
}

/// An enumeration of stable codes, as it stands in a source text.
private struct CodeDeclaration {
    private let body: Substring

    /// - Parameter head: such as `enum AlarmCode:`. The body reaches to the brace that closes it.
    init?(_ head: String, in text: String) {
        guard let start = text.firstRange(of: head)?.upperBound else { return nil }
        var depth = 0
        let end = text[start...].indices.first { index -> Bool in
            switch text[index] {
            case "{": depth += 1
            case "}": depth -= 1
            default: return false
            }
            return depth == 0
        }
        guard let end else { return nil }
        body = text[start..<end]
    }

    /// The stable texts, by the names of the cases.
    var codes: [String: String] {
        let cases = body.matches(of: /^ +case (\w+)(?: = "([^"]+)")?/.anchorsMatchLineEndings())
        return Dictionary(cases.map { (String($0.1), String($0.2 ?? $0.1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// What a property that is one `switch` gives for each code.
    func numbers(of property: String) -> [String: Int] {
        guard let start = body.firstRange(of: "var \(property): ")?.upperBound else { return [:] }
        let codes = codes
        var numbers: [String: Int] = [:]
        for group in body[start...].matches(of: /case ((?:\.\w+[,\s]*)+):\s*(\d+)/) {
            for name in group.1.matches(of: /\w+/) {
                if let code = codes[String(name.output)] { numbers[code] = Int(group.2) }
            }
        }
        return numbers
    }
}

/// The first table under a heading, without its head.
private struct DocumentTable {
    let rows: [[String]]

    init(under heading: String, in text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != heading }.dropFirst().prefix { !$0.hasPrefix("#") }
        let table = section.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        rows = table.dropFirst(2).map { line in line.split(separator: "|").map(Self.plain) }
    }

    /// The first column.
    var names: [String] { rows.compactMap(\.first) }

    /// Without the marks of code and emphasis, and the spaces at both ends.
    private static func plain(_ cell: Substring) -> String {
        var text: Substring = cell.filter { $0 != "`" && $0 != "*" }.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

/// What the program says stands in the documents for operators, and nothing else does: an operator looks it up at night.
@Suite struct DocumentationTests {
    private static let operations = "docs/operations.md"
    private static let codes = "docs/codes.md"

    private func text(of path: String) throws -> String {
        let file = SourceTree.package.files.first { $0.path == path }
        return try #require(file, "\(path) is missing").text
    }

    private func table(under heading: String, in path: String) throws -> DocumentTable {
        DocumentTable(under: heading, in: try text(of: path))
    }

    // MARK: Folders

    @Test func `every folder of a target stands in ARCHITECTURE, and every one that stands there is there`() throws {
        let folders = SourceTree.package.swiftFiles.compactMap { file -> String? in
            let parts = file.path.split(separator: "/")
            return parts.first == "Sources" && parts.count > 3 ? parts.prefix(3).joined(separator: "/") : nil
        }
        let told = DocumentTable(under: "### Inside a target", in: try text(of: "ARCHITECTURE.md")).rows.flatMap {
            row in
            row[0].split(separator: ", ").map(String.init)
        }
        #expect(told.sorted() == Set(folders).sorted())
    }

    // MARK: Codes

    @Test(arguments: CodeTable.all)
    func `every code is explained, and every code that is explained is there`(of subject: CodeTable) throws {
        let source = try text(of: subject.path)
        let declaration = try #require(CodeDeclaration(subject.enumeration, in: source))
        let declared = declaration.codes.values.sorted()
        let explained = try table(under: subject.heading, in: Self.codes).names.sorted()
        #expect(!declared.isEmpty)
        #expect(explained == declared)
    }

    @Test func `the exit code beside an error is the one that the program gives`() throws {
        let source = try text(of: "Sources/SignalExchange/NodeError.swift")
        let declaration = try #require(CodeDeclaration("enum NodeErrorCode:", in: source))
        let given = declaration.numbers(of: "exitCode")
        #expect(given.count == declaration.codes.count)
        let rows = try table(under: "## Errors", in: Self.codes).rows
        let explained = try table(under: "## Exit codes", in: Self.operations).names
        for row in rows {
            #expect(row.count == 4 && Int(row[1]) == given[row[0]], "\(row)")
            #expect(explained.contains(row[1]), "\(row)")
        }
    }

    @Test func `a code that is declared otherwise than it is explained is seen`() throws {
        let source = """
            enum OtherCode: String { case other = "other-code" }
            enum SomeCode: String {
                /// The case of a comment.
                case first = "first-code"
                case second
                var exitCode: Int32 {
                    switch self {
                    case .first,
                        .second:
                        2
                    }
                }
            }
            enum LaterCode: String { case later = "later-code" }
            """
        let declaration = try #require(CodeDeclaration("enum SomeCode:", in: source))
        #expect(declaration.codes == ["first": "first-code", "second": "second"])
        #expect(declaration.numbers(of: "exitCode") == ["first-code": 2, "second": 2])
        let document = """
            # Codes
            | no | table |
            ## Some
            Text.

            | Code | Exit |
            |---|---|
            | `first-code` | 2 |
            | **`other`** | |
            ## More
            | `second` | 2 |
            """
        #expect(DocumentTable(under: "## Some", in: document).rows == [["first-code", "2"], ["other", ""]])
    }

    // MARK: Configuration

    @Test func `every configuration key is explained with its variable, and stands in a new node's file`() throws {
        let folder = "Sources/SignalExchange/Configuration/"
        let source =
            try text(of: folder + "NodeConfiguration.swift") + text(of: folder + "EscalationOutletConfiguration.swift")
        let keys = Set(source.matches(of: /(?:forKey:|reader,)\s*"([A-Za-z.]+)"/).map { String($0.1) }).sorted()
        #expect(!keys.isEmpty)
        let rows = try table(under: "## Configuration", in: Self.operations).rows
        #expect(rows.compactMap(\.first).sorted() == keys)
        for row in rows {
            #expect(row.count == 6 && row[2] == "EXCHANGE_NODE_" + variable(row[0]), "\(row)")
        }
        let made = try text(of: folder + "FolderMaker.swift")
        for key in keys {
            let name = key.split(separator: ".").last ?? ""
            #expect(made.contains(" \(name): "), "\(key) is not in the file that init makes")
        }
    }

    /// `LOG_LEVEL` for `log.level`.
    private func variable(_ key: String) -> String {
        key.map { character -> String in
            character == "." ? "_" : character.isUppercase ? "_\(character)" : character.uppercased()
        }.joined()
    }

    // MARK: Commands

    private var commandFiles: [SourceFile] {
        SourceTree.package.swiftFiles.filter { $0.target == "exchange-node" }
    }

    @Test func `every command shows an example`() {
        var commands = 0
        for file in commandFiles {
            let parts = file.text.split(separator: "CommandConfiguration(", omittingEmptySubsequences: false)
            let texts = parts.dropFirst()
            commands += texts.count
            #expect(texts.count == file.text.matches(of: /: (?:Async)?ParsableCommand \{/).count, "\(file.path)")
            for text in texts {
                #expect(text.contains("EXAMPLE"), "\(file.path): \(text.prefix(100))")
            }
        }
        #expect(commands > 0)
    }

    /// A help text is broken into lines for the terminal: what has lines of its own must be short enough to keep them,
    /// so that an example can be copied. Prose goes on after a backslash, and ends its paragraph with the line.
    @Test func `no line of a help text is longer than a terminal of 80 columns`() {
        var lines = 0
        for file in commandFiles {
            for block in file.text.matches(of: /"""\n((?:.*\n)*?)( *)"""/) {
                let text = block.1.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { String($0.dropFirst(block.2.count)) }
                for (line, next) in zip(text, text.dropFirst() + [""]) where !line.hasSuffix(#" \"#) {
                    lines += 1
                    let isProse = !line.hasPrefix(" ") && next.isEmpty
                    let isShort = line.replacing(#"\\"#, with: #"\"#).count <= 80
                    #expect(isProse || isShort || line.contains(#"\("#), "\(file.path): \(line)")
                }
            }
        }
        #expect(lines > 0)
    }

    @Test func `every command that has an example is explained, and no other`() throws {
        let shown = commandFiles.flatMap { file in
            file.text.matches(of: /exchange-node ([a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)?)(?=[ "\n])/).map {
                String($0.1)
            }
        }
        let explained = try table(under: "## Commands", in: Self.operations).names
        #expect(explained.sorted() == Set(shown).sorted())
    }
}

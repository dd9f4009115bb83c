import Testing

/// A link in a text leads somewhere: to a file that is there, and where it names a heading, to that.
struct DocumentLinks: HouseRule {
    static let name = "links"

    /// Paths in code style that begin so are taken at their word too.
    static let foldersInCode = ["Sources/", "Tests/", "docs/", "scripts/", "certs-example/", "Benchmarks/"]

    func findings(in tree: SourceTree) -> [Finding] {
        let documents = tree.files.filter { $0.path.hasSuffix(".md") }
        let headings = Dictionary(
            documents.map { ($0.path, Markdown(text: $0.text).anchors) }, uniquingKeysWith: { first, _ in first })
        let places = Self.places(in: tree)
        return documents.flatMap { document in
            let markdown = Markdown(text: document.text)
            return markdown.links.compactMap { link, line in
                problem(with: link, from: document.path, places: places, headings: headings)
                    .map { Finding(path: document.path, line: line, message: $0) }
            }
                + markdown.code.compactMap { code, line in
                    guard Self.foldersInCode.contains(where: code.hasPrefix), !code.contains(where: "*<>{} …".contains),
                        !places.contains(Self.normalised(code))
                    else { return nil }
                    return Finding(path: document.path, line: line, message: "names \(code), which is not there")
                }
        }
    }

    private func problem(
        with link: String, from document: String, places: Set<String>, headings: [String: Set<String>]
    ) -> String? {
        guard !link.contains("://"), !link.hasPrefix("mailto:") else { return nil }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = document.split(separator: "/").dropLast().joined(separator: "/")
        let target = parts[0].isEmpty ? document : Self.normalised(folder + "/" + parts[0])
        guard places.contains(target) else { return "the link \(link) leads nowhere" }
        guard parts.count == 2, let anchors = headings[target], !anchors.contains(String(parts[1])) else { return nil }
        return "the link \(link) names a heading that \(target) does not have"
    }

    /// All files, and the folders that hold them.
    private static func places(in tree: SourceTree) -> Set<String> {
        var places: Set = [""]
        for file in tree.files {
            let parts = file.path.split(separator: "/")
            for count in parts.indices { places.insert(parts[...count].joined(separator: "/")) }
        }
        return places
    }

    /// `docs/decisions` for `docs/./a/../decisions/`.
    private static func normalised(_ path: String) -> String {
        path.split(separator: "/").reduce(into: [Substring]()) { parts, part in
            switch part {
            case ".": break
            case ".." where parts.isEmpty == false && parts.last != "..": parts.removeLast()
            default: parts.append(part)
            }
        }.joined(separator: "/")
    }
}

/// The links, headings and code spans of a Markdown text, outside fenced code.
private struct Markdown {
    private(set) var links: [(target: String, line: Int)] = []
    private(set) var code: [(text: String, line: Int)] = []
    private(set) var anchors: Set<String> = []

    init(text: String) {
        var isFenced = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") { isFenced.toggle() }
            guard !isFenced else { continue }
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            // Every second piece stands between backticks.
            code += pieces.enumerated().filter { $0.offset % 2 == 1 }.map { (String($0.element), index + 1) }
            let prose = pieces.enumerated().map { $0.offset % 2 == 0 ? String($0.element) : "" }.joined()
            links += prose.matches(of: /\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/).map { (String($0.1), index + 1) }
            links += prose.matches(of: /^\[[^\]]+\]:\s+(\S+)/).map { (String($0.1), index + 1) }
            if line.hasPrefix("#") { anchors.insert(Self.anchor(of: line)) }
            anchors.formUnion(line.matches(of: /<a (?:id|name)="([^"]+)"/).map { String($0.1) })
        }
    }

    /// As GitHub makes it: lower case, spaces to hyphens, punctuation gone.
    private static func anchor(of heading: Substring) -> String {
        let title = heading.drop { $0 == "#" }.drop { $0 == " " }
        return String(
            title.lowercased().compactMap { character in
                switch character {
                case " ": "-"
                case "-", "_": character
                default: character.isLetter || character.isNumber ? character : nil
                }
            })
    }
}

@Suite struct DocumentLinksTests {
    private func count(_ text: String, at path: String = "docs/operations.md") -> Int {
        let tree = SourceTree([
            SourceFile(path: path, text: text),
            SourceFile(path: "README.md", text: "# First start\n## 3. A `code` part"),
            SourceFile(path: "Sources/ExchangeCore/Model/Time.swift", text: ""),
        ])
        return DocumentLinks().findings(in: tree).count
    }

    @Test func `every link in a text leads somewhere`() {
        #expect(DocumentLinks().findings(in: .package) == [])
    }

    @Test(arguments: [
        "see [this](missing.md)", "see [this](../README.md#missing)", "see [this](#missing)", "[this]: missing.md",
        "see `Sources/ExchangeCore/Model/Clock.swift`", "see ![picture](picture.png \"title\")",
        "see [this](README.md)", "see [this](../../README.md)",
    ])
    func `a link that leads nowhere is found`(text: String) { #expect(count(text) == 1) }

    @Test(arguments: [
        "see [this](../README.md) and [that](../README.md#first-start)", "[this](../README.md#3-a-code-part)",
        "# Here\nsee [this](#here)", "see [this](https://example.org/missing)", "in code `[this](missing.md)`",
        "```\n[this](missing.md)\n```", "see `Sources/ExchangeCore/Model/Time.swift`",
        "see [all](../Sources/ExchangeCore/)",
        "one of `Tests/Mutants/*.patch`",
    ])
    func `a link that leads somewhere is no finding`(text: String) { #expect(count(text) == 0) }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

/// What each version of a type and of a code list has had since it was published. A partner may still run yesterday's node: it
/// refuses what it does not know, and sends what is not enough any more.
struct PublishedShapeTests {
    private static let path = "schemas/shapes.txt"
    private static let head = """
        # What each published version of a message type and of a code list has, one line a member, rule or list.
        # A test holds the definitions to it (docs/adding-a-message-type.md): what is listed here does not change.

        """

    /// The lines of one version, by its name such as `SIG-01.v1`.
    struct Shape: Equatable {
        let name: String
        let lines: [String]

        init(name: String, lines: [String]) {
            self.name = name
            self.lines = lines
        }

        init(_ definition: MessageTypeDefinition) {
            let name = "\(definition.type)"
            let answer = definition.answersMessage ? ["\(name) inReplyTo required"] : []
            self.init(
                name: name,
                lines: answer + definition.fields.flatMap { Self.lines(of: $0, in: "\(name) body.") }
                    + definition.rules.map { "\(name) rule \($0.name)" })
        }

        init(_ list: CodeList) {
            let name = "list:\(list.id):\(list.version)"
            self.init(name: name, lines: ["\(name) " + list.codes.map(\.value).joined(separator: " ")])
        }

        private static func lines(of field: Field, in place: String) -> [String] {
            let path = place + field.name
            let line = "\(path) \(field.isRequired ? "required" : "optional") \(words(field.kind))"
            return [line] + inner(field.kind).flatMap { lines(of: $0, in: path + ".") }
        }

        private static func inner(_ kind: FieldKind) -> [Field] {
            switch kind {
            case .object(let fields): fields
            case .array(let element, count: _): inner(element)
            default: []
            }
        }

        private static func words(_ kind: FieldKind) -> String {
            switch kind {
            case .code(let list): "code of \(list.id):\(list.version)"
            case .codeOfNamedList(let lists):
                "code of " + lists.map { "\($0.id):\($0.version)" }.joined(separator: " or ")
            case .codes(let list, let count): "\(count) codes of \(list.id):\(list.version)"
            case .text(let limit): "text of \(limit) bytes"
            case .locationCode: "location code"
            case .languageForm: "language"
            case .boolean: "boolean"
            case .integer(let range): "integer \(range)"
            case .timestamp: "timestamp"
            case .date: "date"
            case .messageID: "message id"
            case .caseReference: "case reference"
            case .oin: "OIN"
            case .digest: "digest"
            case .party: "party"
            case .object: "object"
            case .array(let element, let count): "\(count) of \(words(element))"
            }
        }
    }

    private static var now: [Shape] { Catalogue.standard.all.map(Shape.init) + CodeList.all.map(Shape.init) }

    private static func read(_ text: String) -> [Shape] {
        text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }.reduce(into: []) { shapes, line in
            let name = String(line.prefix { $0 != " " })
            let before = shapes.last?.name == name ? shapes.removeLast().lines : []
            shapes.append(Shape(name: name, lines: before + [line]))
        }
    }

    /// What was published and is otherwise now, in words, and what is new.
    private static func compare(_ published: [Shape], with now: [Shape]) -> (faults: [String], new: [Shape]) {
        let faults = published.flatMap { before -> [String] in
            guard let after = now.first(where: { $0.name == before.name }) else {
                return ["\(before.name) was published and is not listed any more: keep its definition"]
            }
            let gone = before.lines.filter { !after.lines.contains($0) }.map { "published: \($0)" }
            let added = after.lines.filter { !before.lines.contains($0) }.map { "now: \($0)" }
            return gone + added
        }
        return (faults, now.filter { shape in !published.contains { $0.name == shape.name } })
    }

    @Test func `a version that was published keeps its members, rules and codes`() throws {
        let text = String(decoding: try RepositoryFiles.bytes(Self.path), as: UTF8.self)
        let (faults, new) = Self.compare(Self.read(text), with: Self.now)
        #expect(
            faults.isEmpty,
            """
            give the type, or the list, a new version number and keep the old definition:
            \(faults.joined(separator: "\n"))
            """)
        // What is new is added, and nothing that stands there is ever written anew.
        if environmentValue("EXCHANGE_WRITE_SCHEMAS") == "1", faults.isEmpty, !new.isEmpty {
            let old = text.isEmpty ? Self.head : text
            let lines = new.flatMap(\.lines).map { $0 + "\n" }.joined()
            return try RepositoryFiles.write(Array((old + lines).utf8), to: Self.path)
        }
        #expect(
            new.map(\.name).isEmpty,
            "\(Self.path) lacks these: run the test with EXCHANGE_WRITE_SCHEMAS=1 and commit the file")
    }

    private func type(_ version: Int, _ fields: [Field]) -> Shape {
        Shape(
            MessageTypeDefinition(
                "SIG-99", version: version, english: "Trial", dutch: "Proef", summary: "A trial.",
                senders: [.police], recipients: [.guardian], duties: [], priority: .routine, fields: fields))
    }

    @Test func `a member that is added, demanded or taken out is another version`() {
        let seen = Field.required("seen", .boolean, "Whether it was seen.")
        let place = Field.optional("place", .locationCode, "Where.")
        let published = [type(1, [seen, place])]
        #expect(Self.read(published.flatMap(\.lines).joined(separator: "\n")) == published)
        for changed in [
            [seen], [seen, .required("place", .locationCode, "Where.")],
            [seen, place, .required("at", .timestamp, "When.")], [seen, place, .optional("at", .timestamp, "When.")],
            [seen, .optional("place", .text(byteCountLimit: 9), "Where.")],
        ] {
            #expect(!Self.compare(published, with: [type(1, changed)]).faults.isEmpty, "\(changed.map(\.name))")
            let both = Self.compare(published, with: published + [type(2, changed)])
            #expect(both.faults.isEmpty && both.new.map(\.name) == ["SIG-99.v2"])
        }
        // What a member means may be said better.
        let said = type(1, [.required("seen", .boolean, "Whether somebody saw it."), place])
        #expect(Self.compare(published, with: [said]).faults.isEmpty)
        #expect(!Self.compare(published, with: []).faults.isEmpty, "the old definition stays")
    }
}

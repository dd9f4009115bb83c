import ExchangeCore

/// The page of one message type: all that somebody needs who builds or reads such a message.
struct MessagePage {
    /// A longer list is shown by its name; ``CodeListPage`` has all of it.
    static let shownCodeCountLimit = 60

    private let definition: MessageTypeDefinition
    private let catalogue: Catalogue
    private let example: String

    init(_ definition: MessageTypeDefinition, in catalogue: Catalogue, example: String) {
        self.definition = definition
        self.catalogue = catalogue
        self.example = example
    }

    /// The first version of a type has the page of the type's name.
    static func fileName(of type: MessageType) -> String { (type.version == 1 ? type.code : "\(type)") + ".md" }

    static func link(to type: MessageType) -> String { "[\(type.code)](\(fileName(of: type)))" }

    var lines: [String] {
        head + section("Fields", FieldTable.rows(of: definition.fields))
            + section("Rules", definition.rules.map { "- `\($0.name)`: \($0.statement)." })
            + section("Rules of the case", caseRules) + section("What comes before and after", flow)
            + section("Codes", codes) + section("Example", ["```json", example.trimmingFinalLineFeeds, "```"])
            + [
                "",
                "[JSON Schema](../../schemas/\(JSONSchema.fileName(for: definition.type))),"
                    + " [example](../../Examples/messages/\(definition.type).json), [all types](README.md)",
            ]
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", "## \(title)", ""] + lines
    }

    private var head: [String] {
        let rows = [
            ("Dutch", definition.title.dutch), ("From", definition.senderRoles.inWords),
            ("To", definition.recipientRoles.inWords), ("Told by default", duties), ("By agreement", agreement),
            ("Priority", definition.defaultPriority.rawValue), ("Handling", definition.defaultHandling.rawValue),
            ("Acknowledged up to", definition.acknowledgement.title),
            (
                "Answers a message",
                definition.answersMessage ? "always: `inReplyTo` names it" : "where `inReplyTo` names one"
            ),
            (
                "Handed over",
                definition.isHandedOver ? "to the agency" : "no: it ends at the node"
            ),
        ]
        return [
            "# \(definition.type.code) \(definition.title.english)", "", definition.summary, "", "| | |", "|---|---|",
        ]
            + rows.map { "| \($0.0) | \($0.1) |" }
    }

    /// What the rules of a directory may make of both.
    private var agreement: String {
        guard let reason = definition.confinement?.reason else {
            return "rules of the directory may name others for both"
        }
        return definition.isHandedOver ? "nobody else: \(reason)" : "no rules: \(reason)"
    }

    private var duties: String {
        let names = definition.dutyRoles.map(\.inWords)
        return names.isEmpty ? "nobody: name the recipients" : names.joined(separator: ", ") + " (but for the sender)"
    }

    private var caseRules: [String] {
        let rules = definition.caseRules + definition.generalCaseRules
        guard !rules.isEmpty else { return [] }
        return [
            "The sender's node judges them over what it holds of the case, before anything is sealed.", "",
        ] + rules.map { "- `\($0.name)`: \($0.statement)." }
    }

    // MARK: The flow

    private var flow: [String] {
        let before = catalogue.all.flatMap { other in
            other.expects.filter { $0.code == definition.type.code }.map {
                "expected after \(link(other)), \(terms($0))"
            }
        }
        let after = definition.expects.map { "\(link($0.code)) is expected, \(terms($0))" }
        let closes = definition.closes.isEmpty ? [] : ["closes " + definition.closes.map(link).joined(separator: ", ")]
        let closedBy = catalogue.all.filter { $0.closes.contains(definition.type.code) }.map { "closed by \(link($0))" }
        let sentences = before + after + closes + closedBy
        guard !sentences.isEmpty else { return [] }
        return chart + sentences.map { "- \($0)" }
    }

    private var chart: [String] {
        let own = definition.type.code
        var arrows: [String] = []
        for other in catalogue.all where other.type.code != own {
            for expected in other.expects where expected.code == own {
                arrows.append(arrow(from: other.type.code, to: own, expected.bearer.inWords))
            }
        }
        for expected in definition.expects {
            arrows.append(arrow(from: own, to: expected.code, expected.bearer.inWords))
        }
        for code in definition.closes { arrows.append(arrow(from: own, to: code, "closes", line: "-.->")) }
        guard !arrows.isEmpty else { return [] }
        return ["```mermaid", "flowchart LR"] + arrows + ["```", ""]
    }

    private func arrow(from: String, to: String, _ label: String, line: String = "-->") -> String {
        func node(_ code: String) -> String { "\(code.filter { $0 != "-" })[\"\(code)\"]" }
        return "    \(node(from)) \(line)|\(label)| \(node(to))"
    }

    private func terms(_ expected: ExpectedMessage) -> String {
        let condition = expected.condition.map { ", where `\($0.member)` is \($0.value.inWords)" } ?? ""
        return "\(expected.bearer.inWords), \(expected.termInWords { "`\($0)`" })\(condition)"
    }

    private func link(_ other: MessageTypeDefinition) -> String { Self.link(to: other.type) }

    private func link(_ code: String) -> String {
        catalogue.all.first { $0.type.code == code }.map(link) ?? code
    }

    // MARK: Codes

    private var codes: [String] {
        definition.codeLists.map { list in
            let codes =
                list.codes.count > Self.shownCodeCountLimit
                ? "\(list.codes.count) codes." : CodeListPage.codes(of: list)
            return "- \(CodeListPage.link(to: list)), version \(list.version): \(codes)"
        }
    }
}

/// The fields of a type as rows of a table, those within others after them.
enum FieldTable {
    static func rows(of fields: [Field]) -> [String] {
        guard !fields.isEmpty else { return [] }
        return ["| Field | | Kind | Meaning |", "|---|---|---|---|"] + fields.flatMap { rows($0, within: "") }
    }

    private static func rows(_ field: Field, within prefix: String) -> [String] {
        let name = prefix + field.name
        let row =
            "| `\(name)` | \(field.isRequired ? "required" : "") | \(description(of: field.kind)) | \(field.meaning) |"
        switch field.kind {
        case .object(let fields): return [row] + fields.flatMap { rows($0, within: name + ".") }
        case .array(.object(let fields), _): return [row] + fields.flatMap { rows($0, within: name + "[].") }
        default: return [row]
        }
    }

    private static func description(of kind: FieldKind) -> String {
        switch kind {
        case .code(let list): "code of \(CodeListPage.link(to: list))"
        case .codeOfNamedList(let lists): "code of " + lists.map(CodeListPage.link).joined(separator: " or ")
        case .codes(let list, let count): "\(range(count)) codes of \(CodeListPage.link(to: list))"
        case .array(let element, let count): "\(range(count)) × \(description(of: element))"
        default: kind.plainName
        }
    }

    private static func range(_ count: ClosedRange<Int>) -> String {
        count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
    }
}

extension MessageTypeDefinition {
    /// The lists that its fields use, each once, in the order of their first use.
    package var codeLists: [CodeList] {
        fields.flatMap { FieldSchema.lists(in: $0.kind) }.reduce(into: []) { lists, list in
            if !lists.contains(list) { lists.append(list) }
        }
    }
}

extension FieldKind {
    /// What may stand in the field, in words without links.
    package var plainName: String {
        switch self {
        case .code(let list): "code of \(list.id)"
        case .codeOfNamedList(let lists): "code of " + lists.map(\.id).joined(separator: " or ")
        case .codes(let list, let count): "\(count.lowerBound) to \(count.upperBound) codes of \(list.id)"
        case .text(let byteCountLimit): "text, at most \(byteCountLimit) bytes"
        case .locationCode: "location code, such as `BO-07`"
        case .languageForm: "ISO 639-3 code (form only)"
        case .boolean: "true or false"
        case .integer(let range): "integer, \(range.lowerBound) to \(range.upperBound)"
        case .timestamp: "time in UTC, `2026-11-23T17:14:48.123Z`"
        case .date: "date, `2009-03-01`"
        case .messageID: "message id (UUIDv7)"
        case .caseReference: "case reference (UUIDv4)"
        case .oin: "OIN"
        case .digest: "SHA-256, 64 hexadecimal digits"
        case .party: "OIN and role"
        case .object: "object"
        case .array(let element, let count): "\(count.lowerBound) to \(count.upperBound) × \(element.plainName)"
        }
    }
}

extension String {
    fileprivate var trimmingFinalLineFeeds: String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}

import ExchangeCore

/// Describes the catalogue to people: the text of `docs/messages/README.md`, from the definitions that the node checks
/// with.
package struct MessageReference {
    private let catalogue: Catalogue

    package static func markdown(of catalogue: Catalogue) -> String {
        let reference = MessageReference(catalogue: catalogue)
        return (reference.overview + catalogue.all.flatMap(reference.chapter) + reference.codeLists)
            .joined(separator: "\n") + "\n"
    }

    private init(catalogue: Catalogue) { self.catalogue = catalogue }

    private var overview: [String] {
        [
            "# Message types", "",
            "Generated from the definitions; see [how to add a type](../adding-a-message-type.md). Each type has a",
            "JSON Schema in `schemas` and an example in `Examples/messages`.", "",
            "| Type | Message | From | To | Priority | Acknowledged up to |", "|---|---|---|---|---|---|",
        ]
            + catalogue.all.map { definition in
                let cells = [
                    "[\(definition.type.code)](#\(Self.anchor(of: definition)))",
                    "\(definition.title.english) (\(definition.title.dutch))", Self.names(definition.senderRoles),
                    Self.names(definition.recipientRoles), definition.defaultPriority.rawValue,
                    definition.acknowledgement == .receipt ? "L1 receipt" : "L3 outcome",
                ]
                return "| " + cells.joined(separator: " | ") + " |"
            } + [""]
    }

    private func chapter(of definition: MessageTypeDefinition) -> [String] {
        var lines = ["## \(Self.heading(of: definition))", "", definition.summary, ""]
        lines += [
            "Told by default: \(Self.duties(of: definition)). Handling: \(definition.defaultHandling.rawValue).", "",
        ]
        lines += ["| Field | | Kind | Meaning |", "|---|---|---|---|"]
        lines += definition.fields.flatMap { Self.rows($0, within: "") }
        if !definition.rules.isEmpty {
            lines += ["", "Rules:", ""] + definition.rules.map { "- `\($0.name)`: \($0.statement)." }
        }
        return lines + [""]
    }

    private var codeLists: [String] {
        ["## Code lists", ""]
            + CodeList.all.flatMap { list in
                let codes = list.codes.map { code in "`\(code.value)`" + (code.meaning.map { " (\($0))" } ?? "") }
                return [
                    "### \(list.id)", "", "Version \(list.version). \(list.source).", "",
                    codes.joined(separator: ", ") + ".", "",
                ]
            }.dropLast()
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
        case .code(let list): "code of \(link(to: list))"
        case .codeOfNamedList(let lists): "code of " + lists.map(link).joined(separator: " or ")
        case .codes(let list, let count): "\(range(count)) codes of \(link(to: list))"
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
        case .array(let element, let count): "\(range(count)) × \(description(of: element))"
        }
    }

    private static func range(_ count: ClosedRange<Int>) -> String { "\(count.lowerBound) to \(count.upperBound)" }

    private static func link(to list: CodeList) -> String {
        "[\(list.id)](#\(list.id.filter { $0 != ":" && $0 != "." }))"
    }

    private static func heading(of definition: MessageTypeDefinition) -> String {
        "\(definition.type.code) \(definition.title.english)"
    }

    private static func anchor(of definition: MessageTypeDefinition) -> String {
        heading(of: definition).lowercased().split(separator: " ").joined(separator: "-")
    }

    private static func duties(of definition: MessageTypeDefinition) -> String {
        let names = definition.dutyRoles.map { duty in
            switch duty {
            case .role(let role): role.rawValue
            case .senderOfAnsweredMessage: "the sender of the answered message"
            }
        }
        return names.isEmpty ? "nobody" : names.joined(separator: ", ") + " (but for the sender)"
    }

    private static func names(_ roles: [Role]) -> String {
        roles == Role.allCases ? "any role" : roles.map(\.rawValue).joined(separator: ", ")
    }
}

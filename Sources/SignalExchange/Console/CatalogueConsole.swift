import ExchangeCatalogue
import ExchangeCore

/// What `catalogue` prints: the message types, without a node and a folder.
package struct CatalogueConsole: Sendable {
    private let printsJSON: Bool

    package init(printsJSON: Bool) { self.printsJSON = printsJSON }

    /// One row a type, in the order of the families.
    package func list() {
        var table = TextTable(["TYPE", "MESSAGE", "FROM", "TO", "PRIORITY", "UP TO"])
        for definition in Catalogue.standard.all {
            guard !printsJSON else {
                ConsoleLine.print(Self.overview(of: definition))
                continue
            }
            table.add([
                definition.type.code, definition.title.english, definition.senderRoles.inWords,
                definition.recipientRoles.inWords, definition.defaultPriority.rawValue,
                definition.acknowledgement.title,
            ])
        }
        if !printsJSON { print(table.text) }
    }

    /// All that the catalogue knows of one type; with JSON its schema.
    ///
    /// - Throws: ``NodeError`` `request-invalid` for a type that there is not.
    package func show(_ code: String) throws(NodeError) {
        let definition = try Self.definition(code)
        guard !printsJSON else {
            guard case .object(let document) = JSONSchema.document(for: definition) else {
                preconditionFailure("a schema is an object")
            }
            return ConsoleLine.print(document)
        }
        print(TypeDescription(definition).text)
    }

    /// The example of one type, as `Examples/messages` has it.
    ///
    /// - Throws: ``NodeError`` `request-invalid` for a type that there is not.
    package func example(_ code: String) throws(NodeError) {
        let example = Self.example(of: try Self.definition(code).type)
        guard !printsJSON else { return ConsoleLine.print(example) }
        guard let bytes = try? JSONWriter.write(.object(example), layout: .indented) else {
            preconditionFailure("an example can be written as JSON")
        }
        print(String(decoding: bytes, as: UTF8.self), terminator: "")
    }

    /// Judges a submission as a node would, but for the directory and the case.
    ///
    /// - Parameter file: a path, or `-` for standard input.
    /// - Throws: ``NodeError`` `submission-invalid`: the first fault, with its field and the way out.
    package func validate(_ file: String) throws(NodeError) {
        let bytes = try SubmissionFile.read(file == "-" ? "/dev/stdin" : file)
        let content: SignedContent
        do throws(ContentError) {
            content = try Rehearsal.content(of: bytes, by: .standard)
        } catch {
            throw NodeError(.submissionInvalid, "\(error)")
        }
        let recipients = content.recipients.map(\.party.role.rawValue)
        let rules = Catalogue.standard.caseRules(for: content).map(\.name)
        guard !printsJSON else {
            var line = JSONObject()
            line["type"] = .string("\(content.type)")
            line["role"] = .string(content.sender.role.rawValue)
            line["recipients"] = .array(recipients.map { .string($0) })
            line["priority"] = .string(content.priority.rawValue)
            line["handling"] = .string(content.handling.rawValue)
            line["rulesOfTheCase"] = .array(rules.map { .string($0) })
            return ConsoleLine.print(line)
        }
        print(
            "\(content.type) is valid: from \(content.sender.role.rawValue) to \(recipients.joined(separator: ", ")), "
                + "\(content.priority.rawValue), TLP \(content.handling.rawValue).")
        if !rules.isEmpty {
            print("The node judges over the case too: \(rules.joined(separator: ", ")).")
        }
    }

    // MARK: Types

    private static func definition(_ code: String) throws(NodeError) -> MessageTypeDefinition {
        let all = Catalogue.standard.all
        if let definition = all.last(where: { $0.type.code == code || "\($0.type)" == code }) { return definition }
        throw NodeError(
            .requestInvalid, "there is no such type; name one of \(all.map(\.type.code).joined(separator: ", "))")
    }

    private static func example(of type: MessageType) -> JSONObject {
        guard let bundle = try? JSONParser.parse(PackageResources.examples_json, limits: JSONSchema.limits),
            case .object(let examples) = bundle, case .object(let example)? = examples["\(type)"]
        else { preconditionFailure("\(type) has no example in this program") }
        return example
    }

    private static func overview(of definition: MessageTypeDefinition) -> JSONObject {
        func array(_ roles: [Role]) -> JSONValue { .array(roles.map { .string($0.rawValue) }) }
        var line = JSONObject()
        line["type"] = .string(definition.type.code)
        line["version"] = .integer(Int64(definition.type.version))
        line["english"] = .string(definition.title.english)
        line["dutch"] = .string(definition.title.dutch)
        line["from"] = array(definition.senderRoles)
        line["to"] = array(definition.recipientRoles)
        line["priority"] = .string(definition.defaultPriority.rawValue)
        line["acknowledgedUpTo"] = .string("L\(definition.acknowledgement.rawValue)")
        line["expects"] = .array(definition.expects.map { .string($0.code) })
        line["closes"] = .array(definition.closes.map { .string($0) })
        return line
    }
}

/// A type as the terminal shows it.
private struct TypeDescription {
    private let definition: MessageTypeDefinition

    init(_ definition: MessageTypeDefinition) { self.definition = definition }

    var text: String {
        var fields = TextTable(["FIELD", "", "KIND", "MEANING"])
        for row in rows(of: definition.fields, within: "") { fields.add(row) }
        let parts = [
            head, fields.text, section("RULES", definition.rules.map { ($0.name, $0.statement) }),
            section("RULES OF THE CASE, judged by the sender's node", caseRules),
            section("WHAT COMES AFTER", after), section("CODES", codes),
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var head: String {
        let duties = definition.dutyRoles.map(\.inWords)
        return [
            "\(definition.type)  \(definition.title.english) (\(definition.title.dutch))", definition.summary,
            "From:            \(definition.senderRoles.inWords)",
            "To:              \(definition.recipientRoles.inWords)",
            "Told by default: \(duties.isEmpty ? "nobody: name the recipients" : duties.joined(separator: ", "))",
            "Priority:        \(definition.defaultPriority.rawValue), TLP \(definition.defaultHandling.rawValue), "
                + "acknowledged up to \(definition.acknowledgement.title)",
        ].joined(separator: "\n") + (definition.answersMessage ? "\nAnswers:         a message, in inReplyTo" : "")
    }

    private var caseRules: [(String, String)] {
        (definition.caseRules + definition.generalCaseRules).map { ($0.name, $0.statement) }
    }

    private var after: [(String, String)] {
        definition.expects.map { expected in
            let condition = expected.condition.map { ", where \($0.member) is \($0.value.inWords)" } ?? ""
            return (
                expected.code,
                "is expected \(expected.bearer.inWords), \(expected.termInWords { $0 })\(condition)"
            )
        } + definition.closes.map { ($0, "is closed") }
    }

    private var codes: [(String, String)] {
        definition.codeLists.map { list in
            let shown = list.codes.prefix(CodeList.shownCodeCountLimit).map(\.value).joined(separator: ", ")
            return (list.id, shown + (list.codes.count > CodeList.shownCodeCountLimit ? ", …" : ""))
        }
    }

    private func section(_ title: String, _ rows: [(String, String)]) -> String {
        ([title] + rows.map { "  \($0.0): \($0.1)" }).joined(separator: "\n").unless(rows.isEmpty)
    }

    private func rows(of fields: [Field], within prefix: String) -> [[String]] {
        fields.flatMap { field -> [[String]] in
            let row = [
                prefix + field.name, field.isRequired ? "required" : "", field.kind.shortName, field.meaning,
            ]
            switch field.kind {
            case .object(let inner): return [row] + rows(of: inner, within: prefix + field.name + ".")
            case .array(.object(let inner), _): return [row] + rows(of: inner, within: prefix + field.name + "[].")
            default: return [row]
            }
        }
    }
}

extension FieldKind {
    /// Without the marks of a page.
    fileprivate var shortName: String { plainName.filter { $0 != "`" } }
}

extension String {
    fileprivate func unless(_ isLeftOut: Bool) -> String { isLeftOut ? "" : self }
}

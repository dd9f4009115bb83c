package import ExchangeCore

/// Describes messages to others as JSON Schema (draft 2020-12), from the same definitions that the node checks with.
///
/// A schema says less than the node checks: limits in bytes of UTF-8 appear as limits in characters, control characters
/// and calendar dates are not described, and rules that are code (``Rule/Form/check(_:)``) stand in the description.
/// What a schema refuses the node refuses too.
package enum JSONSchema {
    package static let draft = "https://json-schema.org/draft/2020-12/schema"

    /// The limits of a schema document; it holds code lists and is larger than a message.
    package static let limits = JSONLimits(byteCount: 262_144, depth: 32)

    /// The schema of what an agency hands in for one type. `$defs/body` describes the body, which is the same in signed
    /// content.
    package static func document(for definition: MessageTypeDefinition) -> JSONValue {
        var document = JSONObject()
        document["$schema"] = .string(draft)
        document["title"] = .string(
            "\(definition.type) \(definition.title.english) (\(definition.title.dutch))")
        document["description"] = .string(description(of: definition))
        document["type"] = "object"
        document["required"] = .strings(
            ["type"] + (definition.answersMessage ? ["inReplyTo"] : []) + ["purpose", "legalBasis", "body"])
        document["additionalProperties"] = false
        document["properties"] = .object(submissionMembers(of: definition))
        let conditions = definition.rules.compactMap(messageCondition)
        if !conditions.isEmpty { document["allOf"] = .array(conditions) }
        var definitions = JSONObject()
        definitions["body"] = FieldSchema.body(of: definition)
        for list in lists(of: definition) { definitions[list.id] = FieldSchema.definition(of: list) }
        document["$defs"] = .object(definitions)
        return .object(document)
    }

    /// The name of the file that holds the schema of a type.
    package static func fileName(for type: MessageType) -> String { "\(type).schema.json" }

    private static func description(of definition: MessageTypeDefinition) -> String {
        let statements = definition.rules.map { "\($0.statement) (\($0.name))" }
        return definition.summary + " Default priority: \(definition.defaultPriority.rawValue)."
            + (statements.isEmpty ? "" : " Rules: " + statements.joined(separator: "; ") + ".")
    }

    private static func submissionMembers(of definition: MessageTypeDefinition) -> JSONObject {
        var members = JSONObject()
        members["type"] = ["const": .string(definition.type.code)]
        members["version"] = ["const": .integer(Int64(definition.type.version))]
        members["role"] = .described(
            ["enum": .strings(definition.senderRoles.map(\.rawValue))],
            "In which of its roles the organisation sends; needed where it has several.")
        members["recipients"] = .described(
            [
                "type": "array", "minItems": 1,
                "maxItems": .integer(Int64(SignedContent.recipientCountRange.upperBound)),
                "items": ["anyOf": [role(definition.agreeableRoles), party(definition.agreeableRoles)]],
            ], recipients(of: definition))
        members["caseRef"] = .described(FieldSchema.schema(.caseReference), "A new case where absent.")
        members["conversation"] = FieldSchema.schema(.messageID)
        members["inReplyTo"] = FieldSchema.schema(.messageID)
        members["supersedes"] = FieldSchema.schema(.messageID)
        members["priority"] = FieldSchema.reference(to: .requestPriority)
        members["purpose"] = .described(purpose, "The URI of the processing activity.")
        members["legalBasis"] = legalBasis
        members["handling"] = FieldSchema.reference(to: .trafficLightProtocol)
        members["body"] = ["$ref": "#/$defs/body"]
        return members
    }

    private static func recipients(of definition: MessageTypeDefinition) -> String {
        "Roles, or organisations in a role; those who must be told where absent."
            + (definition.confinement == nil
                ? " Without a rule of the directory: \(definition.recipientRoles.inWords)." : "")
    }

    static var legalBasis: JSONValue {
        FieldSchema.schema(.codes(.legalBasis, count: SignedContent.legalBasisCountRange))
    }

    static let purpose: JSONValue = [
        "type": "string", "format": "uri", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:[^#\\s]+$",
        "maxLength": .integer(Int64(PurposeURI.byteCountLimit)),
    ]

    private static func role(_ roles: [Role]) -> JSONValue { ["enum": .strings(roles.map(\.rawValue))] }

    private static func party(_ roles: [Role]) -> JSONValue {
        [
            "type": "object", "required": ["oin", "role"], "additionalProperties": false,
            "properties": ["oin": FieldSchema.schema(.oin), "role": role(roles)],
        ]
    }

    /// What a rule demands of the members beside the body.
    private static func messageCondition(_ rule: Rule) -> JSONValue? {
        switch rule.form {
        case .priority(let minimum, let condition):
            let allowed = Priority.allCases.filter { $0 >= minimum }.map(\.rawValue)
            let demand: JSONValue = ["properties": ["priority": ["enum": .strings(allowed)]]]
            guard let condition else { return demand }
            return [
                "if": ["properties": ["body": FieldSchema.holds(condition)], "required": ["body"]], "then": demand,
            ]
        case .handling(let handling):
            return ["properties": ["handling": ["const": .string(handling.rawValue)]]]
        case .requires, .restricts, .check:
            return nil
        }
    }

    /// The code lists that a type uses, each once, in the order of their first use.
    private static func lists(of definition: MessageTypeDefinition) -> [CodeList] {
        var lists: [CodeList] = [.requestPriority, .trafficLightProtocol, .legalBasis]
        for list in definition.fields.flatMap({ FieldSchema.lists(in: $0.kind) }) where !lists.contains(list) {
            lists.append(list)
        }
        return lists
    }
}

extension JSONValue {
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// A schema with a description; anything but an object stays as it is.
    static func described(_ schema: JSONValue, _ description: String) -> JSONValue {
        guard case .object(var object) = schema else { return schema }
        object["description"] = .string(description)
        return .object(object)
    }
}

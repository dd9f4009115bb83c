/// The parts of a JSON Schema that describe fields and code lists.
enum FieldSchema {
    static func body(of definition: MessageTypeDefinition) -> JSONValue {
        object(definition.fields, conditions: definition.rules.compactMap(bodyCondition))
    }

    static func schema(_ kind: FieldKind) -> JSONValue {
        switch kind {
        case .code(let list): reference(to: list)
        // The condition that names the list stands at the object; see `object`.
        case .codeOfNamedList: ["type": "string"]
        case .codes(let list, let count): array(of: reference(to: list), count: count, isUnique: true)
        case .text(let byteCountLimit):
            ["type": "string", "pattern": "\\S", "maxLength": .integer(Int64(byteCountLimit))]
        case .locationCode: pattern("^[A-Z]{2,4}-[0-9]{2,4}$")
        case .languageForm: pattern("^[a-z]{3}$")
        case .boolean: ["type": "boolean"]
        case .integer(let range):
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .timestamp:
            pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$")
        case .date: pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
        case .messageID: uuid(version: 7)
        case .caseReference: uuid(version: 4)
        case .oin: pattern("^[0-9]{8}[0-9A-Z]{12}$")
        case .digest: pattern("^[0-9a-f]{64}$")
        case .party:
            object([.required("oin", .oin, "Its number."), .required("role", .code(.role), "Its role.")])
        case .object(let fields): object(fields)
        case .array(let element, let count): array(of: schema(element), count: count)
        }
    }

    static func reference(to list: CodeList) -> JSONValue { ["$ref": .string("#/$defs/" + list.id)] }

    static func definition(of list: CodeList) -> JSONValue {
        let meanings = list.codes.compactMap { code in code.meaning.map { "\(code.value): \($0)" } }
        var definition = JSONObject()
        definition["title"] = .string("\(list.id) version \(list.version)")
        definition["description"] = .string(([list.source] + meanings).joined(separator: "; "))
        definition["enum"] = .strings(list.codes.map(\.value))
        return .object(definition)
    }

    /// The code lists that a kind refers to, in the order of their use.
    static func lists(in kind: FieldKind) -> [CodeList] {
        switch kind {
        case .code(let list), .codes(let list, _): [list]
        case .codeOfNamedList(let lists): lists
        case .party: [.role]
        case .object(let fields): fields.flatMap { lists(in: $0.kind) }
        case .array(let element, _): lists(in: element)
        case .text, .locationCode, .languageForm, .boolean, .integer, .timestamp, .date, .messageID, .caseReference,
            .oin, .digest:
            []
        }
    }

    /// A schema that holds for the bodies for which the condition holds.
    static func holds(_ condition: Rule.Condition) -> JSONValue {
        [
            "type": "object", "required": [.string(condition.member)],
            "properties": .member(condition.member, ["const": condition.value]),
        ]
    }

    private static func bodyCondition(_ rule: Rule) -> JSONValue? {
        switch rule.form {
        case .requires(let member, let condition):
            ["if": holds(condition), "then": ["required": [.string(member)]]]
        case .restricts(let member, let allowed):
            ["properties": .member(member, ["enum": .strings(allowed)])]
        case .priority, .handling, .check: nil
        }
    }

    private static func object(_ fields: [Field], conditions: [JSONValue] = []) -> JSONValue {
        var properties = JSONObject()
        var conditions = conditions
        for field in fields {
            properties[field.name] = .described(schema(field.kind), field.meaning)
            guard case .codeOfNamedList(let lists) = field.kind else { continue }
            conditions += lists.map { list in
                [
                    "if": ["required": ["list"], "properties": ["list": ["const": .string(list.id)]]],
                    "then": ["properties": .member(field.name, reference(to: list))],
                ]
            }
        }
        var schema = JSONObject()
        schema["type"] = "object"
        schema["required"] = .strings(fields.filter(\.isRequired).map(\.name))
        schema["additionalProperties"] = false
        schema["properties"] = .object(properties)
        if !conditions.isEmpty { schema["allOf"] = .array(conditions) }
        return .object(schema)
    }

    static func array(of items: JSONValue, count: ClosedRange<Int>, isUnique: Bool = false) -> JSONValue {
        var schema = JSONObject()
        schema["type"] = "array"
        schema["minItems"] = .integer(Int64(count.lowerBound))
        schema["maxItems"] = .integer(Int64(count.upperBound))
        if isUnique { schema["uniqueItems"] = true }
        schema["items"] = items
        return .object(schema)
    }

    static func pattern(_ expression: String) -> JSONValue { ["type": "string", "pattern": .string(expression)] }

    private static func uuid(version: Int) -> JSONValue {
        pattern("^[0-9a-f]{8}-[0-9a-f]{4}-\(version)[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
    }
}

extension JSONValue {
    /// An object with one member whose name is not known before.
    fileprivate static func member(_ name: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[name] = value
        return .object(object)
    }
}

import ExchangeCore

/// The JSON form of routing rules, as the directory has it (`protocol.md` §14.1).
package enum RoutingDocument {
    /// - Returns: an array, as ``rules(in:at:by:)`` reads it.
    package static func value(of rules: [RoutingRule]) -> JSONValue { .array(rules.map { .object(object(of: $0)) }) }

    private static func object(of rule: RoutingRule) -> JSONObject {
        var object = JSONObject()
        object["type"] = .string(rule.code)
        if let role = rule.senderRole { object["senderRole"] = .string(role.rawValue) }
        if !rule.facts.isEmpty {
            object["when"] = .array(
                rule.facts.map { ["member": .string($0.member), "isOneOf": .array($0.values)] })
        }
        object["mustTell"] = .array(rule.mustTell.map { .string($0.rawValue) })
        object["mayTell"] = .array(rule.mayTell.map { .string($0.rawValue) })
        object["ground"] = .string(rule.ground)
        return object
    }

    /// Reads rules strictly: what the catalogue does not know is refused by name, since a rule that never applies would
    /// leave somebody out whom the partners agreed to tell.
    ///
    /// - Throws: ``ContentError`` for the first fault, with its path.
    package static func rules(
        in value: JSONValue, at path: FieldPath, by catalogue: Catalogue
    ) throws(ContentError) -> [RoutingRule] {
        guard case .array(let elements) = value, elements.count <= ProtocolLimits.directoryMaximumRoutingRules else {
            throw ContentError(
                .fieldInvalid, at: path,
                "put an array of at most \(ProtocolLimits.directoryMaximumRoutingRules) rules here")
        }
        var rules: [RoutingRule] = []
        for (index, element) in elements.enumerated() {
            rules.append(try rule(element, at: path.element(index), by: catalogue))
        }
        return rules
    }

    private static func rule(
        _ value: JSONValue, at path: FieldPath, by catalogue: Catalogue
    ) throws(ContentError) -> RoutingRule {
        let reader = try ObjectReader(
            value, at: path, members: ["type", "senderRole", "when", "mustTell", "mayTell", "ground"])
        let code = try reader.text("type")
        let definitions = catalogue.all.filter { $0.type.code.hasSameCodeUnits(as: code) }
        guard !definitions.isEmpty else {
            let codes = catalogue.all.filter(\.isHandedOver).map(\.type.code)
            throw ContentError(
                .typeUnknown, at: path.member("type"), allowed: codes,
                "this node knows the types \(codes.joined(separator: ", "))")
        }
        guard definitions.allSatisfy(\.isHandedOver) else {
            throw reader.invalid("type", "what nodes tell each other goes where the protocol says; take this rule out")
        }
        let senderRole =
            try reader.optional("senderRole") == nil
            ? nil : role(reader.required("senderRole"), at: path.member("senderRole"))
        if let senderRole, !definitions.contains(where: { $0.senderRoles.contains(senderRole) }) {
            let allowed = definitions.flatMap(\.senderRoles).map(\.rawValue)
            throw ContentError(
                .senderNotEntitled, at: path.member("senderRole"), allowed: allowed,
                "\(code) is sent by \(allowed.joined(separator: ", ")) only: this rule would never apply")
        }
        let (mustTell, mayTell) = (try roles("mustTell", of: reader), try roles("mayTell", of: reader))
        let told = mustTell + mayTell
        guard !told.isEmpty, Set(told).count == told.count else {
            throw reader.invalid("mustTell", "name at least one role here or in mayTell, and each role once")
        }
        for definition in definitions {
            guard let reason = definition.confinement?.reason,
                let outsider = told.first(where: { !definition.recipientRoles.contains($0) })
            else { continue }
            let allowed = definition.recipientRoles.map(\.rawValue)
            throw ContentError(
                .recipientNotEntitled, at: path.member(mustTell.contains(outsider) ? "mustTell" : "mayTell"),
                allowed: allowed,
                "\(code) is told to \(allowed.joined(separator: ", ")) only, whatever is agreed: \(reason)")
        }
        return RoutingRule(
            code: code, senderRole: senderRole, facts: try facts(of: reader, in: definitions), mustTell: mustTell,
            mayTell: mayTell, ground: try ground(of: reader))
    }

    private static func role(_ value: JSONValue, at path: FieldPath) throws(ContentError) -> Role {
        let text = try ObjectReader.text(value, at: path)
        guard CodeList.role.contains(text), let role = Role(rawValue: text) else {
            throw CodeList.role.refusal(at: path)
        }
        return role
    }

    private static func roles(_ name: String, of reader: ObjectReader) throws(ContentError) -> [Role] {
        guard reader.optional(name) != nil else { return [] }
        var roles: [Role] = []
        for (index, element) in try reader.elements(name, count: 0...Role.allCases.count).enumerated() {
            roles.append(try role(element, at: reader.path.member(name).element(index)))
        }
        return roles
    }

    private static func ground(of reader: ObjectReader) throws(ContentError) -> String {
        try reader.parsed(
            "ground",
            form: "the agreement and its day, in 1 to \(ProtocolLimits.routingGroundMaximumBytes) bytes on one line"
        ) { text in
            let isText =
                !text.allSatisfy(\.isWhitespace) && text.utf8.count <= ProtocolLimits.routingGroundMaximumBytes
                && !text.hasControlCharacters
            return isText ? text : nil
        }
    }

    // MARK: Facts

    private static func facts(
        of reader: ObjectReader, in definitions: [MessageTypeDefinition]
    ) throws(ContentError) -> [RoutingRule.Fact] {
        guard reader.optional("when") != nil else { return [] }
        var facts: [RoutingRule.Fact] = []
        let elements = try reader.elements("when", count: 1...ProtocolLimits.routingRuleMaximumFacts)
        for (index, element) in elements.enumerated() {
            let path = reader.path.member("when").element(index)
            let fact = try ObjectReader(element, at: path, members: ["member", "isOneOf"])
            let member = try fact.text("member")
            let values = try fact.elements("isOneOf", count: 1...ProtocolLimits.routingFactMaximumValues)
            for definition in definitions {
                let field = definition.fields.first { $0.name.hasSameCodeUnits(as: member) }
                try check(values, field?.kind, of: definition, at: path)
            }
            facts.append(RoutingRule.Fact(member: member, values: values))
        }
        return facts
    }

    /// Facts rest on codes and on yes or no: texts are for people, and days pass.
    private static func check(
        _ values: [JSONValue], _ kind: FieldKind?, of definition: MessageTypeDefinition, at path: FieldPath
    ) throws(ContentError) {
        for (index, value) in values.enumerated() {
            let place = path.member("isOneOf").element(index)
            switch kind {
            case .code(let list)?, .codes(let list, count: _)?:
                guard case .string(let text) = value, list.contains(text) else { throw list.refusal(at: place) }
            case .boolean?:
                guard case .bool = value else { throw ContentError(.fieldInvalid, at: place, "put true or false here") }
            default:
                let names = definition.fields.filter(\.kind.isFact).map(\.name)
                throw ContentError(
                    .fieldUnknown, at: path.member("member"), allowed: names,
                    names.isEmpty
                        ? "\(definition.type) has no code and no yes or no that a rule could rest on; take `when` out"
                        : "a rule on \(definition.type) rests on one of \(names.joined(separator: ", "))")
            }
        }
    }
}

extension FieldKind {
    /// Whether a rule may rest on it.
    fileprivate var isFact: Bool {
        switch self {
        case .code, .codes, .boolean: true
        default: false
        }
    }
}

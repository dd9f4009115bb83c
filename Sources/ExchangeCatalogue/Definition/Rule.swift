package import ExchangeCore

/// What a type demands beyond the form of each field. Rules that a JSON Schema can express are data, so that the schema
/// that partners get says the same as our check; the rest are checks of our own.
package struct Rule: Sendable {
    package enum Form: Sendable {
        /// The member must be there when the condition holds.
        case requires(member: String, when: Condition)
        /// The member, where it is there, must have one of these values.
        case restricts(member: String, to: [String])
        /// The message must be at least this pressing when the condition holds; always where there is none.
        case priority(atLeast: Priority, when: Condition?)
        /// The message must have this handling code.
        case handling(HandlingCode)
        /// Anything else. Throws what ``Rule/violation(at:allowed:_:)`` makes.
        case check(@Sendable (_ content: SignedContent, _ rule: Rule) throws(ContentError) -> Void)
    }

    /// Holds when a member of the body has a value.
    package struct Condition: Equatable, Sendable {
        package let member: String
        package let value: JSONValue

        package static func member(_ member: String, is value: JSONValue) -> Condition {
            Condition(member: member, value: value)
        }

        package func holds(for body: JSONObject) -> Bool { body[member] == value }
    }

    /// Lower case with hyphens; refusals name it.
    package let name: String
    /// What must be so, as a sentence without a full stop.
    package let statement: String
    package let form: Form

    package init(_ name: String, _ statement: String, _ form: Form) {
        self.name = name
        self.statement = statement
        self.form = form
    }

    /// - Throws: ``ContentError`` with the code `rule-violated`, the rule's name and the field.
    package func check(_ content: SignedContent) throws(ContentError) {
        let body = FieldPath("body")
        switch form {
        case .requires(let member, let condition):
            guard condition.holds(for: content.body), content.body[member] == nil else { return }
            throw violation(at: body.member(member), "add this member")
        case .restricts(let member, let allowed):
            guard let value = content.body[member], !allowed.contains(where: { .string($0) == value }) else { return }
            throw violation(at: body.member(member), allowed: allowed, "use \(allowed.joined(separator: " or "))")
        case .priority(let minimum, let condition):
            guard condition?.holds(for: content.body) ?? true, content.priority < minimum else { return }
            let allowed = Priority.allCases.filter { $0 >= minimum }.map(\.rawValue)
            throw violation(at: FieldPath("priority"), allowed: allowed, "use \(allowed.joined(separator: " or "))")
        case .handling(let handling):
            guard content.handling != handling else { return }
            throw violation(at: FieldPath("handling"), allowed: [handling.rawValue], "use \(handling.rawValue)")
        case .check(let check):
            try check(content, self)
        }
    }

    package func violation(at path: FieldPath, allowed: [String] = [], _ remedy: String) -> ContentError {
        ContentError(.ruleViolated, at: path, allowed: allowed, rule: name, "\(statement) (\(name)): \(remedy)")
    }
}

package import ExchangeCore

/// One agreement of the partners: who must be told by a type, and who may be, where facts of its content hold.
///
/// It stands in the signed directory (`protocol.md` §14.1), so that it is the same for all and has a version.
package struct RoutingRule: Equatable, Sendable {
    /// A fact of the content: a member of the body has one of these values; of a list of codes, one of its codes is among
    /// them. There is nothing else to it, so that everybody sees what a rule does.
    package struct Fact: Equatable, Sendable {
        package let member: String
        /// Codes of the member's list; true or false where the member is that.
        package let values: [JSONValue]

        package init(member: String, values: [JSONValue]) {
            self.member = member
            self.values = values
        }

        package func holds(for body: JSONObject) -> Bool {
            switch body[member] {
            case nil: false
            case .array(let elements)?: elements.contains { values.contains($0) }
            case let value?: values.contains(value)
            }
        }

        /// Such as `acuteDanger is true`.
        package var inWords: String {
            "\(member) is \(values.map { $0.inWords.filter { $0 != "`" } }.joined(separator: " or "))"
        }
    }

    /// The code of the type, in every version of it.
    package let code: String
    /// In which role the sender sends; `nil` for any.
    package let senderRole: Role?
    /// All of them hold where the rule applies.
    package let facts: [Fact]
    package let mustTell: [Role]
    package let mayTell: [Role]
    /// Why, for people: which agreement, of which day.
    package let ground: String

    package init(
        code: String, senderRole: Role? = nil, facts: [Fact] = [], mustTell: [Role], mayTell: [Role] = [],
        ground: String
    ) {
        self.code = code
        self.senderRole = senderRole
        self.facts = facts
        self.mustTell = mustTell
        self.mayTell = mayTell
        self.ground = ground
    }

    func applies(to code: String, sentAs role: Role, body: JSONObject) -> Bool {
        self.code == code && (senderRole ?? role) == role && facts.allSatisfy { $0.holds(for: body) }
    }

    /// Whether it applies to every message of its type.
    var isUnconditional: Bool { senderRole == nil && facts.isEmpty }
}

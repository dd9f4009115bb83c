import ExchangeCatalogue
package import ExchangeCore
import ExchangeStore

/// Whom the node tells in its own organisation, and by which clocks.
package struct EscalationSettings: Sendable {
    package var policy = EscalationPolicy()
    /// A duty role, and how it is reached; never a person's name.
    package var roster: [EscalationStep: String] = [:]

    package init() {}
}

/// By what obligations are judged here: the clocks of the configuration, the answers that the catalogue expects, and who is
/// called, by the directory of now.
package struct NodeObligations: Sendable {
    let context: NodeContext
    let settings: EscalationSettings

    package init(_ context: NodeContext, settings: EscalationSettings) {
        self.context = context
        self.settings = settings
    }

    package var rules: ObligationRules {
        let directory = context.community.directory
        let ownRoles = Set(directory.member(context.oin)?.roles ?? [])
        return ObligationRules(
            policy: settings.policy, ownRoles: ownRoles,
            expected: Self.expected(by: context.catalogue, of: ownRoles), roster: settings.roster,
            dutyContacts: Dictionary(
                directory.members.map { ($0.oin, "\($0.dutyContact.name), \($0.dutyContact.phone)") },
                uniquingKeysWith: { first, _ in first }))
    }

    private static func expected(by catalogue: Catalogue, of ownRoles: Set<Role>) -> [String: [ExpectedAnswer]] {
        Dictionary(
            catalogue.all.map { definition in
                (
                    definition.type.code,
                    definition.expects.map {
                        expectedAnswer($0, after: definition.type.code, in: catalogue, of: ownRoles)
                    }
                )
            }, uniquingKeysWith: { _, last in last })
    }

    private static func expectedAnswer(
        _ expected: ExpectedMessage, after code: String, in catalogue: Catalogue, of ownRoles: Set<Role>
    ) -> ExpectedAnswer {
        let bearer: ExpectedAnswer.Bearer =
            switch expected.bearer {
            case .eachRecipient: .eachRecipient
            case .role(let role): .role(role)
            case .senderOfAnsweredMessage: .named
            }
        let answer = catalogue.all.last { $0.type.code == expected.code }
        let drafted = expected.drafts.flatMap { code in catalogue.all.last { $0.type.code == code } }
        let canSend = drafted.map { !ownRoles.isDisjoint(with: $0.senderRoles) } ?? false
        return ExpectedAnswer(
            code: expected.code, of: bearer, isConditional: expected.isConditional, within: expected.within,
            pressing: expected.pressing, visibleTo: Set(answer?.recipientRoles ?? []),
            endedBy: catalogue.all.filter { $0.closes.contains(code) }.map(\.type.code) + expected.until,
            drafts: canSend ? expected.drafts : nil)
    }

    /// What is owed on a message now; `nil` where it is not here.
    ///
    /// - Parameter rules: ``rules``, made once for all messages that are looked at together.
    func owed(
        on message: MessageID, by rules: ObligationRules
    ) async throws -> (facts: ObligationFacts, owed: [Obligation])? {
        guard let facts = try await context.ledger.obligationFacts(of: message, by: rules) else { return nil }
        return (facts, Obligations.owed(facts, by: rules))
    }
}

import ExchangeCatalogue
package import ExchangeCore
import ExchangeStore

/// Whom the node tells in its own organisation, and by which clocks.
package struct EscalationSettings: Sendable {
    /// The defaults, with the clocks that the operator sets in their place.
    package var policy = EscalationPolicy()
    /// Which of them the operator set, such as `statReceipt`.
    package var ownClocks: Set<String> = []
    /// A duty role, and how it is reached; never a person's name.
    package var roster: [EscalationStep: String] = [:]

    package init() {}

    /// The clocks that count here under what the partners agreed. Where both say something the sooner ends it: a node may be
    /// stricter than the agreement, and never laxer.
    package func policy(under agreed: Agreements) -> EscalationPolicy {
        var policy = policy
        policy.calendar = agreed.calendar ?? policy.calendar
        for key in ClockKey.allCases {
            guard let clock = agreed.clocks[key] else { continue }
            let own = ownClocks.contains(key.text) ? policy[key] : nil
            policy[key] =
                switch (own, clock) {
                case (let own?, .term(let term)): .sooner(own, term)
                case (let own?, .none): own
                case (nil, .term(let term)): term
                case (nil, .none): nil
                }
        }
        return policy
    }
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

    /// The clocks of now.
    var policy: EscalationPolicy { settings.policy(under: context.community.directory.agreements) }

    package var rules: ObligationRules {
        let directory = context.community.directory
        let ownRoles = Set(directory.member(context.oin)?.roles ?? [])
        return ObligationRules(
            policy: settings.policy(under: directory.agreements), ownRoles: ownRoles,
            expected: Self.expected(by: context.catalogue, directory.routing, of: ownRoles), roster: settings.roster,
            dutyContacts: Dictionary(
                directory.members.map { ($0.oin, "\($0.dutyContact.name), \($0.dutyContact.phone)") },
                uniquingKeysWith: { first, _ in first }))
    }

    private static func expected(
        by catalogue: Catalogue, _ routing: Routing, of ownRoles: Set<Role>
    ) -> [String: [ExpectedAnswer]] {
        Dictionary(
            catalogue.all.map { definition in
                (
                    definition.type.code,
                    definition.expects.map {
                        expectedAnswer($0, after: definition.type.code, in: catalogue, routing, of: ownRoles)
                    }
                )
            }, uniquingKeysWith: { _, last in last })
    }

    private static func expectedAnswer(
        _ expected: ExpectedMessage, after code: String, in catalogue: Catalogue, _ routing: Routing,
        of ownRoles: Set<Role>
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
            pressing: expected.pressing, visibleTo: answer.map { routing.rolesTold(by: $0) } ?? [],
            senders: catalogue.senderRoles(of: expected.code), isGivenByOutcome: expected.isGivenByOutcome,
            endedBy: catalogue.all.filter { $0.closes.contains(code) }.map(\.type.code) + expected.until,
            isReplaceable: expected.isReplaceable, drafts: canSend ? expected.drafts : nil)
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

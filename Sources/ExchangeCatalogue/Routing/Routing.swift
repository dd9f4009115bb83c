package import ExchangeCore

/// Who is to be told of what, as the partners agreed it: the rules of one version of the directory, and the catalogue's own
/// sets where none of them applies.
package struct Routing: Equatable, Sendable {
    /// That of the directory; `nil` where there is none.
    package let version: Int64?
    /// In their order: of two that apply the first counts.
    package let rules: [RoutingRule]

    package init(version: Int64?, rules: [RoutingRule]) {
        self.version = version
        self.rules = rules
    }

    /// The sets of the catalogue, where there is no directory.
    package static let ofCatalogue = Routing(version: nil, rules: [])

    /// Who is to be told by a message, and by which rule.
    package func audience(of definition: MessageTypeDefinition, sentAs role: Role, body: JSONObject) -> Audience {
        let index = rules.firstIndex { $0.applies(to: definition.type.code, sentAs: role, body: body) }
        return Audience(
            definition: definition, senderRole: role, version: version,
            agreement: index.map { Audience.Agreement(number: $0 + 1, rule: rules[$0]) })
    }

    /// In which roles somebody can be told by a type at all: by the rules for it, and by the catalogue where a message of
    /// it can be under none of them.
    package func rolesTold(by definition: MessageTypeDefinition) -> Set<Role> {
        let own = rules.filter { $0.code == definition.type.code }
        let isReplaced =
            own.contains(where: \.isUnconditional) && !definition.dutyRoles.contains(.senderOfAnsweredMessage)
        return Set(own.flatMap { $0.mustTell + $0.mayTell } + (isReplaced ? [] : definition.recipientRoles))
    }
}

/// Who must be told by one message, and who may be.
package struct Audience: Equatable, Sendable {
    /// The rule that applies, and its place in the directory.
    package struct Agreement: Equatable, Sendable {
        /// From 1.
        package let number: Int
        package let rule: RoutingRule
    }

    private let code: String
    private let title: String
    private let answersSender: Bool
    private let version: Int64?
    private let defaultDuties: [MessageTypeDefinition.Duty]
    private let defaultRoles: [Role]
    private let senderRole: Role
    /// `nil` where the catalogue's sets are in force.
    package let agreement: Agreement?

    init(
        definition: MessageTypeDefinition, senderRole: Role, version: Int64?, agreement: Agreement?
    ) {
        code = definition.type.code
        title = definition.title.english
        answersSender = definition.dutyRoles.contains(.senderOfAnsweredMessage)
        defaultDuties = definition.duties(ofSenderIn: senderRole)
        defaultRoles = definition.recipientRoles
        self.version = version
        self.senderRole = senderRole
        self.agreement = agreement
    }

    /// Who must be told, but for the sender. Who is answered is told whatever a rule says.
    package var duties: [MessageTypeDefinition.Duty] {
        guard let agreement else { return defaultDuties }
        return (answersSender ? [.senderOfAnsweredMessage] : [])
            + agreement.rule.mustTell.filter { $0 != senderRole }.map { .role($0) }
    }

    /// In which roles somebody may be told, beside who is answered.
    package var roles: [Role] { agreement.map { $0.rule.mustTell + $0.rule.mayTell } ?? defaultRoles }

    /// By what it is so, for people: the rule with its ground and the directory's version, or the catalogue.
    package var ground: String {
        let directory = version.map { "version \($0) of the directory" }
        guard let agreement, let directory else {
            return directory.map { "the catalogue, as \($0) has no rule for it" } ?? "the catalogue"
        }
        return "rule \(agreement.number) of \(directory): \(agreement.rule.ground)"
    }

    /// Why a role is to be told.
    package var groundOfDuty: String { "\(code) (\(title)) is to be told to this role, by \(ground)" }
}

extension Catalogue {
    /// Refuses a message that names too many: whom neither the agreement nor the catalogue lets it tell. The sender's node
    /// judges it, by the directory that it has; a recipient's node may have another version, and does not (`protocol.md`
    /// §15.1).
    ///
    /// Who is answered, and who has to be told of the end or the change of what they were told, may always be.
    ///
    /// - Parameters:
    ///   - answered: the sender of the message that is answered.
    ///   - history: as for ``judge(_:in:_:)``.
    /// - Throws: ``ContentError`` `recipient-not-entitled`, with the ground of the rule.
    package func judgeRecipients(
        of content: SignedContent, by routing: Routing, answering answered: Party?, in history: CaseHistory
    ) throws(ContentError) {
        guard let definition = self[content.type] else { return }
        let audience = routing.audience(of: definition, sentAs: content.sender.role, body: content.body)
        let earlier = caseRules(for: content).flatMap { rule in
            history.parties(toldBy: history.messages.filter { rule.reachesRecipientsOf.contains($0.type.code) })
        }
        for (index, recipient) in content.recipients.enumerated() {
            let party = recipient.party
            guard !audience.roles.contains(party.role), !earlier.contains(where: { $0.oin == party.oin }),
                party.oin != answered?.oin || !definition.dutyRoles.contains(.senderOfAnsweredMessage)
            else { continue }
            let allowed = audience.roles.map(\.rawValue)
            throw ContentError(
                .recipientNotEntitled, at: FieldPath("recipients").element(index).member("role"), allowed: allowed,
                "\(content.type.code) goes to \(allowed.joined(separator: ", ")) only, by \(audience.ground); remove this "
                    + "recipient")
        }
    }
}

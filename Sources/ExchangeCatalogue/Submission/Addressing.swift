package import ExchangeCore

extension Submission {
    /// The parties that a submission is for: those that it names, or those that must be told by the rule that applies to it,
    /// or by its type.
    ///
    /// A role that nobody has, or that several have, is an error and not an omission: somebody who had to be told
    /// would not be.
    /// - Parameters:
    ///   - definition: that of ``type``.
    ///   - sender: never among the result when duty roles are resolved.
    ///   - answered: the sender of the message that this one answers, where there is one.
    ///   - routing: what the partners agreed.
    ///   - organisations: the organisations of the directory that have a role, in a fixed order.
    /// - Throws: ``ContentError`` `recipient-unresolved`.
    package func parties(
        as definition: MessageTypeDefinition, sender: Party, answering answered: Party?,
        by routing: Routing = .ofCatalogue, organisations: (Role) -> [OIN]
    ) throws(ContentError) -> [Party] {
        guard let recipients else {
            let audience = routing.audience(of: definition, sentAs: sender.role, body: body)
            return try dutyParties(audience, sender: sender, answered: answered, organisations)
        }
        var parties: [Party] = []
        for (index, addressee) in recipients.enumerated() {
            switch addressee {
            case .party(let party): parties.append(party)
            case .role(let role):
                parties.append(
                    try Self.party(in: role, at: FieldPath("recipients").element(index), organisations))
            }
        }
        return parties
    }

    private func dutyParties(
        _ audience: Audience, sender: Party, answered: Party?, _ organisations: (Role) -> [OIN]
    ) throws(ContentError) -> [Party] {
        var parties: [Party] = []
        for duty in audience.duties {
            let party: Party
            switch duty {
            case .role(let role): party = try Self.party(in: role, at: FieldPath("recipients"), organisations)
            case .senderOfAnsweredMessage:
                guard let answered else {
                    throw ContentError(
                        .recipientUnresolved, at: FieldPath("inReplyTo"),
                        "name a message that this node holds, or name the recipients")
                }
                party = answered
            }
            // One organisation can have two duties; it is told once, in the first.
            if party.oin != sender.oin, !parties.contains(where: { $0.oin == party.oin }) { parties.append(party) }
        }
        guard !parties.isEmpty else {
            throw ContentError(
                .recipientUnresolved, at: FieldPath("recipients"),
                "name the recipients: \(type.code) has nobody who must be told here, by \(audience.ground)")
        }
        return parties
    }

    private static func party(
        in role: Role, at path: FieldPath, _ organisations: (Role) -> [OIN]
    ) throws(ContentError) -> Party {
        let candidates = organisations(role)
        guard let oin = candidates.first else {
            throw ContentError(
                .recipientUnresolved, at: path,
                "nobody in the directory has the role \(role.rawValue); name the recipients by OIN and role")
        }
        guard candidates.count == 1 else {
            throw ContentError(
                .recipientUnresolved, at: path, allowed: candidates.map(\.text),
                "several organisations have the role \(role.rawValue); name all recipients, this one by OIN and role")
        }
        return Party(oin: oin, role: role)
    }
}

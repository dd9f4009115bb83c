import ExchangeCore

extension Catalogue {
    /// Refuses rules by which somebody would be asked for an answer that they may not send: it would be owed, and late, for ever.
    ///
    /// Whoever signs a directory judges by it. A node that reads one does not: it goes on by a directory that an older program
    /// signed, and derives nothing that such a role owes (``ExpectedAnswer/senders``). An answer that an outcome (L3) gives
    /// is no ground to refuse: who may not send it says by L3 what they did.
    ///
    /// - Parameter path: that of the array of rules.
    /// - Throws: ``ContentError`` `recipient-not-entitled` for the first such role, with its place, rule, type and answer.
    package func demandAnswers(under rules: [RoutingRule], at path: FieldPath) throws(ContentError) {
        for (index, rule) in rules.enumerated() {
            for definition in all where definition.type.code == rule.code {
                for expected in definition.expects {
                    guard let role = role(toldBy: rule, askedFor: expected, by: definition) else { continue }
                    let allowed = senderRoles(of: expected.code).sorted().map(\.rawValue)
                    let (name, place) =
                        rule.mustTell.firstIndex(of: role).map { ("mustTell", $0) }
                        ?? ("mayTell", rule.mayTell.firstIndex(of: role) ?? 0)
                    throw ContentError(
                        .recipientNotEntitled, at: path.element(index).member(name).element(place), allowed: allowed,
                        "rule \(index + 1) tells \(rule.code) to \(role.rawValue), who would owe \(expected.code) and may not "
                            + "send it: that is for \(allowed.joined(separator: ", ")); take \(role.rawValue) out of this rule"
                    )
                }
            }
        }
    }

    /// The first role that a rule tells and that would owe an answer which it may not send.
    private func role(
        toldBy rule: RoutingRule, askedFor expected: ExpectedMessage, by definition: MessageTypeDefinition
    ) -> Role? {
        // An outcome is no answer where none is wanted.
        guard !(expected.isGivenByOutcome && definition.acknowledgement == .outcome) else { return nil }
        let entitled = senderRoles(of: expected.code)
        return (rule.mustTell + rule.mayTell).first { role in
            switch expected.bearer {
            case .eachRecipient: !entitled.contains(role)
            case .role(let bearer): role == bearer && !entitled.contains(role)
            // Whoever sent what is answered, and not who is told.
            case .senderOfAnsweredMessage: false
            }
        }
    }
}

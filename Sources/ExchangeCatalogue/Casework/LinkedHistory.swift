package import ExchangeCore

/// What a node holds of a case, and of other references of the same child, by who says that they are.
///
/// What this organisation says itself, and what the guardian says, who knows the child, is followed in everything. Anybody else
/// who may answer a signal can say that two children are one: such a word may forbid what would else be sent, and permits
/// nothing.
package struct LinkedHistory: Sendable {
    /// Of the case, and of those that this organisation or the guardian says to be one with it.
    package let vouched: CaseHistory
    /// With what stands in those that only others say to be; `nil` where there are none.
    package let claimed: CaseHistory?

    package init(vouched: CaseHistory, claimed: CaseHistory? = nil) {
        self.vouched = vouched
        self.claimed = claimed
    }

    /// All that is held.
    package var whole: CaseHistory { claimed ?? vouched }
}

extension Catalogue {
    /// Judges a message in its case: it has to be allowed by what is vouched for, and by all that is held; but that somebody is
    /// not to be told, no word of others says. Such a word would cost the signal, and that is the worse fault.
    ///
    /// - Parameter history: of the types that ``caseRules(for:)`` look at.
    /// - Throws: ``ContentError`` for the first rule that is broken.
    package func judge(
        _ content: SignedContent, in history: LinkedHistory, _ policy: CasePolicy
    ) throws(ContentError) {
        let rules = caseRules(for: content)
        for rule in rules { try rule.check(content, in: history.vouched, policy) }
        guard let claimed = history.claimed else { return }
        for rule in rules where !rule.keepsFromTelling { try rule.check(content, in: claimed, policy) }
    }
}

extension LinkedHistory {
    /// The alert that the case drafts: a word of others may be the ground for one, and takes none back.
    ///
    /// - Parameters: as of ``CaseHistory/departureDraft(at:by:own:late:)``.
    package func departureDraft(
        at now: Timestamp, by role: Role, own: OIN, late: Set<MessageID> = []
    ) -> DepartureDraft? {
        vouched.departureDraft(at: now, by: role, own: own, late: late)
            ?? claimed?.departureDraft(at: now, by: role, own: own, late: late)
    }

    /// The terms that run: of a name the one that is vouched for.
    package func terms(_ policy: CasePolicy) -> [CaseTerm] {
        let terms = vouched.terms(policy)
        return terms + (claimed?.terms(policy) ?? []).filter { other in !terms.contains { $0.name == other.name } }
    }
}

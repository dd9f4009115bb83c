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

    /// That a child is of age no word of others says, in either: it would keep the guardian from being told, or two rules would
    /// demand and forbid the guardian at once, and nobody could be told.
    package init(vouched: CaseHistory, claimed: CaseHistory? = nil) {
        self.vouched = vouched
        self.claimed = claimed?.judgingMajority(by: vouched)
    }

    /// All that is held.
    package var whole: CaseHistory { claimed ?? vouched }
}

extension Catalogue {
    /// Judges a message in its case: it has to be allowed by what is vouched for, and by all that is held.
    ///
    /// - Parameter history: of the types that ``caseRules(for:)`` look at.
    /// - Throws: ``ContentError`` for the first rule that is broken.
    package func judge(
        _ content: SignedContent, in history: LinkedHistory, _ policy: CasePolicy
    ) throws(ContentError) {
        for extent in [history.vouched, history.claimed].compactMap(\.self) {
            for rule in caseRules(for: content) { try rule.check(content, in: extent, policy) }
        }
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

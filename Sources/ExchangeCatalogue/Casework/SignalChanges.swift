import ExchangeCore

extension CaseRule {
    /// What is wrong must not stay in anybody's file because that one was left out, and nobody learns of a signal by its
    /// correction.
    static let correctionReachesTheSame = CaseRule(
        "correction-reaches-the-same",
        "a change of a signal reaches exactly those who were told of it, by who told them",
        looksAt: ["SIG-01", "SIG-03"] + CaseHistory.looksAtForMajority, reachesRecipientsOf: ["SIG-01"]
    ) { (content, history, policy, rule) throws(ContentError) in
        let original = try rule.changedSignal(of: content, in: history)
        let told = original.recipients.map(\.party).filter { !history.isGuardianOfAdult($0, in: content, policy) }
        let addressed = content.recipients.map(\.party)
        let missing = told.filter { party in !addressed.contains { $0.oin == party.oin } }
        guard missing.isEmpty else {
            throw rule.violation(
                at: FieldPath("recipients"), allowed: told.map(\.oin.text),
                "add \(missing.map { "\($0.oin.text) (\($0.role.rawValue))" }.joined(separator: ", "))")
        }
        if let index = addressed.firstIndex(where: { party in !told.contains { $0.oin == party.oin } }) {
            throw rule.violation(
                at: FieldPath("recipients").element(index).member("oin"), allowed: told.map(\.oin.text),
                "remove this recipient, who was not told; a SIG-01 of its own tells it")
        }
    }

    static let correctionAsPressing = CaseRule(
        "correction-as-pressing", "a change of a signal is as pressing as the signal", looksAt: ["SIG-01", "SIG-03"]
    ) { (content, history, _, rule) throws(ContentError) in
        let original = try rule.changedSignal(of: content, in: history)
        guard content.priority < original.priority else { return }
        let allowed = Priority.allCases.filter { $0 >= original.priority }.map(\.rawValue)
        throw rule.violation(at: FieldPath("priority"), allowed: allowed, "use \(allowed.joined(separator: " or "))")
    }

    private func changedSignal(
        of content: SignedContent, in history: CaseHistory
    ) throws(ContentError) -> SignedContent {
        let own = history.all("SIG-01", "SIG-03").filter { $0.sender.oin == content.sender.oin }
        if let original = own.first(where: { $0.id == content.supersedes }) { return original }
        let ids = own.map(\.id.description)
        throw violation(
            at: FieldPath("supersedes"), allowed: ids,
            ids.isEmpty
                ? "this organisation told no signal in this case: who told it changes it"
                : "name a signal of your own: \(ids.joined(separator: ", "))")
    }
}

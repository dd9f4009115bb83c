import ExchangeCore

extension CaseRule {
    /// A child that is registered as gone while nobody was alerted is searched by nobody.
    static let missingAlertRequired = CaseRule(
        "missing-alert-required",
        "a child is registered as gone only where its departure was alerted and it is searched",
        looksAt: ["DEP-01", "DEP-04"]
    ) { (content, history, _, rule) throws(ContentError) in
        let open = history.open("DEP-01").map(\.id)
        guard content.messageID("departureAlert").map(open.contains) != true else { return }
        throw rule.violation(
            at: FieldPath("body").member("departureAlert"), allowed: open.map(\.description),
            open.isEmpty
                ? "there is no open DEP-01 in this case: have the provider or the guardian send one first"
                : "name the open DEP-01: \(open.map(\.description).joined(separator: ", "))")
    }

    /// Whoever was told to search and not to stop goes on, and takes the next alert less seriously.
    static let foundReachesAllAlerted = CaseRule(
        "found-reaches-all-alerted", "that a child is found reaches all who were alerted, and who alerted",
        looksAt: ["DEP-01", "DEP-04"] + CaseHistory.looksAtForMajority, reachesRecipientsOf: ["DEP-01"]
    ) { (content, history, policy, rule) throws(ContentError) in
        let alerts = history.open("DEP-01")
        let alerted = history.parties(toldBy: alerts).filter { party in
            party.oin != content.sender.oin && !history.isGuardianOfAdult(party, in: content, policy)
        }
        let missing = alerted.filter { party in !content.recipients.contains { $0.party.oin == party.oin } }
        guard !missing.isEmpty else { return }
        throw rule.violation(
            at: FieldPath("recipients"), allowed: alerted.map(\.oin.text),
            "add \(missing.map { "\($0.oin.text) (\($0.role.rawValue))" }.joined(separator: ", "))")
    }
}

extension CaseHistory {
    /// Who sent messages and who was told by them, each organisation once, in the order of the messages.
    func parties(toldBy messages: [SignedContent]) -> [Party] {
        messages.flatMap { [$0.sender] + $0.recipients.map(\.party) }.reduce(into: []) { parties, party in
            if !parties.contains(where: { $0.oin == party.oin }) { parties.append(party) }
        }
    }
}

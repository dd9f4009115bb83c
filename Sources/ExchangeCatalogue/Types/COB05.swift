import ExchangeCore

extension MessageTypeDefinition {
    /// COB-05. What the conference decided. The reception organisation is no member: it is told of placement only.
    static let conferenceDecision = MessageTypeDefinition(
        "COB-05", english: "Case conference decision", dutch: "Besluit casuïstiekoverleg",
        summary: "Tells the members of a case conference what was decided, and why.",
        senders: [.guardian, .provider],
        recipients: [.police, .provider, .immigration, .mentalHealth, .guardian, .reception],
        duties: [
            .role(.police), .role(.provider), .role(.immigration), .role(.mentalHealth), .role(.guardian),
        ], priority: .urgent, handling: .red,
        fields: [
            .required("decision", .code(.conferenceDecision), "What was decided."),
            .required("rationale", .text(byteCountLimit: 4000), "Why."),
            .required("actions", .array(.messageID, count: 0...32), "The COB-06 that follow; may be empty."),
            .required("minutesDigest", .digest, "SHA-256 of the minutes, which stay with the chair."),
        ],
        rules: [
            Rule(
                "reception-is-told-of-placement", "the reception organisation is told of a decision on placement only",
                .check { (content, rule) throws(ContentError) in
                    guard content.text("decision")?.hasPrefix("placement-") != true,
                        let index = content.recipients.firstIndex(where: { $0.party.role == .reception })
                    else { return }
                    throw rule.violation(
                        at: FieldPath("recipients").element(index).member("role"), "remove this recipient")
                }),
            .conferenceIsRed,
        ], confinement: .conference)
}

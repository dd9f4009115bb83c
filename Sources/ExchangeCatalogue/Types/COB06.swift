import ExchangeCore

extension MessageTypeDefinition {
    /// COB-06. One thing that one organisation is to do: what has two owners has none.
    static let conferenceAction = MessageTypeDefinition(
        "COB-06", english: "Case conference action", dutch: "Actie casuïstiekoverleg",
        summary: "Gives one member of a case conference something to do, by a day.",
        senders: [.guardian, .provider], recipients: [.police, .provider, .immigration, .mentalHealth, .guardian],
        duties: [], priority: .urgent, handling: .red,
        fields: [
            .required("owner", .party, "The organisation that does it, in its role."),
            .required("action", .text(byteCountLimit: 2000), "What is to be done."),
            .required("dueDate", .date, "By which day."),
            .required("doneCriterion", .text(byteCountLimit: 1000), "When it counts as done."),
        ],
        rules: [
            Rule(
                "action-goes-to-its-owner", "an action goes to its owner and to nobody else",
                .check { (content, rule) throws(ContentError) in
                    let owner = try Party(content.body["owner"] ?? .null, at: FieldPath("body").member("owner"))
                    guard content.recipients.map(\.party) != [owner] else { return }
                    throw rule.violation(at: FieldPath("recipients"), "name the owner, and one message for each action")
                }),
            .conferenceIsRed,
        ], confinement: .conference)
}

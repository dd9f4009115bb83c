import ExchangeCore

extension MessageTypeDefinition {
    /// DEP-04. The child is found: whoever searched stops at once, all of them.
    static let departureEnd = MessageTypeDefinition(
        "DEP-04", english: "Child found", dutch: "Aangetroffen",
        summary: "Tells all who were alerted that the child is found, or back, or where it is.",
        senders: Role.allCases, recipients: [.police, .guardian, .reception, .immigration, .provider],
        duties: [.role(.police), .role(.guardian), .role(.reception), .role(.immigration), .role(.provider)],
        priority: .stat,
        fields: [
            .required("country", .code(.country), "In which country the child is."),
            .optional("location", .locationCode, "The place by its code, never its address."),
            .optional("placeNote", .text(byteCountLimit: 300), "The kind of place, where it has no code."),
            .required("foundBy", .code(.foundBy), "Who found the child."),
            .required("safe", .boolean, "Whether the child is safe."),
            .required("returnArrangement", .text(byteCountLimit: 1000), "How the child comes back, or why not."),
            .optional("kind", .code(.departureEnd), "Whether the child is found, or back, or where it is known."),
            .optional("at", .timestamp, "When the child was found."),
            .optional("newSignal", .messageID, "The SIG-01 with indicators that were found with it."),
        ],
        rules: [
            Rule("found-is-stat", "that a child is found is sent as stat", .priority(atLeast: .stat, when: nil)),
            Rule(
                "found-says-where", "whoever found the child says where",
                .check { (content, rule) throws(ContentError) in
                    guard content.body["location"] == nil, content.body["placeNote"] == nil else { return }
                    throw rule.violation(
                        at: FieldPath("body").member("location"),
                        "put the code of the place here, or the kind of place in placeNote")
                }),
        ],
        closes: ["DEP-01", "DEP-02", "DEP-03"], caseRules: [.foundReachesAllAlerted])
}

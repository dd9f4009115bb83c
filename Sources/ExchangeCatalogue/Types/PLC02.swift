import ExchangeCore

extension MessageTypeDefinition {
    /// PLC-02. The reception organisation decides, and names the place by its code only.
    static let placementDecision = MessageTypeDefinition(
        "PLC-02", english: "Placement decision", dutch: "Besluit plaatsing",
        summary: "Tells whether, where and when there is a place in protected reception.",
        senders: [.reception], recipients: [.guardian, .provider, .police, .immigration],
        duties: [.role(.guardian), .role(.provider), .role(.police), .role(.immigration)], priority: .asap,
        fields: [
            .required("decision", .code(.placementDecision), "What was decided."),
            .optional("receptionKind", .code(.receptionKind), "The kind of place."),
            .optional("location", .locationCode, "The place by its code, never its address."),
            .optional("startsAt", .timestamp, "From when the place is there, and when the child is expected."),
            .optional("transport", .text(byteCountLimit: 500), "Who brings the child, and how."),
            .optional("reason", .text(byteCountLimit: 2000), "Why there is no place, or not yet."),
            .optional("alternativeLocation", .locationCode, "Another place by its code, never its address."),
            .optional("reviewDate", .date, "When the decision is looked at again."),
        ],
        rules: [
            Rule(
                "accepted-names-location", "an accepted placement names its location",
                .requires(member: "location", when: .member("decision", is: "accepted"))),
            Rule(
                "accepted-names-start", "an accepted placement names its start",
                .requires(member: "startsAt", when: .member("decision", is: "accepted"))),
            Rule(
                "accepted-names-transport", "an accepted placement names the transport",
                .requires(member: "transport", when: .member("decision", is: "accepted"))),
            Rule(
                "rejected-needs-reason", "a rejected placement has a reason",
                .requires(member: "reason", when: .member("decision", is: "rejected"))),
            Rule(
                "waiting-needs-review-date", "a waiting list has a review date",
                .requires(member: "reviewDate", when: .member("decision", is: "waiting-list"))),
        ],
        expects: [
            // A child that does not arrive when it was to may be gone: from then on nothing presses more.
            ExpectedMessage(
                "PLC-03", of: .role(.provider), by: "startsAt", pressing: .stat, isReplaceable: true, drafts: "DEP-01",
                when: .member("decision", is: "accepted"))
        ],
        closes: ["PLC-01", "SIG-04"])
}

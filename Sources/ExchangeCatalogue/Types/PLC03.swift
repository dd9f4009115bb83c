import ExchangeCore

extension MessageTypeDefinition {
    /// PLC-03. The provider says whether the child arrived. Children have vanished while moving between places, so
    /// that an arrival that does not happen is as pressing as a departure. After a transfer (TRF-02) the next place
    /// says it, to who handed over too.
    static let arrivalConfirmation = MessageTypeDefinition(
        "PLC-03", english: "Arrival confirmation", dutch: "Aankomstbevestiging",
        summary: "Tells whether the child arrived at the place.",
        senders: [.provider, .reception, .municipality], recipients: [.reception, .guardian, .provider],
        duties: [.role(.reception), .role(.guardian)],
        priority: .asap,
        fields: [
            .required("arrived", .boolean, "Whether the child arrived."),
            .required("at", .timestamp, "When the child arrived, or was expected."),
            .optional("condition", .text(byteCountLimit: 1000), "How the child was on arrival."),
            .optional("explanation", .text(byteCountLimit: 1000), "What is known of the arrival that did not happen."),
        ],
        rules: [
            Rule(
                "non-arrival-is-stat", "an arrival that did not happen is sent as stat",
                .priority(atLeast: .stat, when: .member("arrived", is: false))),
            Rule(
                "non-arrival-is-explained", "an arrival that did not happen is explained",
                .requires(member: "explanation", when: .member("arrived", is: false))),
        ],
        expects: [
            ExpectedMessage(
                "DEP-01", of: .role(.provider), until: ["DEP-01", "DEP-04"], drafts: "DEP-01",
                when: .member("arrived", is: false))
        ],
        closes: ["PLC-02", "TRF-02"])
}

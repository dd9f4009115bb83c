import ExchangeCore

extension MessageTypeDefinition {
    /// DEP-02. The police answer an alert: whether the child is registered as missing, and how pressing it is.
    static let missingRegistration = MessageTypeDefinition(
        "DEP-02", english: "Police registration of a missing child", dutch: "Registratie vermissing",
        summary: "Tells whether the police registered the child as missing, and what they do.",
        senders: [.police], recipients: [.guardian, .provider, .reception],
        duties: [.senderOfAnsweredMessage, .role(.guardian), .role(.reception)], priority: .asap,
        answersMessage: true,
        fields: [
            .required("registered", .boolean, "Whether the child is registered as missing."),
            .required("urgency", .code(.departureUrgency), "How pressing the police take it to be."),
            .optional(
                "policeReference", .text(byteCountLimit: 64),
                "The police's own reference; it says nothing to anybody else."),
            .required("alertEntered", .boolean, "Whether an alert stands in the Schengen Information System."),
            .optional("alertCategory", .code(.missingAlertCategory), "The category of that alert."),
            .optional("reason", .text(byteCountLimit: 2000), "Why the child is not registered."),
            .optional("officerRole", .text(byteCountLimit: 100), "The role that can be asked; no person's name."),
            .optional("nextContactAt", .timestamp, "When the police are in touch again."),
        ],
        rules: [
            Rule(
                "registered-names-reference", "a registration has the reference of the police",
                .requires(member: "policeReference", when: .member("registered", is: true))),
            Rule(
                "unregistered-needs-reason", "a child that is not registered as missing has a reason for it",
                .requires(member: "reason", when: .member("registered", is: false))),
            Rule(
                "alert-names-category", "an alert that was entered names its category",
                .requires(member: "alertCategory", when: .member("alertEntered", is: true))),
        ],
        expects: [ExpectedMessage("DEP-03", of: .role(.police), within: .hours(7 * 24), by: "nextContactAt")])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// RES-08. Continued residence is applied for, after a permit of the scheme for victims.
    static let continuedResidence = MessageTypeDefinition(
        "RES-08", english: "Continued residence applied for", dutch: "Aanvraag voortgezet verblijf",
        summary: "Tells the guardian that continued residence was applied for, and on which ground.",
        senders: [.lawyer, .immigration], recipients: [.guardian], duties: [.role(.guardian)], priority: .routine,
        fields: [
            .required("date", .date, "On which day."),
            .required("ground", .code(.continuedResidenceGround), "On which ground."),
            .optional("explanation", .text(byteCountLimit: 2000), "More on that."),
        ],
        rules: [
            Rule(
                "other-ground-is-explained", "a ground outside the list is explained",
                .requires(member: "explanation", when: .member("ground", is: "other")))
        ])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// PLC-01. The guardian asks for a place in protected reception, in close consultation with police and
    /// immigration service.
    static let placementRequest = MessageTypeDefinition(
        "PLC-01", english: "Placement request", dutch: "Verzoek plaatsing beschermde opvang",
        summary: "Asks the reception organisation for a place in protected reception.",
        senders: [.guardian], recipients: [.reception, .police, .immigration],
        duties: [.role(.reception), .role(.police), .role(.immigration)], priority: .asap,
        fields: [
            .required("placementGround", .code(.placementGround), "Why protected reception is needed."),
            .required("sex", .code(.sex), "As registered."),
            .required("birthDate", .date, "As far as known; what is not known is set to 01."),
            .required("birthDatePrecision", .code(.datePrecision), "How far the birth date can be relied on."),
            .optional("birthDateSource", .code(.birthDateSource), "What the birth date rests on."),
            .required("nationality", .code(.nationality), "As stated or registered."),
            .required("language", .languageForm, "The language that the child speaks best."),
            .required("riskOfDeparture", .code(.riskLevel), "Risk that the child leaves."),
            .required("riskOfTracing", .code(.riskLevel), "Risk that a trafficker finds the child."),
            .required("medicalOrPregnancyNeeds", .code(.yesNoUnknown), "Whether the place must provide for care."),
            .required("siblingsOrOwnChildAlong", .code(.yesNoUnknown), "Whether other children come along."),
            .optional("needs", .text(byteCountLimit: 2000), "More on care, children who come along and safety."),
            .optional(
                "consultations",
                .array(
                    .object([
                        .required("role", .code(.role), "Who was consulted."),
                        .required("outcome", .code(.consultationOutcome), "What they answered."),
                        .required("at", .timestamp, "When."),
                        .optional("note", .text(byteCountLimit: 500), "On what terms or why not."),
                    ]), count: 1...8), "Who was consulted on the placement."),
            .optional("interimShelter", .text(byteCountLimit: 500), "Where the child sleeps until a place is found."),
        ],
        rules: [
            Rule(
                "care-needs-are-described", "a need for care is described",
                .requires(member: "needs", when: .member("medicalOrPregnancyNeeds", is: "yes"))),
            Rule(
                "children-along-are-described", "children who come along are described",
                .requires(member: "needs", when: .member("siblingsOrOwnChildAlong", is: "yes"))),
        ], expects: [ExpectedMessage("PLC-02", of: .role(.reception), within: .hours(4))])
}

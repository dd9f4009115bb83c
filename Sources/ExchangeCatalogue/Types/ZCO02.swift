import ExchangeCore

extension MessageTypeDefinition {
    /// ZCO-02. Care coordination begins or ends. While it goes on the guardian is told more of a young adult; otherwise
    /// nothing new: whoever tells guardians of children has to know of it, and so police, immigration service and lawyer do.
    static let careCoordination = MessageTypeDefinition(
        "ZCO-02", english: "Care coordination", dutch: "Zorgcoördinatie",
        summary: "Tells that care coordination for a young adult begins or ends.",
        senders: [.guardian], recipients: [.provider, .reception, .municipality, .police, .immigration, .lawyer],
        duties: [
            .role(.provider), .role(.reception), .role(.municipality), .role(.police), .role(.immigration),
            .role(.lawyer),
        ],
        priority: .urgent,
        fields: [
            .required("event", .code(.careCoordinationEvent), "Whether it begins or ends."),
            .required("coordinatorRole", .text(byteCountLimit: 100), "The role that coordinates; no person's name."),
            .required("start", .date, "Its first day."),
            .optional("end", .date, "Its last day, as far as it is known."),
            .required("consent", .boolean, "Whether the young adult consents."),
        ],
        rules: [
            Rule(
                "ended-names-end", "care coordination that ended has a last day",
                .requires(member: "end", when: .member("event", is: "ended"))),
            .endsAfterItStarts(),
        ], closes: ["ZCO-01"])
}

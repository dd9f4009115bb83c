import ExchangeCore

extension MessageTypeDefinition {
    /// DEP-05. The reception organisation registers that a child left for an unknown destination. It never stands for
    /// the alert, and never ends the search.
    static let unknownDestination = MessageTypeDefinition(
        "DEP-05", english: "Left for an unknown destination", dutch: "Registratie met onbekende bestemming (MOB)",
        summary: "Tells that a child whose departure was alerted is registered as gone.",
        senders: [.reception], recipients: [.guardian, .police, .immigration],
        duties: [.role(.guardian), .role(.police), .role(.immigration)], priority: .urgent,
        fields: [
            .required("date", .date, "From which day the child is registered as gone."),
            .required("departureAlert", .messageID, "The DEP-01 of this departure."),
            .required("bedReleased", .boolean, "Whether the child's place is given away; the search goes on."),
            .optional("location", .locationCode, "The place that the child left, by its code."),
        ],
        caseRules: [.missingAlertRequired])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// RES-07. The child chooses a procedure, and may choose otherwise later (letter of 7 December 2015, line 273). Each
    /// message is one event on one track, so that two run side by side.
    static let procedureChoice = MessageTypeDefinition(
        "RES-07", english: "Procedure choice", dutch: "Keuze procedure",
        summary: "Tells the immigration service that the child begins or ends a procedure.",
        senders: [.guardian, .lawyer], recipients: [.immigration], duties: [.role(.immigration)], priority: .urgent,
        fields: [
            .required("track", .code(.procedureTrack), "Which procedure; the other one stays as it is."),
            .required("event", .code(.procedureEvent), "Whether it begins or ends."),
            .required("date", .date, "From which day."),
            .required("childsOwnChoice", .boolean, "Whether the child chose it itself."),
            .required("revisable", .boolean, "Whether the child can still choose otherwise."),
        ])
}

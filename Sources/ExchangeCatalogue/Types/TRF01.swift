import ExchangeCore

extension MessageTypeDefinition {
    /// TRF-01. The child can, or must, go on to another place.
    static let transferProposal = MessageTypeDefinition(
        "TRF-01", english: "Transfer proposal", dutch: "Voorstel doorstroom",
        summary: "Proposes that the child goes on to another place, with what it needs there.",
        senders: [.reception, .guardian], recipients: [.reception, .guardian, .provider],
        duties: [.role(.reception), .role(.guardian), .role(.provider)], priority: .urgent,
        fields: [
            .required("destination", .code(.receptionKind), "The kind of place."),
            .required("supportNeed", .text(byteCountLimit: 2000), "What the child needs there."),
            .required("date", .date, "On which day."),
            .required("safety", .text(byteCountLimit: 2000), "What makes the place and the way safe."),
            .optional("kind", .code(.transferKind), "Why the child goes on."),
            .optional("location", .locationCode, "The place by its code, never its address."),
        ], closes: ["PLN-02"])
}

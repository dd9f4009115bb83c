import ExchangeCore

extension MessageTypeDefinition {
    /// STA-01. The trafficking status is a history of events, each with who decided it: possible is not actual, and a
    /// signal is no determination.
    static let traffickingStatusEvent = MessageTypeDefinition(
        "STA-01", english: "Trafficking status", dutch: "Status slachtofferschap mensenhandel",
        summary: "Tells what was concluded of the trafficking of a child, by whom, since when and why.",
        senders: [.guardian, .police, .immigration, .prosecutor],
        recipients: [.guardian, .police, .immigration, .reception, .provider],
        duties: [.role(.guardian), .role(.police), .role(.immigration), .role(.reception), .role(.provider)],
        priority: .urgent,
        fields: [
            .required("traffickingStatus", .code(.traffickingStatus), "What was concluded."),
            .required(
                "decidingOrganisation", .code(.decisionMakingOrganisation),
                "The kind of organisation that concluded it."),
            .required("since", .date, "From which day it is so."),
            .required("reason", .text(byteCountLimit: 4000), "What the conclusion rests on."),
            .optional("signals", .array(.messageID, count: 1...16), "The signals that it speaks of."),
        ])
}

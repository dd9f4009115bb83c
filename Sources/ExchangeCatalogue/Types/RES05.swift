import ExchangeCore

extension MessageTypeDefinition {
    /// RES-05. Before asylum is refused the immigration service asks of its own accord whether the child is a victim who
    /// reported (letter of 7 December 2015, line 193). The decision waits for the answer.
    static let exOfficioQuery = MessageTypeDefinition(
        "RES-05", english: "Ex-officio test: query", dutch: "Ambtshalve toets: vraag",
        summary: "Asks the police whether a report was made and an investigation opened.",
        senders: [.immigration], recipients: [.police], duties: [.role(.police)], priority: .urgent,
        fields: [
            .required("reason", .code(.exOfficioReason), "Why it is asked."),
            .required("questions", .codes(.exOfficioQuestion, count: 2...2), "What is asked: both, always."),
            .optional(
                "earlierPermitSameFacts", .code(.yesNoUnknown),
                "What the immigration service itself found: such a permit for the same facts before."),
        ], expects: [ExpectedMessage("RES-06", of: .role(.police))])
}

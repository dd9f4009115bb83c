import ExchangeCore

extension MessageTypeDefinition {
    /// RES-06. The answer of the police. Each question has an answer of its own, and not to know is one of them, with
    /// its reason: silence never means no.
    static let exOfficioAnswer = MessageTypeDefinition(
        "RES-06", english: "Ex-officio test: answer", dutch: "Ambtshalve toets: antwoord",
        summary: "Answers the immigration service whether a report was made and an investigation opened.",
        senders: [.police], recipients: [.immigration], duties: [.senderOfAnsweredMessage], priority: .urgent,
        answersMessage: true,
        fields: [
            .required("reportMade", .code(.yesNoUnknown), "Whether a report was made."),
            .required("investigationOpened", .code(.yesNoUnknown), "Whether an investigation was opened."),
            .optional("unknownReason", .text(byteCountLimit: 1000), "Why something is not known."),
            .required("referenceDate", .date, "The day for which the answers hold."),
        ],
        rules: [
            Rule(
                "unknown-report-is-explained", "that a report is not known of has a reason",
                .requires(member: "unknownReason", when: .member("reportMade", is: "unknown"))),
            Rule(
                "unknown-investigation-is-explained", "that an investigation is not known of has a reason",
                .requires(member: "unknownReason", when: .member("investigationOpened", is: "unknown"))),
        ], expects: [ExpectedMessage("RES-04", of: .role(.immigration))], closes: ["RES-05"], confinement: .policeData)
}

import ExchangeCore

extension MessageTypeDefinition {
    /// STO-01. The child told its story, and one organisation keeps it: the others learn that it is there, and nothing
    /// of what it says, so that the child need not tell it again.
    static let statementRegistered = MessageTypeDefinition(
        "STO-01", english: "Statement registered", dutch: "Verhaal vastgelegd",
        summary: "Tells the chain that a statement of the child is there, and who keeps it.",
        senders: [.police, .immigration, .guardian, .provider],
        recipients: [.guardian, .police, .immigration, .provider, .lawyer, .mentalHealth],
        duties: [.role(.guardian), .role(.police), .role(.immigration), .role(.provider)], priority: .routine,
        acknowledgement: .receipt,
        fields: [
            .required("statement", .messageID, "The id that its holder gives to the statement."),
            .required("statementDigest", .digest, "SHA-256 of the statement, by which it is known again."),
            .required("takenAt", .timestamp, "When it was taken."),
            .required("takenBy", .text(byteCountLimit: 100), "The role that took it; no person's name."),
            .required("language", .languageForm, "The language that the child spoke."),
            .required("interpreter", .boolean, "Whether there was an interpreter."),
            .required("form", .code(.statementForm), "How it was recorded."),
            .required("reuseConsent", .code(.reuseConsent), "Whether the child lets others read it."),
            .optional("consentLimits", .text(byteCountLimit: 1000), "Within which limits."),
            .required("topics", .codes(.statementTopic, count: 1...9), "What it speaks of."),
        ],
        rules: [
            Rule(
                "limited-consent-names-limits", "consent within limits names them",
                .requires(member: "consentLimits", when: .member("reuseConsent", is: "limited")))
        ])
}

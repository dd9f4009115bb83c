import ExchangeCore

extension MessageTypeDefinition {
    /// STO-02. Whoever wants to know asks the holder of the statement before the child.
    static let statementRequest = MessageTypeDefinition(
        "STO-02", english: "Statement access request", dutch: "Verzoek inzage verhaal",
        summary: "Asks the holder of a statement to see it; guardian and lawyer are told.",
        senders: [.police, .immigration, .guardian, .provider, .lawyer, .mentalHealth, .prosecutor, .commission],
        recipients: [.police, .immigration, .guardian, .provider, .lawyer],
        duties: [.senderOfAnsweredMessage, .role(.guardian), .role(.lawyer)], priority: .urgent, answersMessage: true,
        fields: [
            .required("statement", .messageID, "The statement, as the STO-01 that is answered names it."),
            .required("purpose", .code(.statementPurpose), "What it is to be used for."),
            .required(
                "questions", .array(.text(byteCountLimit: 500), count: 1...16), "What is to be learnt from it."),
            .optional("neededBy", .date, "By which day."),
        ], expects: [ExpectedMessage("STO-03", of: .senderOfAnsweredMessage)])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// STO-03. The holder grants or refuses; a refusal has its ground, so that it can be argued with.
    static let statementAccess = MessageTypeDefinition(
        "STO-03", english: "Statement access answer", dutch: "Besluit inzage verhaal",
        summary: "Tells who asked for a statement whether, until when and how far it may be seen.",
        senders: [.police, .immigration, .guardian, .provider],
        recipients: [.police, .immigration, .guardian, .provider, .lawyer, .mentalHealth, .prosecutor, .commission],
        duties: [.senderOfAnsweredMessage], priority: .urgent, answersMessage: true,
        fields: [
            .required("statement", .messageID, "The statement, as the request names it."),
            .required("answer", .code(.accessAnswer), "What the holder decided."),
            .optional("ground", .code(.accessGround), "Why not, or not all of it."),
            .optional("explanation", .text(byteCountLimit: 2000), "More on that."),
            .optional("expires", .date, "The last day on which it may be seen."),
            .optional("redactions", .codes(.statementTopic, count: 1...9), "What is left out, by topic."),
        ],
        rules: [
            Rule(
                "refusal-needs-ground", "access that is refused has a ground",
                .requires(member: "ground", when: .member("answer", is: "refused"))),
            Rule(
                "partial-needs-ground", "access to a part has a ground",
                .requires(member: "ground", when: .member("answer", is: "partial"))),
            Rule(
                "partial-names-redactions", "access to a part says what is left out",
                .requires(member: "redactions", when: .member("answer", is: "partial"))),
            Rule(
                "granted-expires", "access ends on a day",
                .requires(member: "expires", when: .member("answer", is: "granted"))),
            Rule(
                "partial-expires", "access to a part ends on a day",
                .requires(member: "expires", when: .member("answer", is: "partial"))),
            Rule(
                "other-ground-is-explained", "a ground outside the list is explained",
                .requires(member: "explanation", when: .member("ground", is: "other"))),
        ], closes: ["STO-02"])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// STO-04. A new talk with the child is announced before it is held: each is one more time that the child has to
    /// tell, and the guardian can object.
    static let interviewIntention = MessageTypeDefinition(
        "STO-04", english: "Interview intended", dutch: "Voornemen gesprek",
        summary: "Tells the guardian, and the holder of a statement, that the child is to be asked again.",
        senders: Role.allCases, recipients: [.guardian, .police, .immigration, .provider],
        duties: [.role(.guardian)], priority: .routine,
        fields: [
            .required("purpose", .code(.statementPurpose), "What the talk is for."),
            .optional("statement", .messageID, "The statement that is there, as its STO-01 names it."),
            .optional("whyNotEnough", .text(byteCountLimit: 2000), "Why that statement does not suffice."),
            .optional("acute", .boolean, "Whether the child would be harmed by waiting."),
            .optional("plannedFor", .date, "The day of the talk."),
            .optional("interpreterLanguage", .languageForm, "The language of the interpreter."),
        ],
        rules: [
            Rule(
                "new-talk-says-why", "whoever knows of a statement says why it does not suffice",
                .check { (content, rule) throws(ContentError) in
                    guard content.body["statement"] != nil, content.body["whyNotEnough"] == nil else { return }
                    throw rule.violation(at: FieldPath("body").member("whyNotEnough"), "add this member")
                })
        ],
        caseRules: [.statementIsNamedFirst, .acuteOrAnsweredFirst])
}

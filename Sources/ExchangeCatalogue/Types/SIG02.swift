import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-02. Who was told answers what was known and what comes next: receipt is not follow-up.
    static let signalResponse = MessageTypeDefinition(
        "SIG-02", english: "Signal response", dutch: "Terugkoppeling signaal",
        summary: "Tells the sender of a signal, and the guardian, what is done with it.",
        senders: [.guardian, .police, .immigration],
        recipients: [.guardian, .police, .immigration, .reception, .provider, .health, .refugeeCouncil],
        duties: [.senderOfAnsweredMessage, .role(.guardian)],
        priority: .urgent, answersMessage: true,
        fields: [
            .required("status", .code(.taskStatus), "How far the answering organisation is."),
            .required("ownerRole", .text(byteCountLimit: 100), "The duty role that owns the signal; no person's name."),
            .required("decision", .code(.signalDecision), "What the signal is to the answering organisation."),
            .required(
                "nextStep", .text(byteCountLimit: 2000), "What happens next, also where that is nothing, and why."),
            .optional(
                "ownIndicators", .indicators(count: 1...32),
                "Indicators that the answering organisation has: screening, never a verdict."),
            .optional("relatedSignals", .array(.messageID, count: 1...16), "Earlier signals on the same child."),
            .optional(
                "relatedCases", .array(.caseReference, count: 1...16),
                "Other references under which the same child is registered: they are linked, and nothing is merged."),
        ],
        rules: [
            Rule(
                "combined-names-signals", "a combined signal names those it was joined with",
                .requires(member: "relatedSignals", when: .member("decision", is: "combined"))),
            Rule(
                "related-cases-are-combined", "other references are named where signals are combined",
                .check { (content, rule) throws(ContentError) in
                    guard content.body["relatedCases"] != nil, content.text("decision") != "combined" else { return }
                    throw rule.violation(
                        at: FieldPath("body").member("decision"), allowed: ["combined"],
                        "use combined, with the status entered-in-error to take a link back, or leave them out")
                }),
            .indicatorStrengths(in: "ownIndicators"),
        ],
        caseRules: [.combinedNamesCase])
}

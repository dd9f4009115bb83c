import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-03. Who told a signal tells the same organisations what has become of it: nobody acts on what is known to be
    /// wrong.
    static let signalChange = MessageTypeDefinition(
        "SIG-03", english: "Signal supplement, correction or withdrawal",
        dutch: "Aanvulling, correctie of intrekking signaal",
        summary: "Tells all who were told of a signal that it is supplemented, corrected or withdrawn.",
        senders: [.guardian, .police, .immigration, .reception, .provider, .health, .refugeeCouncil],
        recipients: [.guardian, .police, .immigration],
        duties: [.role(.guardian), .role(.police), .role(.immigration)], priority: .asap,
        fields: [
            .required("changeKind", .code(.signalChange), "What becomes of the signal that `supersedes` names."),
            .required("reason", .text(byteCountLimit: 4000), "What changes, and why."),
            .optional("traffickingStatus", .code(.traffickingStatus), "What is concluded now."),
            .optional(
                "indicators", .indicators(count: 1...32),
                "The indicators that the conclusion rests on now: screening, never a verdict."),
            .optional("acuteDanger", .boolean, "Whether the child is in acute danger now."),
            .optional("childAboutToLeave", .boolean, "Whether the child is about to leave now."),
        ],
        rules: [
            Rule(
                "change-names-signal", "a change names the signal that it changes",
                .check { (content, rule) throws(ContentError) in
                    guard content.supersedes == nil else { return }
                    throw rule.violation(
                        at: FieldPath("supersedes"), "put the id of your SIG-01, or of your last SIG-03 on it, here")
                }),
            Rule(
                "acute-danger-is-stat", "a signal with acute danger is sent as stat",
                .priority(atLeast: .stat, when: .member("acuteDanger", is: true))),
            Rule(
                "about-to-leave-is-stat", "a signal on a child that is about to leave is sent as stat",
                .priority(atLeast: .stat, when: .member("childAboutToLeave", is: true))),
            .indicatorStrengths(in: "indicators"),
        ],
        caseRules: [.correctionReachesTheSame, .correctionAsPressing])
}

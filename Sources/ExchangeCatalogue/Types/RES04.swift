import ExchangeCore

extension MessageTypeDefinition {
    /// RES-04. The decision on residence under the scheme for victims (B8.3).
    static let residenceDecision = MessageTypeDefinition(
        "RES-04", english: "Residence decision (B8.3)", dutch: "Besluit verblijf B8.3",
        summary: "Tells what was decided on the child's residence as a victim of trafficking.",
        senders: [.immigration], recipients: [.guardian, .lawyer, .reception, .police],
        duties: [.role(.guardian), .role(.lawyer), .role(.reception), .role(.police)], priority: .urgent,
        fields: [
            .required("decision", .code(.permitDecision), "What was decided."),
            .optional("start", .date, "The first day of the permit."),
            .optional("end", .date, "The last day of the permit."),
            .required("sameFacts", .code(.yesNoUnknown), "Whether there was such a permit for the same facts before."),
            .optional("reason", .text(byteCountLimit: 2000), "Why it was refused."),
        ],
        rules: [
            Rule(
                "granted-names-start", "a permit has a first day",
                .requires(member: "start", when: .member("decision", is: "granted"))),
            Rule(
                "granted-names-end", "a permit has a last day",
                .requires(member: "end", when: .member("decision", is: "granted"))),
            .endsAfterItStarts(),
        ], closes: ["RES-01", "RES-06"], caseRules: [.exOfficioAnswerAwaited])
}

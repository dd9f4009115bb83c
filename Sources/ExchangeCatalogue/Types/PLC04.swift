import ExchangeCore

extension MessageTypeDefinition {
    /// PLC-04. The time of rest and preparation, three weeks in principle, in which nobody plans a hearing (letter of
    /// 7 December 2015, line 150).
    static let restPeriod = MessageTypeDefinition(
        "PLC-04", english: "Rest and preparation time", dutch: "Rust- en voorbereidingstijd",
        summary: "Tells from when to when the child has its time of rest and preparation.",
        senders: [.guardian, .provider], recipients: [.immigration, .lawyer, .reception],
        duties: [.role(.immigration), .role(.lawyer), .role(.reception)], priority: .routine,
        fields: [
            .required("start", .date, "The first day."),
            .required("end", .date, "The last day: three weeks after the start, unless it is extended."),
            .optional("extensionReason", .text(byteCountLimit: 2000), "Why three weeks are too short."),
        ],
        rules: [
            .endsAfterItStarts()
        ], caseRules: [.extensionNeedsReason])
}

extension CaseRule {
    /// It looks at nothing before: how long is agreed by the partners, so that the sender judges it by its own version of the
    /// directory.
    static let extensionNeedsReason = CaseRule(
        "extension-needs-reason", "rest and preparation beyond what was agreed, three weeks in principle, has a reason",
        looksAt: []
    ) { (content, _, policy, rule) throws(ContentError) in
        guard let start = content.day("start"), let end = content.day("end"), content.body["extensionReason"] == nil
        else { return }
        let last = start.adding(days: policy.restPeriodDays)
        guard end > last else { return }
        throw rule.violation(at: FieldPath("body").member("extensionReason"), "say why, or end it on \(last)")
    }
}

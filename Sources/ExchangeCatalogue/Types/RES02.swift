import ExchangeCore

extension MessageTypeDefinition {
    /// RES-02. The reflection period: offered or not, and from when to when.
    static let reflectionPeriod = MessageTypeDefinition(
        "RES-02", english: "Reflection period", dutch: "Bedenktijd",
        summary: "Tells the immigration service whether a reflection period was offered, and when it is.",
        senders: [.police], recipients: [.immigration], duties: [.role(.immigration)], priority: .urgent,
        fields: [
            .required("offered", .boolean, "Whether it was offered."),
            .optional("start", .date, "Its first day."),
            .optional("end", .date, "Its last day."),
            .required("lawfulStay", .boolean, "Whether the child's stay is lawful without it."),
            .optional("dublin", .boolean, "Whether another state has to decide on asylum: 30 days then."),
            .optional("reason", .text(byteCountLimit: 2000), "Why it was not offered."),
        ],
        rules: [
            Rule(
                "offered-names-start", "a reflection period that was offered has a start",
                .requires(member: "start", when: .member("offered", is: true))),
            Rule(
                "offered-names-end", "a reflection period that was offered has an end",
                .requires(member: "end", when: .member("offered", is: true))),
            Rule(
                "not-offered-needs-reason", "a reflection period that was not offered has a reason",
                .requires(member: "reason", when: .member("offered", is: false))),
            .endsAfterItStarts(),
            Rule(
                "reflection-has-its-length", "a reflection period is three months at most, of Dublin cases 30 days",
                .check { (content, rule) throws(ContentError) in
                    guard let start = content.day("start"), let end = content.day("end") else { return }
                    let last = content.flag("dublin") == true ? start.adding(days: 30) : start.adding(months: 3)
                    guard end > last else { return }
                    throw rule.violation(at: FieldPath("body").member("end"), "use \(last) or earlier")
                }),
        ])
}

package import ExchangeCore

extension CaseHistory {
    /// The day on which the stay in protected reception began, and the type that says so: the earliest of the day of
    /// arrival, the start of the placement and the start of rest and preparation. Days are those of the node's calendar.
    ///
    /// The letter says three months and not from when (line 151). Which start counts is for the partners to agree; the
    /// earliest is taken because it stops nobody who counts from a later one.
    package var stayBegan: (day: CalendarDate, code: String)? {
        messages.compactMap { message -> (day: CalendarDate, code: String)? in
            let day: CalendarDate? =
                switch message.type.code {
                case "PLC-02" where message.text("decision") == "accepted":
                    message.moment("startsAt").map { calendar.day(at: $0) }
                case "PLC-03" where message.flag("arrived") == true: message.moment("at").map { calendar.day(at: $0) }
                case "PLC-04": message.day("start")
                default: nil
                }
            return day.map { ($0, message.type.code) }
        }.min { $0.day < $1.day }
    }
}

extension CaseRule {
    /// The child is given time before it has to tell its story to whoever decides on its asylum.
    static let firstHearingNotBefore = CaseRule(
        "first-hearing-not-before",
        "the day before which no hearing is comes no sooner than the months of the policy after the stay began, by the "
            + "earliest of arrival (PLC-03), placement (PLC-02) and rest and preparation (PLC-04); which of them counts "
            + "is for the partners to agree",
        looksAt: ["PLC-02", "PLC-03", "PLC-04"]
    ) { (content, history, policy, rule) throws(ContentError) in
        guard let stay = history.stayBegan, let notBefore = content.day("notBefore") else { return }
        let first = stay.day.adding(months: policy.firstHearingMonths)
        guard notBefore < first else { return }
        throw rule.violation(
            at: FieldPath("body").member("notBefore"),
            "use \(first) or later, as the stay began on \(stay.day) (\(stay.code)); a hearing before that day says "
                + "why and who consented")
    }
}

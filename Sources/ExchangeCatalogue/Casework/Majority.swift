package import ExchangeCore

/// Until when a child counts as one, by what is known of its birth.
package enum Majority {
    /// The first day on which the child is certainly of age. What is not known of a birth date is read in favour of a later
    /// one: a child that is taken for an adult loses its guardian, an adult that is taken for a child has one for longer.
    ///
    /// - Parameter precision: a code of ``CodeList/datePrecision``.
    package static func day(bornOn birth: CalendarDate, precision: String, _ policy: CasePolicy) -> CalendarDate {
        let latest: CalendarDate =
            switch precision {
            case "day": birth
            case "month": birth.adding(days: 1 - birth.day).adding(months: 1).adding(days: -1)
            default: CalendarDate(year: birth.year, month: 12, day: 31) ?? birth
            }
        let anniversary = latest.adding(years: policy.majorityYears)
        // Who was born on the 29th of February is certainly of age on the 1st of March.
        return anniversary.day == latest.day ? anniversary : anniversary.adding(days: 1)
    }
}

extension CaseHistory {
    /// The birth date that was stated last.
    package var birth: (date: CalendarDate, precision: String)? {
        majorityMessages.reversed().lazy.compactMap { message in
            guard let date = message.text("birthDate").flatMap({ CalendarDate($0) }),
                let precision = message.text("birthDatePrecision")
            else { return nil }
            return (date, precision)
        }.first
    }

    /// Whether care coordination was begun and not ended (letter of 7 December 2015, line 167).
    package var hasCareCoordination: Bool {
        majorityMessages.last { $0.type.code == "ZCO-02" }?.text("event") == "started"
    }

    /// What says when a child comes of age, and whether its care is coordinated from then on.
    static let looksAtForMajority = ["PLC-01", "ZCO-01", "ZCO-02"]

    /// Whether the guardianship has ended when something is sent, with nothing in its place.
    func hasGuardianshipEnded(at moment: Timestamp, _ policy: CasePolicy) -> Bool {
        guard let birth, !hasCareCoordination else { return false }
        return calendar.day(at: moment) >= Majority.day(bornOn: birth.date, precision: birth.precision, policy)
    }

    /// Whether a rule that demands a recipient does not demand this one: the guardian of somebody who came of age.
    func isGuardianOfAdult(_ party: Party, in content: SignedContent, _ policy: CasePolicy) -> Bool {
        party.role == .guardian && hasGuardianshipEnded(at: content.created, policy)
    }
}

extension CaseRule {
    /// The guardianship ends with the 18th birthday; what is new goes to the guardian no more, unless it coordinates the
    /// young adult's care.
    static let guardianshipEndsWithMajority = CaseRule(
        "guardianship-ends-with-majority",
        "of a young adult the guardian is told nothing new without care coordination",
        looksAt: CaseHistory.looksAtForMajority
    ) { (content, history, policy, rule) throws(ContentError) in
        // Of the notice that asks for it, and of its beginning, the guardian is the sender.
        guard history.hasGuardianshipEnded(at: content.created, policy),
            let index = content.recipients.firstIndex(where: { $0.party.role == .guardian })
        else { return }
        throw rule.violation(
            at: FieldPath("recipients").element(index).member("role"),
            "name the other recipients without the guardian, or have care coordination begun (ZCO-02)")
    }
}

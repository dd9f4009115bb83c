package import ExchangeCore

/// A term of a case. What it means that its day passes depends on its kind: whoever takes all of them for due times is wrong
/// (domain brief 1.6, 4).
package struct CaseTerm: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// From this day on something is allowed, and not before it.
        case notBefore(CalendarDate)
        /// By then somebody owes something.
        case due(Timestamp)
        /// A time that is given, with its first and its last day. It can be extended.
        case length(from: CalendarDate, to: CalendarDate, isExtended: Bool)
        /// When something is expected, by most: nobody owes it.
        case serviceLevel(from: CalendarDate, to: CalendarDate)
    }

    /// Lower case with hyphens; of a due term, what is owed.
    package let name: String
    package let kind: Kind
    /// The code of the type that it is counted from, or owed on.
    package let basis: String
    /// The day on which what is expected was there; `nil` while it is not.
    package let metOn: CalendarDate?

    package init(_ name: String, _ kind: Kind, basis: String, metOn: CalendarDate? = nil) {
        self.name = name
        self.kind = kind
        self.basis = basis
        self.metOn = metOn
    }
}

extension CaseTerm.Kind {
    /// `not-before`, `due`, `length` or `service-level`.
    package var name: String {
        switch self {
        case .notBefore: "not-before"
        case .due: "due"
        case .length: "length"
        case .serviceLevel: "service-level"
        }
    }
}

extension CaseTerm {
    /// Whether its day has passed, at a moment that is on a day of the calendar.
    package func isPassed(at now: Timestamp, on today: CalendarDate) -> Bool {
        switch kind {
        case .notBefore(let day): day <= today
        case .due(let moment): moment <= now
        case .length(_, let last, _): last < today
        case .serviceLevel(_, let last): metOn == nil && last < today
        }
    }

    /// What it means today.
    package func words(at now: Timestamp, on today: CalendarDate) -> String {
        let isPassed = isPassed(at: now, on: today)
        switch kind {
        case .notBefore(let day): return isPassed ? "allowed now, since \(day)" : "not before \(day)"
        case .due(let moment): return isPassed ? "late since \(moment): people are told" : "due at \(moment)"
        case .length(let first, let last, let isExtended):
            let name = isExtended ? ", extended" : ""
            if isPassed { return "over since \(last)\(name): extend it, or it has ended" }
            if today < first { return "from \(first) to \(last)\(name)" }
            let days = today.days(to: last) + 1
            return "from \(first) to \(last)\(name): \(days) \(days == 1 ? "day" : "days") left"
        case .serviceLevel(let first, let last):
            if let metOn { return "was there on \(metOn); expected by \(last)" }
            if isPassed { return "was expected by \(last): shown, and nobody's fault" }
            return today < first ? "expected from \(first) to \(last)" : "expected by \(last)"
        }
    }
}

extension CaseHistory {
    /// The codes of the types from which ``terms(_:)`` are made.
    package static let looksAtForTerms = ["PLC-02", "PLC-03", "PLC-04", "TRF-02", "RES-04", "RES-07"]

    /// The terms that run in this case; those that are due are owed, and not among them.
    package func terms(_ policy: CasePolicy) -> [CaseTerm] {
        [firstHearing(policy), restAndPreparation(policy), clarityOnResidence(policy), stay(policy)].compactMap(\.self)
    }

    private func firstHearing(_ policy: CasePolicy) -> CaseTerm? {
        stayBegan.map { stay in
            CaseTerm("first-hearing", .notBefore(stay.day.adding(months: policy.firstHearingMonths)), basis: stay.code)
        }
    }

    /// As it was told last (PLC-04); where nobody told it, from the arrival.
    private func restAndPreparation(_ policy: CasePolicy) -> CaseTerm? {
        let told = all("PLC-04").last { $0.day("start") != nil && $0.day("end") != nil }
        if let first = told?.day("start"), let last = told?.day("end") {
            let isExtended = last > first.adding(days: policy.restPeriodDays)
            return CaseTerm(
                "rest-and-preparation", .length(from: first, to: last, isExtended: isExtended), basis: "PLC-04")
        }
        return arrivalDay.map { first in
            let last = first.adding(days: policy.restPeriodDays)
            return CaseTerm("rest-and-preparation", .length(from: first, to: last, isExtended: false), basis: "PLC-03")
        }
    }

    /// From the day on which the asylum procedure began, or, where nobody told it, the stay.
    private func clarityOnResidence(_ policy: CasePolicy) -> CaseTerm? {
        let choice = all("RES-07").first { $0.text("track") == "asylum" && $0.text("event") == "started" }
        let began = choice?.day("date").map { (day: $0, code: "RES-07") } ?? stayBegan
        return began.map { began in
            CaseTerm(
                "clarity-on-residence",
                .serviceLevel(from: began.day, to: began.day.adding(months: policy.residenceClarityMonths)),
                basis: began.code, metOn: all("RES-04").first.map { calendar.day(at: $0.created) })
        }
    }

    /// From the arrival until the child arrived elsewhere, after a handover.
    private func stay(_ policy: CasePolicy) -> CaseTerm? {
        arrivalDay.map { first in
            CaseTerm(
                "stay-in-protected-reception",
                .serviceLevel(
                    from: first.adding(months: policy.stayFromMonths), to: first.adding(months: policy.stayToMonths)),
                basis: "PLC-03", metOn: onwardArrivalDay)
        }
    }

    /// The day of the first arrival.
    private var arrivalDay: CalendarDate? {
        all("PLC-03").first { $0.flag("arrived") == true }?.moment("at").map { calendar.day(at: $0) }
    }

    private var onwardArrivalDay: CalendarDate? {
        let onward = all("TRF-02", "PLC-03").drop { $0.type.code != "TRF-02" }
        return onward.first { $0.flag("arrived") == true }?.moment("at").map { calendar.day(at: $0) }
    }
}

package import ExchangeCore

/// Whether a talk with a child may be held that was announced (STO-04): the guardian can object to it in time, by declining the
/// announcement with a reason. Where nobody objects it is allowed.
package enum InterviewStanding: Equatable, Sendable {
    /// The guardian's node does not hold the announcement: its time has not begun.
    case notTold
    case open(until: Timestamp)
    case objected(at: Timestamp)
    /// Nobody objected in time; what comes later is shown, and is none.
    case allowed(since: Timestamp)

    /// - Parameters:
    ///   - toldAt: when the guardian's node held the announcement.
    ///   - declinedAt: when the guardian declined it.
    package init(
        toldAt: Timestamp?, declinedAt: Timestamp?, at now: Timestamp, _ policy: CasePolicy, _ calendar: WorkingCalendar
    ) {
        guard let toldAt else {
            self = .notTold
            return
        }
        let until = calendar.moment(policy.objectionWorkingDays, workingDaysAfter: toldAt)
        if let declinedAt, declinedAt <= until {
            self = .objected(at: declinedAt)
        } else {
            self = until <= now ? .allowed(since: until) : .open(until: until)
        }
    }

    /// `not-told`, `open`, `objected` or `allowed`.
    package var name: String {
        switch self {
        case .notTold: "not-told"
        case .open: "open"
        case .objected: "objected"
        case .allowed: "allowed"
        }
    }

    /// Until when an objection is in time, when there was one, or since when the talk is allowed.
    package var moment: Timestamp? {
        switch self {
        case .notTold: nil
        case .open(let until): until
        case .objected(let at): at
        case .allowed(let since): since
        }
    }
}

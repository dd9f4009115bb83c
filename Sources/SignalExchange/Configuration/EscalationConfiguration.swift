import Configuration
import ExchangeCore

/// The clocks, the calendar and the duty roster as an operator sets them (`docs/obligations.md`).
enum EscalationConfiguration {
    private static var priorities: [(String, WritableKeyPath<EscalationPolicy, EscalationPolicy.Clocks>)] {
        [("stat", \.stat), ("asap", \.asap), ("urgent", \.urgent), ("routine", \.routine)]
    }
    private static var clocks: [(String, WritableKeyPath<EscalationPolicy.Clocks, Term>)] {
        [
            ("Receipt", \.receipt), ("ReceiptAlarm", \.receiptAlarm), ("Ownership", \.ownership),
            ("Deputy", \.deputy), ("Management", \.management),
        ]
    }
    private static let roster: [(String, EscalationStep)] = [
        ("onDuty", .remind), ("deputy", .deputy), ("management", .management), ("dutyOfficer", .dutyOfficer),
    ]

    /// The key under which who is told of a step stands.
    static func rosterKey(of step: EscalationStep) -> String {
        guard let name = roster.first(where: { $0.1 == step })?.0 else {
            preconditionFailure("each step has a key of the roster")
        }
        return "roster.\(name)"
    }

    static let keys: [String] =
        priorities.flatMap { name, _ in (clocks.map(\.0) + ["Outcome"]).map { "clocks.\(name)\($0)" } }
        + ["calendar.opens", "calendar.closes", "calendar.holidays", "calendar.minutesEast", "calendar.summerTime"]
        + roster.map { "roster.\($0.0)" }

    static func read(
        _ reader: ConfigReader, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> EscalationSettings {
        var settings = EscalationSettings()
        for (name, priority) in priorities {
            for (clock, path) in clocks {
                let key = "clocks.\(name)\(clock)"
                guard let text = reader.string(forKey: ConfigKey(key)) else { continue }
                guard let term = Term(text) else { throw invalid(key, Self.termDemand) }
                settings.policy[keyPath: priority][keyPath: path] = term
                settings.ownClocks.insert(name + clock)
            }
            let key = "clocks.\(name)Outcome"
            guard let text = reader.string(forKey: ConfigKey(key)) else { continue }
            let term = Term(text)
            guard term != nil || text == "none" else { throw invalid(key, Self.termDemand + ", or none") }
            settings.policy[keyPath: priority].outcome = term
            settings.ownClocks.insert(name + "Outcome")
        }
        settings.policy.calendar = try calendar(reader, invalid)
        for (name, step) in roster {
            let key = "roster.\(name)"
            guard let text = reader.string(forKey: ConfigKey(key)) else { continue }
            guard !text.isEmpty, text.utf8.count <= ProtocolLimits.detailMaximumBytes / 2, !text.hasControlCharacters
            else {
                throw invalid(key, "must be a duty role and how it is reached, on one line, such as: deputy desk, +31…")
            }
            settings.roster[step] = text
        }
        return settings
    }

    static let termDemand =
        "must be a span such as 30s, 5m or 4h, or a number of working days such as 3wd"

    private static func calendar(
        _ reader: ConfigReader, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> WorkingCalendar {
        var calendar = WorkingCalendar()
        for (name, path) in [("opens", \WorkingCalendar.opensAtMinute), ("closes", \WorkingCalendar.closesAtMinute)] {
            let key = "calendar.\(name)"
            guard let text = reader.string(forKey: ConfigKey(key)) else { continue }
            guard let minute = TimeOfDay.minute(text) else { throw invalid(key, "must be \(TimeOfDay.form)") }
            calendar[keyPath: path] = minute
        }
        if let slip = calendar.slip { throw invalid("calendar.\(slip.member)", slip.demand) }
        if let text = reader.string(forKey: "calendar.holidays") {
            for day in text.split(separator: ",") {
                guard let date = CalendarDate(day.drop { $0 == " " }) else {
                    throw invalid(
                        "calendar.holidays", "must be dates with commas between, such as 2026-12-25, 2026-12-26")
                }
                calendar.holidays.insert(date)
            }
        }
        if let text = reader.string(forKey: "calendar.minutesEast") {
            let range = WorkingCalendar.standardMinutesEastRange
            guard let minutes = Int64(text), range.contains(minutes) else {
                throw invalid(
                    "calendar.minutesEast",
                    "must be the minutes that winter time is ahead of UTC: \(range.lowerBound) to \(range.upperBound)")
            }
            calendar.standardMinutesEast = Int(minutes)
        }
        if let text = reader.string(forKey: "calendar.summerTime") {
            guard text == "true" || text == "false" else {
                throw invalid("calendar.summerTime", "must be true or false")
            }
            calendar.hasSummerTime = text == "true"
        }
        return calendar
    }
}

extension Term {
    /// Longer than any clock of the chain; whoever means more has slipped.
    private static let maximumCount: Int64 = 10_000

    /// Reads `30s`, `5m`, `4h` or `3wd`; `nil` for anything else, and for nothing at all of a unit.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits), (1...Self.maximumCount).contains(count) else { return nil }
        let unit = text.dropFirst(digits.count)
        guard let span = Milliseconds(count, unit: unit) else {
            guard unit == "wd" else { return nil }
            self = .workingDays(Int(count))
            return
        }
        self = .elapsed(span)
    }
}

extension Milliseconds {
    /// So many of `s`, `m` or `h`; `nil` for another unit.
    init?(_ count: Int64, unit: some StringProtocol) {
        switch unit {
        case "s": self = .seconds(count)
        case "m": self = .minutes(count)
        case "h": self = .hours(count)
        default: return nil
        }
    }
}

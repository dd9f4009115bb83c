import ExchangeCore

/// A time of day as people write it, `09:00`, in minutes after midnight.
enum TimeOfDay {
    static let form = "a time of day such as 09:00"

    static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 2, parts[1].utf8.count == 2, let hour = Int(parts[0]),
            let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    static func text(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}

extension WorkingCalendar {
    static let standardMinutesEastRange: ClosedRange<Int64> = -720...840

    /// What is wrong with its hours, by the member to correct and what that one must be.
    var slip: (member: String, demand: String)? {
        if opensAtMinute >= closesAtMinute { return ("closes", "must be after `opens`") }
        // Clocks that go forward or back do so at night: no office is open then.
        return opensAtMinute < 4 * 60 ? ("opens", "must be 04:00 or later") : nil
    }

    /// On one line, for people.
    var summary: String {
        let zone = "\(standardMinutesEast) minutes east of UTC" + (hasSummerTime ? " with summer time" : "")
        let hours = "\(TimeOfDay.text(opensAtMinute)) to \(TimeOfDay.text(closesAtMinute)), \(zone)"
        guard !holidays.isEmpty else { return hours + ", no holidays" }
        return hours + ", but for " + holidays.sorted().map(\.description).joined(separator: ", ")
    }
}

/// A day of the proleptic Gregorian calendar, of the years 0000 to 9999. Its text form is that of RFC 3339, `2009-03-01`.
///
/// It is a day and no moment: where in the world it is, whoever asks says (``moment(minutesEast:)``).
public struct CalendarDate: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let year: Int
    public let month: Int
    public let day: Int

    /// Returns `nil` for a day that the calendar does not have.
    public init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let days = CivilDay.days(year: Int64(year), month: Int64(month), day: Int64(day))
        guard CivilDay.date(daysSince1970: days) == (Int64(year), Int64(month), Int64(day)) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Parses `2009-03-01` and nothing else.
    public init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.allSatisfy(\.isDigit) }) else { return nil }
        let numbers = parts.map { $0.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } }
        self.init(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    /// The day that it is at a moment, where clocks are ahead of Coordinated Universal Time by so many minutes.
    public init(_ moment: Timestamp, minutesEast: Int = 0) {
        self.init(
            daysSince1970: (moment.milliseconds + Int64(minutesEast) * 60_000)
                .flooredQuotient(CivilDay.milliseconds))
    }

    private init(daysSince1970 days: Int64) {
        let (year, month, day) = CivilDay.date(daysSince1970: days)
        (self.year, self.month, self.day) = (Int(year), Int(month), Int(day))
    }

    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Its first moment, where clocks are ahead of Coordinated Universal Time by so many minutes.
    public func moment(minutesEast: Int = 0) -> Timestamp {
        Timestamp(milliseconds: daysSince1970 * CivilDay.milliseconds - Int64(minutesEast) * 60_000)
    }

    /// The day of the same number so many months later; the last of that month where it has no such day, as three months
    /// after the 30th of November are the last of February. The calendar begins and ends as it does: beyond that it is its
    /// first or its last month.
    public func adding(months: Int) -> CalendarDate {
        let count = min(max(year * 12 + month - 1 + months, 0), 9999 * 12 + 11)
        let (year, month) = (count / 12, count % 12 + 1)
        for day in stride(from: self.day, to: 27, by: -1) {
            if let date = CalendarDate(year: year, month: month, day: day) { return date }
        }
        guard let date = CalendarDate(year: year, month: month, day: min(self.day, 28)) else {
            preconditionFailure("each month of the calendar has 28 days")
        }
        return date
    }

    public func adding(years: Int) -> CalendarDate { adding(months: years * 12) }
    public func adding(days: Int) -> CalendarDate { CalendarDate(daysSince1970: daysSince1970 + Int64(days)) }

    /// How many days later another day is; negative where it is earlier.
    public func days(to other: CalendarDate) -> Int { Int(other.daysSince1970 - daysSince1970) }

    /// 1 is Monday and 7 is Sunday (ISO 8601).
    public var weekday: Int {
        // 1 January 1970 was a Thursday.
        let sinceMonday = daysSince1970 + 3
        return Int(sinceMonday - sinceMonday.flooredQuotient(7) * 7) + 1
    }

    private var daysSince1970: Int64 { CivilDay.days(year: Int64(year), month: Int64(month), day: Int64(day)) }
}

/// Days and dates, for moments as well as for days.
enum CivilDay {
    static let milliseconds: Int64 = 86_400_000

    /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that begin in March, so
    /// that the leap day is the last of its year.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooredQuotient(400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(daysSince1970 days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

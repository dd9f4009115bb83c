/// When people of the chain work, for clocks that count working days (domain brief 2.1).
///
/// Local time is the zone's own, without any table of the machine: a clock that rested on one would give another time after
/// an update, and two nodes would not agree.
public struct WorkingCalendar: Hashable, Sendable {
    /// Minutes that local time is ahead of Coordinated Universal Time in winter: 60 in the Netherlands.
    public var standardMinutesEast = 60
    /// Whether clocks go forward by an hour from the last Sunday of March to the last of October, at 01:00 UTC (Directive
    /// 2000/84/EC).
    public var hasSummerTime = true
    /// Minutes after local midnight.
    public var opensAtMinute = 9 * 60
    public var closesAtMinute = 17 * 60
    /// Beside Saturdays and Sundays.
    public var holidays: Set<CalendarDate> = []

    public init() {}

    /// How far local time is ahead at a moment, in minutes.
    public func minutesEast(at moment: Timestamp) -> Int {
        guard hasSummerTime else { return standardMinutesEast }
        let year = CalendarDate(moment).year
        let begins = Self.lastSunday(of: 3, year).moment() + .hours(1)
        let ends = Self.lastSunday(of: 10, year).moment() + .hours(1)
        return begins <= moment && moment < ends ? standardMinutesEast + 60 : standardMinutesEast
    }

    /// The first moment of a day.
    public func start(of day: CalendarDate) -> Timestamp { moment(of: day, minute: 0) }

    /// The day that people write at a moment.
    public func day(at moment: Timestamp) -> CalendarDate {
        CalendarDate(moment, minutesEast: minutesEast(at: moment))
    }

    public func isWorkingDay(_ date: CalendarDate) -> Bool { date.weekday <= 5 && !holidays.contains(date) }

    /// The same time of day so many working days later, within working hours: what comes on a Friday at 15:00 and is due in one
    /// working day is due on Monday at 15:00; what comes on Saturday, or at night, counts from the next opening.
    ///
    /// - Parameter count: 1 or more.
    public func moment(_ count: Int, workingDaysAfter moment: Timestamp) -> Timestamp {
        precondition(count >= 1, "a term of working days has at least one")
        let (date, minute) = localTime(at: moment)
        var (day, due) = (date, minute)
        if !isWorkingDay(day) {
            (day, due) = (next(after: day), opensAtMinute)
        } else if minute >= closesAtMinute {
            (day, due) = (next(after: day), opensAtMinute)
        }
        due = max(due, opensAtMinute)
        for _ in 0..<count { day = next(after: day) }
        return self.moment(of: day, minute: due)
    }

    private func localTime(at moment: Timestamp) -> (CalendarDate, minute: Int) {
        let east = minutesEast(at: moment)
        let date = CalendarDate(moment, minutesEast: east)
        return (date, Int((moment - date.moment(minutesEast: east)).count / 60_000))
    }

    /// A local time that the clocks skip, or show twice, is asked for by nobody: a day begins before them, and opening hours
    /// after three.
    private func moment(of date: CalendarDate, minute: Int) -> Timestamp {
        let standard = date.moment(minutesEast: standardMinutesEast) + .minutes(Int64(minute))
        return date.moment(minutesEast: minutesEast(at: standard)) + .minutes(Int64(minute))
    }

    private func next(after date: CalendarDate) -> CalendarDate {
        var day = date.adding(days: 1)
        // Whoever lists every day of a year as a holiday must not stop a clock for good.
        for _ in 0..<60 where !isWorkingDay(day) { day = day.adding(days: 1) }
        return day
    }

    private static func lastSunday(of month: Int, _ year: Int) -> CalendarDate {
        // A moment may lie beyond the calendar's last year, of which its clocks say what they say of that.
        guard let last = CalendarDate(year: min(max(year, 0), 9999), month: month, day: 31) else {
            preconditionFailure("March and October have 31 days")
        }
        return last.adding(days: -(last.weekday % 7))
    }
}

/// How long something may take: by the clock, or in working days.
public enum Term: Hashable, Sendable {
    case elapsed(Milliseconds)
    case workingDays(Int)
    /// Whichever ends first: a span and working days have no order of their own.
    indirect case sooner(Term, Term)

    public func end(after moment: Timestamp, _ calendar: WorkingCalendar) -> Timestamp {
        switch self {
        case .elapsed(let span): moment + span
        case .workingDays(let count): calendar.moment(count, workingDaysAfter: moment)
        case .sooner(let one, let other): min(one.end(after: moment, calendar), other.end(after: moment, calendar))
        }
    }

    /// It never ends before so long.
    package var shortest: Milliseconds {
        switch self {
        case .elapsed(let span): span
        case .workingDays: .hours(8)
        case .sooner(let one, let other): min(one.shortest, other.shortest)
        }
    }
}

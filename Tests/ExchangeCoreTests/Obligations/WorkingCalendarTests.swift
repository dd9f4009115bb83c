import ExchangeCore
import Testing

struct WorkingCalendarTests {
    private static let netherlands: WorkingCalendar = {
        var calendar = WorkingCalendar()
        calendar.holidays = [date("2026-12-25")]
        return calendar
    }()

    private static func date(_ text: String) -> CalendarDate {
        guard let date = CalendarDate(text) else { preconditionFailure("\(text) is a date") }
        return date
    }

    private static func moment(_ text: String) -> Timestamp {
        guard let moment = Timestamp(text) else { preconditionFailure("\(text) is a moment") }
        return moment
    }

    @Test(arguments: [
        // Thursday 15:00 in winter time: Friday 15:00.
        ("2026-11-26T14:00:00.000Z", 1, "2026-11-27T14:00:00.000Z"),
        // Friday: Monday.
        ("2026-11-27T14:00:00.000Z", 1, "2026-11-30T14:00:00.000Z"),
        // Saturday counts from Monday's opening.
        ("2026-11-28T14:00:00.000Z", 1, "2026-12-01T08:00:00.000Z"),
        // At night it counts from the next opening, before it from this one.
        ("2026-11-26T22:00:00.000Z", 1, "2026-11-30T08:00:00.000Z"),
        ("2026-11-26T03:00:00.000Z", 1, "2026-11-27T08:00:00.000Z"),
        // Christmas, a Friday, is no working day.
        ("2026-12-24T14:00:00.000Z", 1, "2026-12-28T14:00:00.000Z"),
        ("2026-11-26T14:00:00.000Z", 3, "2026-12-01T14:00:00.000Z"),
        // Over the end of summer time, 25 October 2026, the time of day stays and the hour of UTC does not.
        ("2026-10-23T13:00:00.000Z", 1, "2026-10-26T14:00:00.000Z"),
        // Over its beginning, 29 March 2026.
        ("2026-03-27T14:00:00.000Z", 1, "2026-03-30T13:00:00.000Z"),
    ])
    func `a term of working days ends at the same time of day`(from: String, days: Int, due: String) {
        let calendar = Self.netherlands
        #expect(calendar.moment(days, workingDaysAfter: Self.moment(from)).description == due)
    }

    @Test(arguments: [
        ("2026-03-29T00:59:59.999Z", 60), ("2026-03-29T01:00:00.000Z", 120), ("2026-10-25T00:59:59.999Z", 120),
        ("2026-10-25T01:00:00.000Z", 60), ("2027-03-28T01:00:00.000Z", 120),
    ])
    func `clocks go forward and back on the last Sunday at one o'clock UTC`(at: String, minutesEast: Int) {
        #expect(Self.netherlands.minutesEast(at: Self.moment(at)) == minutesEast)
        var without = WorkingCalendar()
        without.hasSummerTime = false
        #expect(without.minutesEast(at: Self.moment(at)) == 60)
    }

    @Test func `a term never ends before it began, whatever the moment`() {
        var generator = TestSeed.random
        for _ in 0..<2000 {
            let from = Timestamp(milliseconds: .random(in: 1_700_000_000_000...2_000_000_000_000, using: &generator))
            let count = Int.random(in: 1...5, using: &generator)
            let due = Self.netherlands.moment(count, workingDaysAfter: from)
            #expect(due > from && due - from < .hours(24 * 14), "\(from)")
            let local = CalendarDate(due, minutesEast: Self.netherlands.minutesEast(at: due))
            #expect(Self.netherlands.isWorkingDay(local), "\(from)")
            #expect(Self.netherlands.moment(count + 1, workingDaysAfter: from) > due)
        }
    }

    @Test(arguments: [
        ("2026-11-30", 3, "2027-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2026-01-31", 1, "2026-02-28"),
    ])
    func `months later is the same day, or the last of a shorter month`(from: String, months: Int, to: String) {
        #expect(Self.date(from).adding(months: months).description == to)
    }

    @Test(arguments: ["2026-02-30", "2026-13-01", "2026-1-01", "26-01-01", "2026-01-01T", "", "2026-00-10"])
    func `what is no day of the calendar is none`(text: String) { #expect(CalendarDate(text) == nil) }

    @Test func `a day is that of local time, in winter and in summer`() throws {
        let calendar = WorkingCalendar()
        for (moment, day) in [
            ("2026-12-04T22:59:59.999Z", "2026-12-04"), ("2026-12-04T23:00:00.000Z", "2026-12-05"),
            ("2026-05-04T21:59:59.999Z", "2026-05-04"), ("2026-05-04T22:00:00.000Z", "2026-05-05"),
        ] {
            #expect(calendar.day(at: try #require(Timestamp(moment))).description == day)
        }
    }

    @Test(arguments: [
        ("2026-12-05", "2026-12-04T23:00:00.000Z"), ("2026-05-05", "2026-05-04T22:00:00.000Z"),
        // The day on which clocks go forward, and the one after it.
        ("2026-03-29", "2026-03-28T23:00:00.000Z"), ("2026-03-30", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25", "2026-10-24T22:00:00.000Z"), ("2026-10-26", "2026-10-25T23:00:00.000Z"),
    ])
    func `a day begins at midnight of local time`(day: String, moment: String) throws {
        #expect(WorkingCalendar().start(of: Self.date(day)).description == moment)
    }

    @Test func `what is counted beyond the calendar ends with it, and stops nobody`() throws {
        let last = try #require(CalendarDate("9999-12-31"))
        #expect(last.adding(months: 3).description == "9999-12-31" && last.adding(years: 9).year == 9999)
        #expect(try #require(CalendarDate("0000-01-31")).adding(months: -2).description == "0000-01-31")
        let moment = try #require(Timestamp("9999-12-31T12:00:00.000Z"))
        #expect(WorkingCalendar().moment(30, workingDaysAfter: moment) > moment)
    }
}

import ExchangeCatalogue
import ExchangeCore

/// The JSON form of a working calendar that was agreed: the member `calendar` of the directory's policy (`protocol.md` §14.1).
///
/// It takes the place of each node's own as a whole. What it leaves out is as in the Netherlands, and not as the node's operator
/// has it: two nodes that count the same working days agree on what is late.
enum CalendarDocument {
    private static let names = ["opens", "closes", "holidays", "minutesEast", "summerTime"]

    /// What differs from the Netherlands without holidays.
    static func value(of calendar: WorkingCalendar) -> JSONValue {
        let usual = WorkingCalendar()
        var object = JSONObject()
        if calendar.opensAtMinute != usual.opensAtMinute {
            object["opens"] = .string(TimeOfDay.text(calendar.opensAtMinute))
        }
        if calendar.closesAtMinute != usual.closesAtMinute {
            object["closes"] = .string(TimeOfDay.text(calendar.closesAtMinute))
        }
        if !calendar.holidays.isEmpty {
            object["holidays"] = .array(calendar.holidays.sorted().map { .string($0.description) })
        }
        if calendar.standardMinutesEast != usual.standardMinutesEast {
            object["minutesEast"] = .integer(Int64(calendar.standardMinutesEast))
        }
        if calendar.hasSummerTime != usual.hasSummerTime { object["summerTime"] = .bool(calendar.hasSummerTime) }
        return .object(object)
    }

    static func calendar(in value: JSONValue, at path: FieldPath) throws(ContentError) -> WorkingCalendar {
        let reader = try ObjectReader(value, at: path, members: names)
        var calendar = WorkingCalendar()
        if let minute = try reader.optionallyParsed("opens", form: TimeOfDay.form, TimeOfDay.minute) {
            calendar.opensAtMinute = minute
        }
        if let minute = try reader.optionallyParsed("closes", form: TimeOfDay.form, TimeOfDay.minute) {
            calendar.closesAtMinute = minute
        }
        if let slip = calendar.slip { throw reader.invalid(slip.member, slip.demand) }
        if reader.optional("holidays") != nil {
            calendar.holidays = try holidays(reader)
        }
        if reader.optional("minutesEast") != nil {
            calendar.standardMinutesEast = Int(
                try reader.integer("minutesEast", in: WorkingCalendar.standardMinutesEastRange))
        }
        switch reader.optional("summerTime") {
        case .bool(let isSet)?: calendar.hasSummerTime = isSet
        case nil: break
        case .some: throw reader.invalid("summerTime", "put true or false here")
        }
        return calendar
    }

    private static func holidays(_ reader: ObjectReader) throws(ContentError) -> Set<CalendarDate> {
        let maximum = ProtocolLimits.directoryMaximumHolidays
        var holidays: Set<CalendarDate> = []
        for (index, element) in try reader.elements("holidays", count: 0...maximum).enumerated() {
            let place = reader.path.member("holidays").element(index)
            guard let date = CalendarDate(try ObjectReader.text(element, at: place)) else {
                throw ContentError(.fieldInvalid, at: place, "put a day such as 2026-12-25 here")
            }
            holidays.insert(date)
        }
        return holidays
    }
}

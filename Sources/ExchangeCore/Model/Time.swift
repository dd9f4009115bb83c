/// A moment in Coordinated Universal Time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Its text form is RFC 3339 with exactly three fractional digits and `Z`, so that one moment has one spelling.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Parses `2026-11-23T17:14:48.123Z` and nothing else: no offset, no leap second, no other precision.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        let template = Array("0000-00-00T00:00:00.000Z".utf8)
        guard characters.count == template.count,
            zip(characters, template).allSatisfy({ $1 == UInt8(ascii: "0") ? $0.isDigit : $0 == $1 })
        else { return nil }
        func number(_ range: Range<Int>) -> Int64 {
            characters[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard hour < 24, minute < 60, second < 60, (1...12).contains(month), day >= 1 else { return nil }
        let days = CivilDay.days(year: year, month: month, day: day)
        guard CivilDay.date(daysSince1970: days) == (year, month, day) else { return nil }
        milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(20..<23)
    }

    public var description: String {
        let days = milliseconds.flooredQuotient(CivilDay.milliseconds)
        let rest = milliseconds - days * CivilDay.milliseconds
        let (year, month, day) = CivilDay.date(daysSince1970: days)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
            + padded(rest / 3_600_000, 2) + ":" + padded(rest / 60_000 % 60, 2) + ":" + padded(rest / 1000 % 60, 2)
            + "." + padded(rest % 1000, 3) + "Z"
    }

    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    public static func + (moment: Self, span: Milliseconds) -> Self {
        Timestamp(milliseconds: moment.milliseconds + span.count)
    }

    public static func - (left: Self, right: Self) -> Milliseconds {
        Milliseconds(left.milliseconds - right.milliseconds)
    }
}

/// A span of time in whole milliseconds.
public struct Milliseconds: Hashable, Sendable, Comparable, AdditiveArithmetic {
    public let count: Int64
    public static let zero = Milliseconds(0)

    public init(_ count: Int64) { self.count = count }
    public static func seconds(_ count: Int64) -> Self { Milliseconds(count * 1000) }
    public static func minutes(_ count: Int64) -> Self { .seconds(count * 60) }
    public static func hours(_ count: Int64) -> Self { .minutes(count * 60) }
    public static func < (left: Self, right: Self) -> Bool { left.count < right.count }
    public static func + (left: Self, right: Self) -> Self { Milliseconds(left.count + right.count) }
    public static func - (left: Self, right: Self) -> Self { Milliseconds(left.count - right.count) }
}

/// A reading of a clock that never jumps, in milliseconds since an arbitrary start. Retry lives on this one.
public struct MonotonicTime: Hashable, Sendable, Comparable {
    public let milliseconds: Int64
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    public static func + (moment: Self, span: Milliseconds) -> Self {
        MonotonicTime(milliseconds: moment.milliseconds + span.count)
    }
}

/// Both clocks at one moment. The core is told the time; it never reads it.
public struct Now: Hashable, Sendable {
    public let monotonic: MonotonicTime
    public let wall: Timestamp

    public init(monotonic: MonotonicTime, wall: Timestamp) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

import ExchangeCore
import Testing

@Suite struct TimestampTests {
    @Test func `a moment survives its text`() {
        var random = TestSeed.random
        for _ in 0..<5_000 {
            let moment = Timestamp(milliseconds: random.within(-62_167_219_200_000...253_402_300_799_999))
            #expect(Timestamp(moment.description) == moment, "\(moment.milliseconds)")
        }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00:00.000Z", 951_825_600_000), ("2026-11-23T17:14:48.123Z", 1_795_454_088_123),
            ("2038-01-19T03:14:08.000Z", 2_147_483_648_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func `known moments have known numbers`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func `leap years follow the Gregorian rule`() {
        for year in ["2024", "2000", "1600", "2400", "1996"] {
            #expect(Timestamp("\(year)-02-29T00:00:00.000Z") != nil, "\(year)")
        }
        for year in ["2023", "1900", "2100", "2200", "2026"] {
            #expect(Timestamp("\(year)-02-29T00:00:00.000Z") == nil, "\(year)")
        }
    }

    @Test func `each month ends on its own last day`() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for (index, length) in lengths.enumerated() {
            let month = index < 9 ? "0\(index + 1)" : "\(index + 1)"
            #expect(Timestamp("2026-\(month)-\(length)T00:00:00.000Z") != nil)
            #expect(Timestamp("2026-\(month)-\(length + 1)T00:00:00.000Z") == nil)
            #expect(Timestamp("2026-\(month)-00T00:00:00.000Z") == nil)
        }
    }

    @Test func `a moment has one spelling`() {
        let wrong = [
            "", "2026-11-23T17:14:48Z", "2026-11-23T17:14:48.12Z", "2026-11-23T17:14:48.1234Z",
            "2026-11-23T17:14:48.123+00:00", "2026-11-23t17:14:48.123z", "2026-11-23 17:14:48.123Z",
            "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00.000Z", "2026-11-23T24:00:00.000Z",
            "2026-11-23T17:60:00.000Z", "2016-12-31T23:59:60.000Z", "+026-11-23T17:14:48.123Z",
        ]
        for text in wrong { #expect(Timestamp(text) == nil, "\(text)") }
    }

    @Test func `spans add up`() {
        #expect(Timestamp(milliseconds: 5) + .minutes(1) == Timestamp(milliseconds: 60_005))
        #expect(Timestamp(milliseconds: 60_005) - Timestamp(milliseconds: 5) == .minutes(1))
        #expect(Milliseconds.hours(1) - .minutes(59) == .seconds(60))
        #expect(Milliseconds.zero < .seconds(1))
    }
}

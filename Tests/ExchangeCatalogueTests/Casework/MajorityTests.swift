import ExchangeCatalogue
import ExchangeCore
import Testing

struct MajorityTests {
    private func file(born: String, _ precision: String) throws -> CaseFile {
        var file = CaseFile()
        try file.hold(
            "PLC-01", 1, from: .guardian, to: [.reception, .police],
            ["birthDate": .string(born), "birthDatePrecision": .string(precision)])
        return file
    }

    private func refusal(_ file: CaseFile, on day: String) throws -> ContentError? {
        try file.refusal(
            "STA-01", from: .police, to: [.immigration, .guardian], at: try #require(Timestamp(day + "T00:00:00.000Z")))
    }

    /// What is not known of a birth date is read in favour of a later one.
    @Test(arguments: [
        ("2008-05-05", "day", "2026-05-05"), ("2008-05-01", "month", "2026-05-31"),
        ("2008-02-01", "month", "2026-03-01"),
        ("2008-05-31", "month", "2026-05-31"), ("2008-01-01", "year", "2026-12-31"),
        ("2008-01-01", "estimated", "2026-12-31"), ("2008-02-29", "day", "2026-03-01"),
        ("2010-02-01", "month", "2028-02-28"),
    ])
    func `the guardian is told until the child is certainly of age`(born: String, precision: String, day: String) throws
    {
        let file = try file(born: born, precision)
        let first = try #require(CalendarDate(day))
        #expect(
            Majority.day(bornOn: try #require(CalendarDate(born)), precision: precision, CasePolicy()) == first)
        #expect(try refusal(file, on: first.adding(days: -1).description) == nil)
        let refusal = try refusal(file, on: day)
        #expect(refusal?.rule == "guardianship-ends-with-majority")
        #expect(refusal?.path.description == "recipients[1].role")
    }

    /// The 5th of May begins in Amsterdam at 22:00 UTC of the day before, the 5th of December at 23:00.
    @Test(arguments: [
        ("2008-05-05", "2026-05-04T21:59:59.999Z", "2026-05-04T22:00:00.000Z"),
        ("2008-12-05", "2026-12-04T22:59:59.999Z", "2026-12-04T23:00:00.000Z"),
        ("2008-12-05", "2026-12-04T22:30:00.000Z", "2026-12-04T23:30:00.000Z"),
    ])
    func `late in the evening of the eve it is the birthday already where the child is`(
        born: String, before: String, after: String
    ) throws {
        let file = try file(born: born, "day")
        func refusal(at moment: String) throws -> ContentError? {
            try file.refusal(
                "STA-01", from: .police, to: [.immigration, .guardian], at: try #require(Timestamp(moment)))
        }
        #expect(try refusal(at: before) == nil)
        #expect(try refusal(at: after)?.rule == "guardianship-ends-with-majority")
    }

    @Test func `the age is the partners' policy`() throws {
        var policy = CasePolicy()
        policy.majorityYears = 21
        let born = try #require(CalendarDate("2008-02-29"))
        #expect(Majority.day(bornOn: born, precision: "day", policy).description == "2029-03-01")
        policy.majorityYears = 20
        #expect(Majority.day(bornOn: born, precision: "day", policy).description == "2028-02-29")
    }

    @Test func `while care is coordinated the guardian is told, and afterwards no more`() throws {
        var file = try file(born: "2008-05-05", "day")
        try file.hold("ZCO-02", 2, from: .guardian, to: [.provider])
        #expect(try refusal(file, on: "2026-08-01") == nil)
        try file.hold("ZCO-02", 3, from: .guardian, to: [.provider], ["event": "ended"])
        #expect(try refusal(file, on: "2026-08-01")?.rule == "guardianship-ends-with-majority")
    }

    @Test func `the birth date that was stated last counts`() throws {
        var file = try file(born: "2008-05-05", "day")
        try file.hold(
            "ZCO-01", 2, from: .guardian, to: [.provider], ["birthDate": "2009-05-05", "birthDatePrecision": "day"])
        #expect(try refusal(file, on: "2027-05-04") == nil)
        #expect(try refusal(file, on: "2027-05-05")?.rule == "guardianship-ends-with-majority")
    }

    @Test func `others are told of a young adult as before, and acknowledgements go to the guardian`() throws {
        let file = try file(born: "2008-05-05", "day")
        let adult = try Timestamp.noon("2026-08-01")
        #expect(try file.refusal("STA-01", from: .police, to: [.immigration, .reception], at: adult) == nil)
        #expect(
            try file.refusal(
                "NOD-02", from: .police, to: [.guardian], answering: 1, at: adult,
                ["messageId": .string(Community.messageID(1).description)]) == nil)
        #expect(try file.refusal("ZCO-02", from: .guardian, to: [.provider], at: adult) == nil)
    }

    @Test func `where no birth date is known the guardian is told`() throws {
        #expect(try refusal(CaseFile(), on: "2040-01-01") == nil)
    }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

/// The four kinds of term (domain brief 1.6, 4), and what each means when its day passes.
struct CaseTermTests {
    private func term(_ name: String, _ file: CaseFile, policy: CasePolicy = CasePolicy()) -> CaseTerm? {
        CaseHistory(file.messages, of: .standard).terms(policy).first { $0.name == name }
    }

    private func words(_ term: CaseTerm?, on day: String) throws -> String? {
        let noon = try Timestamp.noon(day)
        return term?.words(at: noon, on: WorkingCalendar().day(at: noon))
    }

    private func isPassed(_ term: CaseTerm?, on day: String) throws -> Bool? {
        let noon = try Timestamp.noon(day)
        return term?.isPassed(at: noon, on: WorkingCalendar().day(at: noon))
    }

    /// A child that arrived on 23 November 2026, late in the evening of the 22nd by UTC.
    private func arrived() throws -> CaseFile {
        var file = CaseFile()
        try file.hold("PLC-03", 1, from: .provider, to: [.guardian], ["at": "2026-11-22T23:30:00.000Z"])
        return file
    }

    @Test func `a not-before that passes is allowed now`() throws {
        let term = term("first-hearing", try arrived())
        let day = try #require(CalendarDate("2027-02-23"))
        #expect(term?.kind == .notBefore(day) && term?.basis == "PLC-03")
        #expect(try words(term, on: "2027-02-22") == "not before 2027-02-23")
        #expect(try words(term, on: "2027-02-23") == "allowed now, since 2027-02-23")
    }

    @Test func `what is due and passes is late`() throws {
        let term = CaseTerm("SIG-04", .due(try Timestamp.noon("2026-11-24")), basis: "SIG-01")
        #expect(try words(term, on: "2026-11-23") == "due at 2026-11-24T12:00:00.000Z")
        #expect(try words(term, on: "2026-11-24")?.hasPrefix("late since") == true)
    }

    @Test func `rest and preparation has a length, is extended, and asks when it is over`() throws {
        var file = try arrived()
        // Three weeks from the arrival, where nobody tells otherwise.
        #expect(
            try words(term("rest-and-preparation", file), on: "2026-12-01")
                == "from 2026-11-23 to 2026-12-14: 14 days left")
        try file.hold("PLC-04", 2, from: .guardian, to: [.immigration], ["start": "2026-11-23", "end": "2026-12-14"])
        #expect(term("rest-and-preparation", file)?.basis == "PLC-04")
        try file.hold("PLC-04", 3, from: .guardian, to: [.immigration], ["start": "2026-11-23", "end": "2026-12-28"])
        let extended = term("rest-and-preparation", file)
        #expect(try words(extended, on: "2026-11-20") == "from 2026-11-23 to 2026-12-28, extended")
        #expect(try words(extended, on: "2026-12-28")?.hasSuffix("extended: 1 day left") == true)
        #expect(try isPassed(extended, on: "2026-12-28") == false)
        #expect(try words(extended, on: "2026-12-29") == "over since 2026-12-28, extended: extend it, or it has ended")
    }

    @Test func `a service level that passes is shown and is nobody's fault`() throws {
        var file = try arrived()
        let clarity = term("clarity-on-residence", file)
        #expect(clarity?.basis == "PLC-03")
        #expect(try words(clarity, on: "2027-11-23") == "expected by 2027-11-23")
        #expect(try words(clarity, on: "2027-11-24") == "was expected by 2027-11-23: shown, and nobody's fault")
        try file.hold(
            "RES-07", 2, from: .lawyer, to: [.immigration],
            ["track": "asylum", "event": "started", "date": "2026-12-01"])
        #expect(try words(term("clarity-on-residence", file), on: "2027-11-24") == "expected by 2027-12-01")
        try file.hold("RES-04", 3, from: .immigration, to: [.guardian], at: try Timestamp.noon("2027-10-01"))
        #expect(
            try words(term("clarity-on-residence", file), on: "2028-01-01")
                == "was there on 2027-10-01; expected by 2027-12-01")
        #expect(try isPassed(term("clarity-on-residence", file), on: "2028-01-01") == false)
    }

    @Test
    func `a stay in protected reception is expected to last six to nine months, and ends where the child goes on`()
        throws
    {
        var file = try arrived()
        let stay = term("stay-in-protected-reception", file)
        #expect(try words(stay, on: "2027-05-22") == "expected from 2027-05-23 to 2027-08-23")
        #expect(try words(stay, on: "2027-05-23") == "expected by 2027-08-23")
        #expect(try isPassed(stay, on: "2027-08-24") == true)
        try file.hold("TRF-02", 2, from: .provider, to: [.municipality])
        #expect(term("stay-in-protected-reception", file)?.metOn == nil)
        try file.hold(
            "PLC-03", 3, from: .municipality, to: [.guardian], answering: 2, ["at": "2027-07-01T12:00:00.000Z"])
        #expect(term("stay-in-protected-reception", file)?.metOn?.description == "2027-07-01")
    }

    @Test func `how long is the partners' policy, and where nothing began nothing runs`() throws {
        var policy = CasePolicy()
        (policy.residenceClarityMonths, policy.stayFromMonths, policy.stayToMonths) = (6, 1, 2)
        let file = try arrived()
        #expect(
            try words(term("clarity-on-residence", file, policy: policy), on: "2027-05-23") == "expected by 2027-05-23")
        #expect(
            try words(term("stay-in-protected-reception", file, policy: policy), on: "2026-12-01")
                == "expected from 2026-12-23 to 2027-01-23")
        #expect(CaseHistory([], of: .standard).terms(policy) == [])
    }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

struct HearingCaseTests {
    private func refusal(_ file: CaseFile, notBefore: String, policy: CasePolicy = CasePolicy()) throws -> ContentError?
    {
        try file.refusal(
            "PLC-05", from: .immigration, to: [.guardian, .lawyer], policy: policy,
            ["notBefore": .string(notBefore), "plannedFor": .string(notBefore)])
    }

    @Test(arguments: ["PLC-02", "PLC-03", "PLC-04"])
    func `no hearing is before three months after the stay began`(code: String) throws {
        var file = CaseFile()
        switch code {
        case "PLC-02":
            try file.hold(code, 1, from: .reception, to: [.immigration], ["startsAt": "2026-11-30T22:00:00.000Z"])
        case "PLC-03":
            try file.hold(code, 1, from: .provider, to: [.guardian], ["at": "2026-11-30T16:35:00.000Z"])
        default: try file.hold(code, 1, from: .guardian, to: [.immigration], ["start": "2026-11-30"])
        }
        // February has no 30th day.
        let refusal = try refusal(file, notBefore: "2027-02-27")
        #expect(refusal?.rule == "first-hearing-not-before" && refusal?.path.description == "body.notBefore")
        #expect(refusal?.message.contains("use 2027-02-28 or later") == true)
        #expect(refusal?.message.contains("(\(code))") == true)
        #expect(try self.refusal(file, notBefore: "2027-02-28") == nil)
    }

    @Test func `a stay that began late in the evening began on the day that it was there`() throws {
        var file = CaseFile()
        try file.hold("PLC-03", 1, from: .provider, to: [.guardian], ["at": "2026-11-24T23:30:00.000Z"])
        #expect(try refusal(file, notBefore: "2027-02-24")?.message.contains("on 2026-11-25 (PLC-03)") == true)
        #expect(try refusal(file, notBefore: "2027-02-25") == nil)
    }

    @Test func `the earliest start counts, and what never happened does not`() throws {
        var file = CaseFile()
        try file.hold(
            "PLC-02", 1, from: .reception, to: [.immigration],
            ["decision": "waiting-list", "startsAt": "2026-10-01T16:00:00.000Z"])
        try file.hold(
            "PLC-03", 2, from: .provider, to: [.guardian],
            ["arrived": false, "at": "2026-10-02T16:00:00.000Z", "explanation": "The car waited an hour."])
        #expect(try refusal(file, notBefore: "2026-12-01") == nil)
        try file.hold("PLC-04", 3, from: .guardian, to: [.immigration], ["start": "2026-11-25"])
        try file.hold("PLC-03", 4, from: .provider, to: [.guardian], ["at": "2026-11-24T16:00:00.000Z"])
        #expect(try refusal(file, notBefore: "2027-02-23")?.message.contains("2026-11-24 (PLC-03)") == true)
        #expect(try refusal(file, notBefore: "2027-02-24") == nil)
    }

    @Test func `how many months is the partners' policy`() throws {
        var file = CaseFile()
        try file.hold("PLC-04", 1, from: .guardian, to: [.immigration], ["start": "2026-11-23"])
        var policy = CasePolicy()
        policy.firstHearingMonths = 6
        #expect(try refusal(file, notBefore: "2027-05-22", policy: policy)?.rule == "first-hearing-not-before")
        #expect(try refusal(file, notBefore: "2027-05-23", policy: policy) == nil)
    }

    @Test func `where nothing says when the stay began no day is too early`() throws {
        #expect(try refusal(CaseFile(), notBefore: "2026-11-24") == nil)
    }
}

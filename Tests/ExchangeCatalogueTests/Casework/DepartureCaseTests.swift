import ExchangeCatalogue
import ExchangeCore
import Testing

struct DepartureCaseTests {
    private static let alerted: [Role] = [.police, .guardian, .reception, .immigration]
    private static let registrants: [Role] = [.guardian, .police, .immigration]

    private func refusalOfRegistration(_ file: CaseFile, alert: UInt64) throws -> ContentError? {
        try file.refusal(
            "DEP-05", from: .reception, to: Self.registrants,
            ["departureAlert": .string(Community.messageID(alert).description)])
    }

    @Test func `a child is registered as gone only where its departure was alerted`() throws {
        let refusal = try refusalOfRegistration(CaseFile(), alert: 1)
        #expect(refusal?.rule == "missing-alert-required" && refusal?.path.description == "body.departureAlert")
        #expect(refusal?.allowed == [])
        #expect(refusal?.message.contains("have the provider or the guardian send one first") == true)
    }

    @Test func `the alert that is named is an open one of this case`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        #expect(try refusalOfRegistration(file, alert: 1) == nil)
        let refusal = try refusalOfRegistration(file, alert: 2)
        #expect(refusal?.rule == "missing-alert-required")
        #expect(refusal?.allowed == [Community.messageID(1).description])
    }

    @Test func `a child that was found is not registered as gone on the old alert`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        try file.hold("DEP-04", 2, from: .police, to: [.guardian, .reception, .immigration, .provider], answering: 1)
        #expect(try refusalOfRegistration(file, alert: 1)?.rule == "missing-alert-required")
        try file.hold("DEP-01", 3, from: .guardian, to: [.police, .reception, .immigration])
        #expect(try refusalOfRegistration(file, alert: 3) == nil)
    }

    @Test func `neither a bed that is given away nor the registration itself ends an alert`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        let alert = JSONValue.string(Community.messageID(1).description)
        try file.hold(
            "DEP-05", 2, from: .reception, to: Self.registrants, answering: 1,
            ["departureAlert": alert, "bedReleased": true])
        let history = CaseHistory(file.messages, of: .standard)
        #expect(history.open("DEP-01").map(\.id) == [Community.messageID(1)])
        #expect(try refusalOfRegistration(file, alert: 1) == nil)
    }

    // MARK: Found

    @Test func `that a child is found reaches all who were alerted and who alerted`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        let all: [Role] = [.guardian, .reception, .immigration, .provider]
        #expect(try file.refusal("DEP-04", from: .police, to: all, answering: 1) == nil)
        for role in all {
            let refusal = try file.refusal("DEP-04", from: .police, to: all.filter { $0 != role }, answering: 1)
            #expect(refusal?.rule == "found-reaches-all-alerted" && refusal?.path.description == "recipients")
            #expect(refusal?.message.contains("(\(role.rawValue))") == true)
            #expect(refusal?.allowed.count == 4)
        }
    }

    @Test func `every open alert counts, and one that was ended does not`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .guardian, to: [.police, .reception, .immigration, .provider])
        try file.hold("DEP-04", 2, from: .police, to: [.guardian, .reception, .immigration, .provider], answering: 1)
        try file.hold("DEP-01", 3, from: .provider, to: [.police, .guardian])
        #expect(try file.refusal("DEP-04", from: .police, to: [.guardian, .provider], answering: 3) == nil)
        try file.hold("DEP-01", 4, from: .guardian, to: [.police, .immigration])
        let refusal = try file.refusal("DEP-04", from: .police, to: [.guardian, .provider], answering: 3)
        #expect(refusal?.message.contains("(immigration)") == true)
    }

    @Test func `more may be told that a child is found, and where nobody was alerted anybody`() throws {
        var file = CaseFile()
        #expect(try file.refusal("DEP-04", from: .health, to: [.police]) == nil)
        try file.hold("DEP-01", 1, from: .guardian, to: [.police])
        let more: [Role] = [.police, .guardian, .provider, .reception]
        #expect(try file.refusal("DEP-04", from: .health, to: more) == nil)
    }

    @Test func `the guardian of a young adult need not be told, and is not`() throws {
        var file = CaseFile()
        try file.hold(
            "PLC-01", 1, from: .guardian, to: [.reception, .police],
            ["birthDate": "2008-05-05", "birthDatePrecision": "day"])
        try file.hold("DEP-01", 2, from: .provider, to: [.police, .guardian])
        let adult = try Timestamp.noon("2026-05-05")
        #expect(try file.refusal("DEP-04", from: .police, to: [.provider], answering: 2, at: adult) == nil)
        let told = try file.refusal("DEP-04", from: .police, to: [.provider, .guardian], answering: 2, at: adult)
        #expect(told?.rule == "guardianship-ends-with-majority")
        let child = try file.refusal(
            "DEP-04", from: .police, to: [.provider], answering: 2, at: .noon("2026-05-04"))
        #expect(child?.rule == "found-reaches-all-alerted")
    }
}

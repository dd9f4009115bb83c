import ExchangeCatalogue
import ExchangeCore
import Testing

/// Which answers a content asks for, of whom and by when: read before it is sealed.
struct AskedAnswerTests {
    private func asked(
        _ code: String, from sender: Role, to recipients: [Role], at own: Role, answering: Role? = nil,
        _ changes: KeyValuePairs<String, JSONValue?> = [:]
    ) throws -> [AskedAnswer] {
        var file = CaseFile()
        try file.hold(code, 1, from: sender, to: recipients, answering: answering.map { _ in 900 }, changes)
        return Catalogue.standard.asked(
            by: try #require(file.messages.first), at: try Community.party(own).oin,
            answering: try answering.map { try Community.party($0).oin }, WorkingCalendar())
    }

    private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test func `an accepted placement asks the provider for the arrival, due when the child is expected`() throws {
        let startsAt = "2026-11-24T16:00:00.000Z"
        let accepted: KeyValuePairs<String, JSONValue?> = ["decision": "accepted", "startsAt": .string(startsAt)]
        let due = try Self.moment(startsAt)
        let provider = try Community.party(.provider).oin
        for (own, debtor) in [(Role.reception, provider), (.guardian, provider), (.provider, nil)] as [(Role, OIN?)] {
            #expect(
                try asked("PLC-02", from: .reception, to: [.guardian, .provider, .police], at: own, accepted) == [
                    AskedAnswer(code: "PLC-03", debtor: debtor, dueAt: due)
                ])
        }
        #expect(
            try asked(
                "PLC-02", from: .reception, to: [.guardian, .provider], at: .provider,
                ["decision": "rejected", "reason": "No place."]) == [])
        #expect(try asked("PLC-02", from: .reception, to: [.guardian], at: .guardian, accepted) == [])
    }

    @Test func `a handover asks for the arrival when the child is expected, or by its type's clock`() throws {
        #expect(
            try asked(
                "TRF-02", from: .provider, to: [.municipality], at: .municipality,
                ["expectedAt": "2026-11-24T16:00:00.000Z"]) == [
                    AskedAnswer(code: "PLC-03", debtor: nil, dueAt: try Self.moment("2026-11-24T16:00:00.000Z"))
                ])
        #expect(
            try asked("TRF-02", from: .provider, to: [.municipality], at: .municipality, ["expectedAt": nil]) == [])
    }

    @Test func `whoever is told and may not confirm an arrival is not asked for it`() throws {
        let time = "2026-11-24T16:00:00.000Z"
        let due = try Self.moment(time)
        for (own, debtor) in [(Role.municipality, nil), (.guardian, try Community.party(.municipality).oin)]
            as [(Role, OIN?)]
        {
            #expect(
                try asked(
                    "TRF-02", from: .provider, to: [.municipality, .guardian], at: own, ["expectedAt": .string(time)])
                    == [AskedAnswer(code: "PLC-03", debtor: debtor, dueAt: due)])
        }
    }

    /// `Community.created` is 23 November 2026; the end of a day in Amsterdam is 23:00 UTC in winter.
    @Test(arguments: [("2026-11-26", "2026-11-26T23:00:00.000Z"), ("2026-12-24", "2026-11-30T17:14:48.123Z")])
    func `the police tell more by the end of the day that they name, and within seven days`(
        named: String, due: String
    ) throws {
        let answers = try asked(
            "DEP-03", from: .police, to: [.guardian], at: .police,
            ["status": "searching", "sighting": nil, "nextReviewDate": .string(named)])
        #expect(answers.map(\.code) == ["DEP-03"] && answers.map(\.debtor) == [nil])
        #expect(answers.first?.dueAt?.description == due)
    }

    @Test func `whoever tells the police something new names no day, and the type's span counts`() throws {
        #expect(
            try asked(
                "DEP-03", from: .provider, to: [.police], at: .police,
                ["status": "searching", "sighting": nil, "nextReviewDate": nil]) == [])
    }

    @Test func `a notice that a place is needed asks the guardian for the request and reception for the decision`()
        throws
    {
        let asked = try asked(
            "SIG-04", from: .guardian, to: [.reception], at: .reception, ["placementNeeded": "yes"])
        let guardian = try Community.party(.guardian).oin
        #expect(
            asked == [
                AskedAnswer(code: "PLC-01", debtor: guardian, dueAt: nil),
                AskedAnswer(code: "PLC-02", debtor: nil, dueAt: nil),
            ])
        #expect(
            try self.asked("SIG-04", from: .guardian, to: [.reception], at: .reception, ["placementNeeded": "no"]) == []
        )
    }

    @Test func `a report that was made asks for the decision on residence, and one that was not for none`() throws {
        #expect(
            try asked("RES-01", from: .police, to: [.immigration], at: .immigration, ["made": true]).map(\.code) == [
                "RES-04"
            ])
        #expect(
            try asked(
                "RES-01", from: .police, to: [.immigration], at: .immigration,
                ["made": false, "kind": "none"]) == [])
    }

    @Test func `a child that did not arrive asks the provider for the alert`() throws {
        #expect(
            try asked(
                "PLC-03", from: .provider, to: [.reception, .guardian], at: .provider,
                ["arrived": false, "explanation": "The car waited an hour."]) == [
                    AskedAnswer(code: "DEP-01", debtor: nil, dueAt: nil)
                ])
        #expect(try asked("PLC-03", from: .provider, to: [.reception], at: .provider, ["arrived": true]) == [])
    }

    @Test func `a request for a statement asks whoever holds it, and nobody where that is not known`() throws {
        let recipients: [Role] = [.police, .guardian, .lawyer]
        let police = try Community.party(.police).oin
        #expect(
            try asked("STO-02", from: .immigration, to: recipients, at: .immigration, answering: .police) == [
                AskedAnswer(code: "STO-03", debtor: police, dueAt: nil)
            ])
        #expect(
            try asked("STO-02", from: .immigration, to: recipients, at: .police, answering: .police).map(\.debtor) == [
                nil
            ])
        var file = CaseFile()
        try file.hold("STO-02", 1, from: .immigration, to: recipients, answering: 900)
        #expect(
            Catalogue.standard.asked(
                by: try #require(file.messages.first), at: police, answering: nil, WorkingCalendar()) == [])
    }

    @Test func `what every message of a type asks for is its type's, and is not read from a content`() throws {
        #expect(try asked("SIG-01", from: .police, to: [.guardian, .immigration], at: .guardian) == [])
        #expect(try asked("PLC-01", from: .guardian, to: [.reception], at: .reception) == [])
    }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

/// What a word of others that two references are one child may do to a case: forbid, and permit nothing.
struct LinkedHistoryTests {
    private static let alerted: [Role] = [.police, .guardian, .reception, .immigration]

    private func history(of file: CaseFile, andOthers other: CaseFile) -> LinkedHistory {
        LinkedHistory(
            vouched: CaseHistory(file.messages, of: .standard),
            claimed: CaseHistory(file.messages + other.messages, of: .standard))
    }

    private func refusal(
        _ code: String, from sender: Role, to recipients: [Role], superseding: UInt64? = nil, in history: LinkedHistory,
        _ changes: KeyValuePairs<String, JSONValue?> = [:]
    ) throws -> ContentError? {
        var submitted = CaseFile()
        try submitted.hold(code, 900, from: sender, to: recipients, superseding: superseding, changes)
        let content = try #require(submitted.messages.first)
        do throws(ContentError) {
            try Catalogue.standard.judge(content, in: history, CasePolicy())
            return nil
        } catch {
            return error
        }
    }

    @Test func `an alert of a reference that only others link permits no registration as gone`() throws {
        var other = CaseFile()
        try other.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        func refusal(in history: LinkedHistory) throws -> ContentError? {
            try self.refusal(
                "DEP-05", from: .reception, to: [.guardian, .police, .immigration], in: history,
                ["departureAlert": .string(Community.messageID(1).description)])
        }
        #expect(try refusal(in: history(of: CaseFile(), andOthers: other))?.rule == "missing-alert-required")
        #expect(try refusal(in: LinkedHistory(vouched: CaseHistory(other.messages, of: .standard))) == nil)
    }

    @Test func `a child that is found under a reference of others leaves those who were alerted here to be told`()
        throws
    {
        var (file, other) = (CaseFile(), CaseFile())
        try file.hold("DEP-01", 1, from: .provider, to: Self.alerted)
        try other.hold("DEP-04", 2, from: .police, to: [.guardian])
        let refusal = try refusal("DEP-04", from: .police, to: [.guardian], in: history(of: file, andOthers: other))
        #expect(refusal?.rule == "found-reaches-all-alerted")
    }

    @Test func `what forbids is looked for in what others link too`() throws {
        var other = CaseFile()
        try other.hold("RES-05", 1, from: .immigration, to: [.police])
        let refusal = try refusal(
            "RES-04", from: .immigration, to: [.guardian, .police], in: history(of: CaseFile(), andOthers: other),
            ["decision": "refused"])
        #expect(refusal?.rule == "ex-officio-answer-awaited")
    }

    @Test func `an adult whom others link to a child keeps the guardian from nothing`() throws {
        var adult = CaseFile()
        try adult.hold(
            "PLC-01", 1, from: .guardian, to: [.reception], ["birthDate": "1999-03-01", "birthDatePrecision": "day"])
        func refusal(in history: LinkedHistory) throws -> ContentError? {
            try self.refusal("SIG-01", from: .police, to: [.guardian, .immigration], in: history)
        }
        #expect(try refusal(in: history(of: CaseFile(), andOthers: adult)) == nil)
        let vouched = LinkedHistory(vouched: CaseHistory(adult.messages, of: .standard))
        #expect(try refusal(in: vouched)?.rule == "guardianship-ends-with-majority")
    }

    @Test func `what a guardian was told is corrected to it, and it hears that a child is found, whoever others link`()
        throws
    {
        var (adult, signalled, alerted) = (CaseFile(), CaseFile(), CaseFile())
        try adult.hold(
            "PLC-01", 1, from: .guardian, to: [.reception], ["birthDate": "1999-03-01", "birthDatePrecision": "day"])
        try signalled.hold("SIG-01", 2, from: .police, to: [.guardian, .immigration])
        #expect(
            try refusal(
                "SIG-03", from: .police, to: [.immigration, .guardian], superseding: 2,
                in: history(of: signalled, andOthers: adult)) == nil)
        // Where this case says that the child is of age, no word of others that it is not demands the guardian.
        try alerted.hold(
            "PLC-01", 1, from: .guardian, to: [.reception], ["birthDate": "1999-03-01", "birthDatePrecision": "day"])
        try alerted.hold("DEP-01", 3, from: .provider, to: Self.alerted)
        var child = CaseFile()
        try child.hold(
            "PLC-01", 4, from: .guardian, to: [.reception], ["birthDate": "2012-03-01", "birthDatePrecision": "day"])
        let others: [Role] = [.immigration, .reception, .provider]
        #expect(
            try refusal("DEP-04", from: .police, to: others, in: history(of: alerted, andOthers: child)) == nil)
    }

    @Test func `an alert that others link takes no draft back, and an arrival that they link drafts one`() throws {
        var (file, other) = (CaseFile(), CaseFile())
        try file.hold(
            "PLC-02", 1, from: .reception, to: [.guardian, .provider, .police, .immigration],
            ["decision": "accepted", "location": "BO-07", "startsAt": "2026-11-24T16:00:00.000Z"])
        try other.hold("DEP-01", 2, from: .provider, to: Self.alerted)
        let guardian = try Community.party(.guardian)
        func draft(_ history: LinkedHistory) throws -> DepartureDraft? {
            history.departureDraft(
                at: try #require(Timestamp("2026-11-24T17:00:00.000Z")), by: .guardian, own: guardian.oin)
        }
        #expect(try draft(history(of: file, andOthers: other))?.ground == Community.messageID(1))
        #expect(try draft(history(of: CaseFile(), andOthers: file))?.ground == Community.messageID(1))
        #expect(try draft(history(of: CaseFile(), andOthers: other)) == nil)
        // What this organisation or the guardian says to be one child does take it back.
        let vouched = LinkedHistory(vouched: CaseHistory(file.messages + other.messages, of: .standard))
        #expect(try draft(vouched) == nil)
    }

    @Test func `a term that is counted in this case is not moved by what others link`() throws {
        var (file, other) = (CaseFile(), CaseFile())
        try file.hold("PLC-04", 1, from: .guardian, to: [.immigration], ["start": "2026-11-24", "end": "2026-12-14"])
        try other.hold("PLC-04", 2, from: .guardian, to: [.immigration], ["start": "2026-06-01", "end": "2026-06-21"])
        func terms(_ history: LinkedHistory) -> [CaseTerm] {
            history.terms(CasePolicy()).filter { $0.name == "first-hearing" }
        }
        let both = terms(history(of: file, andOthers: other))
        #expect(both == terms(LinkedHistory(vouched: CaseHistory(file.messages, of: .standard))) && both.count == 1)
        #expect(terms(history(of: CaseFile(), andOthers: other)).count == 1, "where there is none here")
    }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

/// Domain brief 2.2, PLC-03: non-arrival at the due time is an automatic draft of DEP-01.
struct DepartureDraftTests {
    private static let startsAt = "2026-11-24T16:00:00.000Z"

    /// A signal, a request and an accepted placement, as the guardian holds them.
    private func placed() throws -> CaseFile {
        var file = CaseFile()
        try file.hold(
            "SIG-01", 1, from: .police, to: [.guardian, .immigration],
            [
                "childPresent": true, "detectedAt": "2026-11-23T10:00:00.000Z", "location": "police-station",
                "locationNote": nil, "traffickingStatus": "PossibleVictimOfTrafficking",
            ])
        try file.hold(
            "PLC-01", 2, from: .guardian, to: [.reception, .police], ["riskOfTracing": "high"])
        try file.hold(
            "PLC-02", 3, from: .reception, to: [.guardian, .provider, .police, .immigration], answering: 2,
            ["decision": "accepted", "location": "BO-07", "startsAt": .string(Self.startsAt), "transport": "By car."])
        return file
    }

    private func draft(
        _ file: CaseFile, at moment: String = DepartureDraftTests.startsAt, by role: Role = .guardian,
        late: Set<MessageID> = []
    ) throws -> DepartureDraft? {
        CaseHistory(file.messages, of: .standard).departureDraft(
            at: try #require(Timestamp(moment)), by: role, own: try Community.party(role).oin, late: late)
    }

    private func body(_ draft: DepartureDraft) throws -> JSONObject {
        guard case .object(let body)? = draft.submission["body"] else {
            throw ContentError(.fieldMissing, at: .document, "")
        }
        return body
    }

    @Test(arguments: [Role.guardian, .provider])
    func `non-arrival at the due time drafts the alert by itself, and not a moment before`(role: Role) throws {
        let file = try placed()
        #expect(try draft(file, at: "2026-11-24T15:59:59.999Z", by: role) == nil)
        let draft = try #require(try draft(file, by: role))
        #expect(draft.groundCode == "PLC-02" && draft.ground == Community.messageID(3))
        #expect(draft.submission["role"] == .string(role.rawValue))
        let body = try body(draft)
        #expect(body["lastSeenAt"] == "2026-11-23T10:00:00.000Z")
        #expect(body["lastSeenPlace"] == "police-station" && body["lastSeenBy"] == "police")
        #expect(body["traffickingStatus"] == "PossibleVictimOfTrafficking")
        #expect(body["knownRisks"] == ["trafficker-contact", "exploitation"])
        #expect(body["description"]?.text?.contains("born 2010-01-01 (precision: year)") == true)
        #expect(body["circumstances"]?.text?.contains("at BO-07 at \(Self.startsAt)") == true)
        #expect(draft.taken.contains { $0.field == "body.knownRisks[1]" && $0.source == Community.messageID(1) })
    }

    @Test(arguments: [Role.guardian, .provider])
    func `what a person must fill in is named, and with it the draft is ready to be sent`(role: Role) throws {
        let draft = try #require(try draft(try placed(), by: role))
        let known = role == .guardian ? [] : ["purpose", "legalBasis"]
        #expect(
            draft.toFill.map(\.field) == known + [
                "body.whereabouts", "body.accompaniedBy", "body.description", "body.contactHandles",
            ])
        // Whoever forgets is stopped.
        let unfilled = #expect(throws: ContentError.self) { try Example.accept(.object(draft.submission)) }
        #expect(unfilled?.code == .fieldMissing)
        var filled = draft.submission
        if role == .provider {
            filled["purpose"] = "https://register.example/processing/missing-children"
            filled["legalBasis"] = ["A6-1-d"]
        }
        var body = try body(draft)
        body["whereabouts"] = "unknown-worrying"
        body["accompaniedBy"] = "unknown"
        filled["body"] = .object(body)
        let content = try Example.accept(.object(filled))
        #expect(content.priority == .stat && content.inReplyTo == Community.messageID(3))
        // Police, reception and immigration, and the other of provider and guardian.
        #expect(Set(content.recipients.map(\.party.role)).count == 4)
        #expect(content.recipients.contains { $0.party.role == (role == .guardian ? .provider : .guardian) })
    }

    @Test func `it is gone when the child arrived, and when the alert is there`() throws {
        var arrived = try placed()
        try arrived.hold("PLC-03", 4, from: .provider, to: [.reception, .guardian], answering: 3)
        #expect(try draft(arrived, at: "2026-12-24T16:00:00.000Z") == nil)
        var alerted = try placed()
        try alerted.hold("DEP-01", 4, from: .provider, to: [.police, .guardian])
        #expect(try draft(alerted) == nil)
        try alerted.hold("DEP-04", 5, from: .police, to: [.guardian, .provider])
        #expect(try draft(alerted) == nil)
        // And back when the child is expected again and does not come.
        try alerted.hold(
            "PLC-02", 6, from: .reception, to: [.guardian, .provider], ["startsAt": "2026-12-24T16:00:00.000Z"])
        #expect(try draft(alerted, at: "2026-12-24T15:00:00.000Z") == nil)
        #expect(try draft(alerted, at: "2026-12-24T16:00:00.000Z")?.ground == Community.messageID(6))
    }

    /// It was made a minute before the child was expected, and came behind it: the obligation is late by then, and stays so.
    @Test func `a refusal that came late takes no draft back of what people were told is late`() throws {
        var file = try placed()
        try file.hold(
            "PLC-02", 4, from: .reception, to: [.guardian, .provider, .police, .immigration], answering: 2,
            at: try #require(Timestamp("2026-11-24T15:59:00.000Z")),
            ["decision": "rejected", "reason": "No place is left."])
        #expect(try draft(file) == nil)
        #expect(try draft(file, late: [Community.messageID(3)])?.ground == Community.messageID(3))
    }

    @Test func `that the child did not arrive drafts the alert at once, with what is known of it`() throws {
        var file = try placed()
        try file.hold(
            "PLC-03", 4, from: .provider, to: [.reception, .guardian], answering: 3,
            ["arrived": false, "at": .string(Self.startsAt), "explanation": "The car waited an hour."])
        let draft = try #require(try draft(file, at: "2026-11-24T12:00:00.000Z"))
        #expect(draft.groundCode == "PLC-03" && draft.words.contains("The car waited an hour."))
        // Wherever it arrives in the end.
        try file.hold("PLC-03", 5, from: .provider, to: [.reception, .guardian], answering: 3)
        #expect(try self.draft(file, at: "2026-11-24T12:00:00.000Z") == nil)
    }

    @Test func `the last decision counts, and one that was taken back expects nobody`() throws {
        var file = try placed()
        try file.hold(
            "PLC-02", 4, from: .reception, to: [.guardian, .provider], ["startsAt": "2026-11-25T16:00:00.000Z"])
        #expect(try draft(file) == nil)
        try file.hold(
            "PLC-02", 5, from: .reception, to: [.guardian, .provider],
            ["decision": "rejected", "reason": "No place.", "startsAt": nil])
        #expect(try draft(file, at: "2026-12-24T16:00:00.000Z") == nil)
    }

    @Test func `a child that was missed is not forgotten by a refusal behind it, or by another's decision`() throws {
        let missed = try #require(Timestamp(Self.startsAt)) + .hours(1)
        let rejected: KeyValuePairs<String, JSONValue?> = [
            "decision": "rejected", "reason": "No place.", "startsAt": nil,
        ]
        var file = try placed()
        try file.hold("PLC-02", 4, from: .reception, to: [.guardian, .provider], at: missed, rejected)
        #expect(try draft(file, at: "2026-11-25T16:00:00.000Z")?.ground == Community.messageID(3))
        // Another time takes its place, and then counts.
        try file.hold(
            "PLC-02", 5, from: .reception, to: [.guardian, .provider], at: missed,
            ["startsAt": "2026-11-26T16:00:00.000Z"])
        #expect(try draft(file, at: "2026-11-25T16:00:00.000Z") == nil)
        #expect(try draft(file, at: "2026-11-26T16:00:00.000Z")?.ground == Community.messageID(5))
        // A handover of the provider says nothing of the place that reception gave.
        var other = try placed()
        try other.hold(
            "TRF-02", 4, from: .provider, to: [.municipality], ["expectedAt": "2026-12-25T16:00:00.000Z"])
        #expect(try draft(other)?.ground == Community.messageID(3))
    }

    @Test func `a child that does not arrive after a handover is alerted like any other`() throws {
        var file = CaseFile()
        try file.hold("PLC-03", 1, from: .provider, to: [.guardian, .reception], ["at": "2026-11-23T16:35:00.000Z"])
        try file.hold(
            "TRF-02", 2, from: .provider, to: [.municipality],
            ["expectedAt": .string(Self.startsAt), "location": "KWE-12"])
        #expect(try draft(file, at: "2026-11-24T15:00:00.000Z", by: .provider) == nil)
        let draft = try #require(try draft(file, by: .provider))
        #expect(draft.groundCode == "TRF-02")
        #expect(try body(draft)["lastSeenAt"] == "2026-11-23T16:35:00.000Z")
        // Where no time is named, by the clock of the answer.
        var timeless = CaseFile()
        try timeless.hold("TRF-02", 2, from: .provider, to: [.municipality], ["expectedAt": nil])
        #expect(try self.draft(timeless, by: .provider) == nil)
        #expect(try self.draft(timeless, by: .provider, late: [Community.messageID(2)]) != nil)
    }

    @Test func `a child that is searched already is not alerted once more`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: [.police, .guardian])
        try file.hold(
            "PLC-02", 2, from: .reception, to: [.guardian, .provider], ["startsAt": .string(Self.startsAt)])
        #expect(try draft(file) == nil)
    }
}

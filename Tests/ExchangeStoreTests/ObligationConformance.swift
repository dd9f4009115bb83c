import ExchangeCore
import ExchangeStore
import Testing

/// What is owed on a message: when it is looked at, what is kept of the steps, and that nothing ends it but its end.
@Suite(.temporaryFolder) struct ObligationConformance {
    /// Of an organisation that owes an answer to what it receives, and to nothing that it sends.
    private static let rules = ObligationRules(
        policy: EscalationPolicy(), ownRoles: [.guardian],
        expected: ["SIG-01": [ExpectedAnswer(code: "SIG-04", of: .eachRecipient, visibleTo: [.reception])]])

    private static func at(_ span: Milliseconds) -> Timestamp { Sample.start + span }

    private static func due(_ ledger: any ExchangeLedger, after span: Milliseconds) async throws -> [MessageID] {
        try await ledger.looksDue(by: at(span), maximumItems: 9)
    }

    /// - Returns: the steps that were taken.
    @discardableResult
    private static func look(
        _ ledger: any ExchangeLedger, after span: Milliseconds
    ) async throws -> [EscalationStep] {
        let ids = try await due(ledger, after: span)
        return try await ledger.look(at: ids, by: rules, now: Sample.now(at(span))).map(\.step.step)
    }

    private static func alarms(_ ledger: any ExchangeLedger) async throws -> [OIN?] {
        try await ledger.alarms(includingCleared: false).map(\.alarm).filter { $0.code == .acknowledgementOverdue }
            .map(\.partner)
    }

    private static func owed(on id: MessageID, _ ledger: any ExchangeLedger) async throws -> [String] {
        let facts = try #require(try await ledger.obligationFacts(of: id, by: rules))
        return Obligations.owed(facts, by: rules).map(\.subject.text)
    }

    private static func receipt(_ ledger: any ExchangeLedger, number: UInt64 = 1) async throws {
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(number), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
    }

    @Test(arguments: StoreForm.all)
    func `a message is looked at a while after it was accepted, and then when its clock says so`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        let id = try Sample.message(1).id
        #expect(try await Self.due(ledger, after: .seconds(59)) == [])
        #expect(try await Self.due(ledger, after: .minutes(1)) == [id])
        #expect(try await Self.look(ledger, after: .minutes(1)) == [])
        #expect(try await Self.due(ledger, after: .minutes(4)) == [])
        #expect(try await Self.look(ledger, after: .minutes(5)) == [.dutyOfficer])
        #expect(try await Self.alarms(ledger) == [Community.avim])
        #expect(try await Self.look(ledger, after: .hours(25)) == [], "each step once")
        #expect(try await ledger.watched(after: nil, maximumItems: 9) == [id], "and it is watched on")
    }

    @Test(arguments: StoreForm.all)
    func `what was escalated is looked at at once when something happens, and its alarm ends`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        #expect(try await Self.look(ledger, after: .minutes(5)) == [.dutyOfficer])
        #expect(try await Self.due(ledger, after: .minutes(6)) == [])
        try await Self.receipt(ledger)
        #expect(try await Self.due(ledger, after: .minutes(6)) == [try Sample.message(1).id])
        #expect(try await Self.look(ledger, after: .minutes(6)) == [])
        #expect(try await Self.alarms(ledger) == [])
        #expect(try await Self.owed(on: try Sample.message(1).id, ledger) == ["ownership", "outcome"])
    }

    @Test(arguments: StoreForm.all)
    func `what came is owed here until it is taken and the answer that it asks for is acknowledged`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let id = try Sample.message(1, from: Community.avim).id
        #expect(try await Self.owed(on: id, ledger) == ["ownership", "outcome", "SIG-04"])
        #expect(try await Self.due(ledger, after: .minutes(1)) == [id])
        // Three days of work, then the deputy after one more, and management.
        #expect(
            try await Self.look(ledger, after: .hours(24 * 20)) == [
                .remind, .remind, .deputy, .deputy, .management, .management,
            ])
        #expect(try await Self.alarms(ledger) == [nil])
        #expect(try await ledger.escalations(of: id).count == 6)
        #expect(try await ledger.escalations(of: id).allSatisfy { $0.debtor == nil })
    }

    @Test(arguments: StoreForm.all)
    func `what happens anywhere in its case has it looked at, and in another case not`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        try await Self.look(ledger, after: .hours(24 * 20))
        #expect(try await Self.due(ledger, after: .hours(24 * 20)) == [])
        try await ledger.accept(7, in: CaseReference(random: Bytes16(high: 7, low: 7)))
        #expect(try await !Self.due(ledger, after: .zero).contains(try Sample.message(1, from: Community.avim).id))
        try await ledger.accept(8)
        #expect(try await Self.due(ledger, after: .zero) == [try Sample.message(1, from: Community.avim).id])
    }

    @Test(arguments: StoreForm.all)
    func `obligations outlive a start, and steps are not taken again`(form: StoreForm) async throws {
        var ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        #expect(try await Self.look(ledger, after: .minutes(5)) == [.dutyOfficer])
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await Self.owed(on: try Sample.message(1).id, ledger) == ["receipt"])
        #expect(try await Self.look(ledger, after: .hours(30)) == [])
        #expect(try await Self.alarms(ledger) == [Community.avim])
    }

    @Test(arguments: StoreForm.all)
    func `what somebody was told by telephone is kept, and ends nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        let id = try Sample.message(1).id
        func told(_ partner: OIN) async throws -> Bool {
            try await ledger.noteTold(
                id, to: partner, role: "duty-officer", told: Self.at(.minutes(7)), by: .node, at: Self.at(.minutes(8)))
        }
        #expect(try await told(Community.avim))
        #expect(try await !told(Community.coa), "nothing was sent to them")
        let entries = try await ledger.escalations(of: id)
        #expect(entries.map(\.kind) == [.toldByTelephone] && entries[0].at == Self.at(.minutes(7)))
        #expect(try await Self.owed(on: id, ledger) == ["receipt"])
        #expect(try await told(Community.avim), "as often as somebody is called")
        #expect(try await ledger.escalations(of: id).count == 2)
    }

    @Test(arguments: StoreForm.all)
    func `what is withdrawn is owed no more, and what comes after all is owed again`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        let (id, key) = (try Sample.message(1).id, DeliveryKey(partner: Community.avim, number: SequenceNumber(1)))
        _ = try await ledger.moveTransport(
            key, .withdrawnByPerson, of: nil, reason: "wrong", by: .node, at: Sample.start)
        #expect(try await Self.look(ledger, after: .minutes(1)) == [])
        #expect(try await ledger.watched(after: nil, maximumItems: 9) == [])
        try await Self.receipt(ledger)
        #expect(try await ledger.watched(after: nil, maximumItems: 9) == [id])
        #expect(try await Self.owed(on: id, ledger) == ["ownership", "outcome"])
    }

    @Test(arguments: StoreForm.all)
    func `the messages of a case are those of it alone, in the order in which they came`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.receive(2, number: 1)
        try await ledger.accept(3, in: CaseReference(random: Bytes16(high: 7, low: 7)))
        let all = try await ledger.messages(in: [Sample.case1], ofTypes: nil, maximumItems: 9)
        #expect(all.map(\.message.id) == [try Sample.message(1).id, try Sample.message(2, from: Community.avim).id])
        #expect(all.map(\.isOutgoing) == [true, false] && all.map(\.inbox?.state) == [nil, .ready])
        #expect(try await ledger.messages(in: [Sample.case1], ofTypes: ["SIG-04"], maximumItems: 9).isEmpty)
        #expect(try await ledger.messages(in: [Sample.case1], ofTypes: ["SIG-01"], maximumItems: 1).count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `what a content asks for is kept with its message, sent or received, and outlives a start`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        let asked = [
            AskedAnswer(code: "PLC-02", debtor: Community.coa, dueAt: nil),
            AskedAnswer(code: "PLC-02", debtor: nil, dueAt: Self.at(.hours(2))),
            AskedAnswer(code: "PLC-01", debtor: nil, dueAt: Self.at(.hours(1))),
        ]
        try await ledger.accept(1, asked: asked)
        try await ledger.receive(2, number: 1, asked: asked)
        try await ledger.accept(3)
        try await ledger.close()
        ledger = try await form.open()
        func kept(_ id: MessageID) async throws -> [AskedAnswer] {
            try #require(try await ledger.obligationFacts(of: id, by: Self.rules)).asked
        }
        for id in [try Sample.message(1).id, try Sample.message(2, from: Community.avim).id] {
            #expect(try await kept(id) == [asked[2], asked[1], asked[0]])
        }
        #expect(try await kept(try Sample.message(3).id) == [])
    }

    @Test(arguments: StoreForm.all)
    func `what came later of the type of a message has its time, its sender and what it asks for itself`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let rules = ObligationRules(
            policy: EscalationPolicy(), ownRoles: [],
            expected: [
                "SIG-01": [ExpectedAnswer(code: "SIG-04", of: .eachRecipient, visibleTo: [], isReplaceable: true)]
            ])
        let asked = [AskedAnswer(code: "SIG-04", debtor: nil, dueAt: Self.at(.hours(9)))]
        try await ledger.receive(1, number: 1, asked: asked)
        try await ledger.accept(7, asked: asked, at: Self.at(.minutes(1)))
        try await ledger.receive(2, number: 2, at: Self.at(.minutes(2)))
        let first = try Sample.message(1, from: Community.avim).id
        let facts = try #require(try await ledger.obligationFacts(of: first, by: rules))
        #expect(
            facts.answers == [
                .init(code: "SIG-01", sender: nil, isAcknowledged: false, keptAt: Self.at(.minutes(1)), asked: asked),
                .init(
                    code: "SIG-01", sender: Community.avim, isAcknowledged: true, keptAt: Self.at(.minutes(2))),
            ])
    }

    @Test(arguments: StoreForm.all)
    func `an organisation is asked once for an answer`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let asked = AskedAnswer(code: "PLC-02", debtor: nil, dueAt: nil)
        await #expect(throws: StoreError.self) { try await ledger.accept(1, asked: [asked, asked]) }
        #expect(try await ledger.message(try Sample.message(1).id) == nil)
    }
}

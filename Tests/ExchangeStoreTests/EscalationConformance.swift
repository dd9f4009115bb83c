import ExchangeCore
import ExchangeStore
import Testing

/// The ladder as a feed: what is told of what, in which order, and that it is told with the step itself.
@Suite(.temporaryFolder) struct EscalationConformance {
    private static let rules = ObligationRules(
        policy: EscalationPolicy(), ownRoles: [], expected: [:], roster: [.dutyOfficer: "duty officer, +31200000003"])
    private static let follower: ConsumerName = {
        guard let name = ConsumerName("duty-desk") else { preconditionFailure("a name of a consumer") }
        return name
    }()

    private static func at(_ span: Milliseconds) -> Timestamp { Sample.start + span }

    private static func look(_ ledger: any ExchangeLedger, after span: Milliseconds) async throws {
        let ids = try await ledger.looksDue(by: at(span), maximumItems: 99)
        _ = try await ledger.look(at: ids, by: rules, now: Sample.now(at(span)))
    }

    private static func receipt(_ ledger: any ExchangeLedger, number: UInt64 = 1) async throws {
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(number), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
    }

    private static func feed(
        _ ledger: any ExchangeLedger, after position: FeedPosition = .start
    ) async throws -> [FeedEntry<NumberedEscalation>] {
        try await ledger.escalationFeed(after: position, maximumItems: 99)
    }

    private static func kinds(_ ledger: any ExchangeLedger) async throws -> [String] {
        try await feed(ledger).map(\.entry.entry.kind).map { "\($0.subject?.text ?? "-") \($0.text)" }
    }

    @Test(arguments: StoreForm.all)
    func `a step is an entry that says of what, by which clock and whom it tells`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        #expect(try await ledger.lastPosition(of: .escalations) == .start)
        try await Self.look(ledger, after: .minutes(5))
        let found = try #require(try await Self.feed(ledger).first?.entry)
        let message = try Sample.message(1, priority: .stat)
        #expect(found.number == 1 && found.message == message)
        #expect(
            found.entry
                == EscalationEntry(
                    message: try Sample.message(1).id, debtor: Community.avim,
                    kind: .step(.dutyOfficer, .acknowledgement(.receipt)), contact: "duty officer, +31200000003",
                    since: Sample.start, dueAt: Self.at(.minutes(5)), at: Self.at(.minutes(5))))
        #expect(try await ledger.escalations(of: try Sample.message(1).id) == [found.entry])
    }

    @Test(arguments: StoreForm.all)
    func `an entry is kept with its step, its alarm and its leaf, or none of them`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        let known = try Sample.message(1).id
        let leaves = try await ledger.verifyAuditChain()
        // Of the second message nothing is here: what the first one's look came to is taken back with it.
        await #expect(throws: StoreError.self) {
            _ = try await ledger.look(
                at: [known, try Sample.message(9).id], by: Self.rules, now: Sample.now(Self.at(.minutes(5))))
        }
        #expect(try await Self.feed(ledger).isEmpty)
        #expect(try await ledger.escalations(of: known).isEmpty)
        #expect(try await ledger.alarms(includingCleared: true).isEmpty)
        #expect(try await ledger.verifyAuditChain() == leaves)
        try await Self.look(ledger, after: .minutes(5))
        #expect(try await Self.feed(ledger).count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `what comes after all ends what was escalated, once, for whoever was told`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        try await Self.look(ledger, after: .minutes(5))
        try await Self.receipt(ledger)
        #expect(try await Self.kinds(ledger) == ["receipt duty-officer"], "with the look, and not before")
        try await Self.look(ledger, after: .minutes(6))
        let end = try #require(try await Self.feed(ledger).last?.entry.entry)
        #expect(end.kind == .ended(.acknowledgement(.receipt)) && end.told == [.dutyOfficer])
        #expect(end.contact == "duty officer, +31200000003" && end.dueAt == Self.at(.minutes(5)))
        try await Self.look(ledger, after: .minutes(30))
        #expect(try await Self.kinds(ledger) == ["receipt duty-officer", "receipt ended"])
    }

    @Test(arguments: StoreForm.all)
    func `the end of one is not the end of what else is late on the message`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        try await Self.receipt(ledger)
        try await Self.look(ledger, after: .hours(9))
        #expect(try await Self.kinds(ledger) == ["ownership duty-officer", "outcome duty-officer"])
        let owned = ReceivedAcknowledgement(
            messageID: try Sample.message(1).id, messageDigest: try Sample.message(1).digest, step: .owned,
            role: "duty-officer")
        try await ledger.receive(8, number: 1, acknowledgement: owned, at: Self.at(.hours(9)))
        try await Self.look(ledger, after: .hours(10))
        #expect(
            try await Self.kinds(ledger) == ["ownership duty-officer", "outcome duty-officer", "ownership ended"])
        let alarms = try await ledger.alarms(includingCleared: false).map(\.alarm.code)
        #expect(alarms == [.acknowledgementOverdue], "the outcome is late still")
    }

    @Test(arguments: StoreForm.all)
    func `a call is an entry that says which steps were taken before it`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        for span in [Milliseconds.minutes(2), .minutes(7)] {
            try await Self.look(ledger, after: span)
            _ = try await ledger.noteTold(
                try Sample.message(1).id, to: Community.avim, role: "duty-officer", told: Self.at(span), by: .user(7),
                at: Self.at(span))
        }
        let calls = try await Self.feed(ledger).map(\.entry.entry).filter { $0.kind == .toldByTelephone }
        #expect(calls.map(\.told) == [[], [.dutyOfficer]])
        #expect(calls.allSatisfy { $0.contact == "duty-officer" && $0.debtor == Community.avim && $0.since == nil })
        #expect(calls.map(\.actor) == ["unix:7", "unix:7"] && calls.last?.at == Self.at(.minutes(7)))
    }

    @Test(arguments: StoreForm.all)
    func `what presses is told first, and what was confirmed is not told again by another opening`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.accept(2, priority: .stat)
        let addition = try await ledger.addConsumer(
            Self.follower, of: .escalations, fromStart: false, key: Bytes16(high: 7, low: 1), by: .user(7),
            now: Sample.start)
        guard case .added(let consumer) = addition else {
            Issue.record("\(addition)")
            return
        }
        try await Self.look(ledger, after: .hours(24 * 9))
        let all = try await Self.feed(ledger, after: consumer.position)
        #expect(all.map(\.entry.message.priority) == [.stat, .routine])
        #expect(Set(all.map(\.entry.number)) == [1, 2])
        let first = FeedCursor(key: consumer.key, position: all[0].position)
        _ = try await ledger.confirm(first, of: Self.follower, by: .user(7), at: Sample.start)
        try await ledger.close()
        ledger = try await form.open()
        let kept = try #require(try await ledger.consumer(Self.follower))
        #expect(try await Self.feed(ledger, after: kept.position).map(\.entry.message.priority) == [.routine])
        var ahead = all[1].position
        ahead[.stat] = 9
        let beyond = FeedCursor(key: consumer.key, position: ahead)
        #expect(
            try await ledger.confirm(beyond, of: Self.follower, by: .user(7), at: Sample.start) == .cursorAhead)
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `a consumer from now on is not told what was told before`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, priority: .stat)
        try await Self.look(ledger, after: .minutes(5))
        let addition = try await ledger.addConsumer(
            Self.follower, of: .escalations, fromStart: false, key: Bytes16(high: 7, low: 1), by: .user(7),
            now: Sample.start)
        guard case .added(let consumer) = addition else {
            Issue.record("\(addition)")
            return
        }
        #expect(try await Self.feed(ledger, after: consumer.position).isEmpty)
        try await Self.receipt(ledger)
        try await Self.look(ledger, after: .minutes(6))
        #expect(try await Self.feed(ledger, after: consumer.position).map(\.entry.entry.kind.text) == ["ended"])
    }

    @Test(arguments: StoreForm.all)
    func `the list is in the order of the numbers, its end or what is behind one`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.accept(ordinal, priority: ordinal == 3 ? .stat : .routine) }
        try await Self.look(ledger, after: .hours(24 * 9))
        func numbers(after number: Int64?, _ maximumItems: Int) async throws -> [Int64] {
            try await ledger.escalations(after: number, maximumItems: maximumItems).map(\.number)
        }
        #expect(try await numbers(after: nil, 2) == [2, 3])
        #expect(try await numbers(after: nil, 9) == [1, 2, 3])
        #expect(try await numbers(after: 1, 1) == [2])
        #expect(try await numbers(after: 3, 9) == [])
    }
}

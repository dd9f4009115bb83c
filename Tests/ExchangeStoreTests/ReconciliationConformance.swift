import ExchangeCore
import ExchangeStore
import Testing

/// The books of a pair, as a report of it reads them.
@Suite(.temporaryFolder) struct ReconciliationConformance {
    private func books(
        _ ledger: any ExchangeLedger, against tally: Tally? = nil, maximumItems: Int = 9
    ) async throws -> PairBooks {
        try await ledger.books(with: Community.avim, against: tally, maximumItems: maximumItems)
    }

    private func numbers(_ excerpt: Excerpt<DeliveryEntry>) -> [UInt64] { excerpt.entries.map(\.key.number.value) }
    private func numbers(_ excerpt: Excerpt<UnreceiptedNumber>) -> [UInt64] { excerpt.entries.map(\.item.number.value) }

    @Test(arguments: StoreForm.all)
    func `each number to a partner stands under its state, the most pressing of the open ones first`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        for (ordinal, priority) in [Priority.routine, .routine, .routine, .routine, .stat, .routine].enumerated() {
            try await ledger.accept(ordinal + 1, priority: priority)
        }
        try await ledger.accept(7, to: [Community.coa])
        func move(_ number: UInt64, _ event: TransportEvent) async throws {
            #expect(
                try await ledger.moveTransport(
                    DeliveryKey(partner: Community.avim, number: SequenceNumber(number)), event, of: nil,
                    reason: "reason",
                    by: .user(1), at: Sample.start))
        }
        try await move(1, .heldByOperator)
        try await move(2, .withdrawnByPerson)
        try await ledger.recordAnswers(
            [
                AnswerRecord(
                    number: SequenceNumber(3), answer: .refusal(.schemaViolated, detail: "field", [1]),
                    jitter: 0),
                AnswerRecord(number: SequenceNumber(4), answer: .receipt([1]), jitter: 0),
            ], from: Community.avim, now: Sample.now())
        let found = try await books(ledger)
        #expect(numbers(found.held) == [1] && numbers(found.withdrawn) == [2] && numbers(found.refused) == [3])
        #expect(numbers(found.open) == [5, 6])
        #expect(
            [found.open, found.held, found.refused, found.withdrawn, found.lost].map(\.count) == [2, 1, 1, 1, 0])
        let first = try await books(ledger, maximumItems: 1)
        #expect(numbers(first.open) == [5] && first.open.count == 2 && !first.open.isWhole && first.held.isWhole)
    }

    @Test(arguments: StoreForm.all)
    func `each number of a partner that has no receipt stands under why, and holes as they are`(form: StoreForm)
        async throws
    {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        try await ledger.receive(2, number: 2, refusing: .schemaViolated)
        try await ledger.receive(3, number: 3, declared: .held)
        try await ledger.receive(4, number: 4, declared: .void)
        try await ledger.receive(5, number: 7)
        let found = try await books(ledger)
        #expect(numbers(found.refusedHere) == [2] && found.refusedHere.entries.map(\.note) == ["schema-violated"])
        #expect(numbers(found.heldThere) == [3] && numbers(found.voidThere) == [4])
        #expect(found.gaps.entries == [NumberRange(SequenceNumber(5), SequenceNumber(6))] && found.gaps.isWhole)
        #expect(found.account.highestSeen == SequenceNumber(7))
    }

    @Test(arguments: StoreForm.all)
    func `what is sent again because the partner lost it is named`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...2 { try await ledger.accept(ordinal) }
        for number in 1...2 {
            try await ledger.recordAnswers(
                [AnswerRecord(number: SequenceNumber(UInt64(number)), answer: .receipt([1]), jitter: 0)],
                from: Community.avim, now: Sample.now())
        }
        let tally = Sample.tally(issued: .start, received: .start)
        _ = try await ledger.takeTally(tally, signed: [1], askedAt: Sample.start, now: Sample.now())
        let found = try await books(ledger, against: tally)
        #expect(found.again.entries.map(\.item.number.value) == [1, 2] && found.again.count == 2)
        #expect(
            TallyComparison.compare(tally, facts: try #require(found.facts), isAnswer: false).outgoing
                == .lost(from: SequenceNumber(1), to: SequenceNumber(2)))
        #expect(found.alarms.map(\.alarm.code) == [.partnerRolledBack])
    }

    @Test(arguments: StoreForm.all)
    func `the last tally is that of the opening that answered last, whoever called since`(form: StoreForm)
        async throws
    {
        let ledger = try await form.open()
        #expect(try await ledger.lastTally(of: Community.avim) == nil)
        func take(_ incarnation: UInt64, _ signed: [UInt8], after: [UInt64], asked: Bool, at: Timestamp) async throws {
            let tally = Tally(
                node: Community.avim, partner: Community.nidos,
                incarnation: IncarnationID(Bytes16(high: 1, low: incarnation)),
                predecessors: after.map {
                    PredecessorClaim(incarnation: IncarnationID(Bytes16(high: 1, low: $0)), last: .start)
                }, created: at, isRecovering: false, issued: .start, received: .start, safe: .none, gaps: [])
            _ = try await ledger.takeTally(tally, signed: signed, askedAt: asked ? at : nil, now: Sample.now(at))
        }
        let later = Sample.start + Milliseconds.minutes(10)
        try await take(2, [2], after: [], asked: true, at: Sample.start)
        #expect(try await ledger.lastTally(of: Community.avim) == KeptTally(signed: [2], keptAt: Sample.start))
        try await take(3, [3], after: [2], asked: false, at: later)
        #expect(try await ledger.lastTally(of: Community.avim)?.signed == [2])
        try await take(3, [4], after: [2], asked: true, at: later)
        #expect(try await ledger.lastTally(of: Community.avim) == KeptTally(signed: [4], keptAt: later))
    }

    @Test(arguments: StoreForm.all)
    func `a report leaves a leaf in the audit log, and nothing else`(form: StoreForm) async throws {
        let ledger = try await form.open()
        guard case .intact(let before, _) = try await ledger.verifyAuditChain() else { return }
        try await ledger.noteReconciliation(
            with: Community.avim, digest: Sample.digest("report"), note: "agreed unix:0", at: Sample.start)
        guard case .intact(let after, _) = try await ledger.verifyAuditChain() else {
            Issue.record("the chain holds")
            return
        }
        #expect(after == before + 1)
    }
}

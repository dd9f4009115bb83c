import ExchangeCore
import ExchangeStore
import Testing

/// What is due, and in which order.
@Suite(.temporaryFolder) struct DueConformance {
    @Test(arguments: StoreForm.all)
    func `the most pressing are chosen first, and leave in the order of their numbers`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let priorities: [Priority] = [.routine, .urgent, .stat, .routine, .asap, .stat]
        for (index, priority) in priorities.enumerated() { try await ledger.accept(index + 1, priority: priority) }
        #expect(try await ledger.due(maximumItems: 1).numbers == [3])
        #expect(try await ledger.due(maximumItems: 3).numbers == [3, 5, 6])
        #expect(try await ledger.due(maximumItems: 5).numbers == [1, 2, 3, 5, 6])
        #expect(try await ledger.due().numbers == [1, 2, 3, 4, 5, 6])
    }

    @Test(arguments: StoreForm.all)
    func `a batch holds no more bytes than asked, but always one item`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...4 { try await ledger.accept(ordinal, envelopeBytes: 1000) }
        #expect(try await ledger.due(maximumBytes: 3000).numbers == [1, 2, 3])
        #expect(try await ledger.due(maximumBytes: 2999).numbers == [1, 2])
        #expect(try await ledger.due(maximumBytes: 1).numbers == [1])
    }

    @Test(arguments: StoreForm.all)
    func `what is put off is due at its time, and after the clock was set back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.accept(2)
        // A jitter of 700 puts the first retry off by 700 ms.
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .later(.keyUnknown, detail: "key"), jitter: 700)],
            from: Community.avim, now: Sample.now())
        #expect(try await ledger.due().numbers == [2])
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(2), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let none = try await ledger.due()
        #expect(none.items.isEmpty)
        #expect(none.nextDue == Sample.start + Milliseconds(700))
        #expect(try await ledger.due(at: Sample.start + Milliseconds(699)).items.isEmpty)
        #expect(try await ledger.due(at: Sample.start + Milliseconds(700)).numbers == [1])
        let before = Sample.start - ProtocolLimits.retryMaximum
        #expect(try await ledger.due(at: before + Milliseconds(700)).items.isEmpty)
        #expect(try await ledger.due(at: before + Milliseconds(699)).numbers == [1], "the clock was set back")
    }

    @Test(arguments: StoreForm.all)
    func `a declaration that the partner cannot take now is put off like a message`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let answers: [VerifiedAnswer] = [.later(.storageUnavailable, detail: ""), .invalid(reason: "no signature")]
        for (index, event) in [TransportEvent.heldByOperator, .withdrawnByPerson].enumerated() {
            try await ledger.accept(index)
            let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(UInt64(index + 1)))
            _ = try await ledger.moveTransport(key, event, of: nil, reason: "a reason", by: .node, at: Sample.start)
            try await ledger.recordAnswers(
                [AnswerRecord(number: key.number, answer: answers[index], jitter: 500)], from: Community.avim,
                now: Sample.now())
            #expect(try await ledger.due().items.isEmpty)
        }
        #expect(try await ledger.due(at: Sample.start + Milliseconds(500)).items.map(\.kind) == [.held, .void])
    }

    @Test(arguments: StoreForm.all)
    func `a partner's queue says nothing of another's`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, to: [Community.coa])
        let due = try await ledger.due()
        #expect(due.items.isEmpty)
        #expect(due.nextDue == nil)
        #expect(due.runningDigest == .zero)
    }
}

extension Timestamp {
    static func - (moment: Timestamp, span: Milliseconds) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - span.count)
    }
}

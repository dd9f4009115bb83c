import ExchangeCore
import ExchangeStore
import Testing

/// What every form of the store does on the way in.
@Suite(.temporaryFolder) struct InboundConformance {
    @Test(arguments: StoreForm.all)
    func `a duplicate is answered with the stored bytes and makes no second message`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let receipt = KeptAnswer.receipt(Array("receipt 1 under 1".utf8))
        let refusal = KeptAnswer.refusal(.schemaViolated, Array("refusal 2 under 2".utf8))
        for _ in 1...3 {
            #expect(try await ledger.receive(1, number: 1) == .kept(receipt))
            #expect(try await ledger.receive(2, number: 2, refusing: .schemaViolated) == .kept(refusal))
        }
        #expect(try await ledger.inbox(InboxFilter(), now: Sample.start).count == 1)
        let partner = try #require(try await ledger.partners().first)
        #expect(partner.duplicates == 4)
        #expect(partner.account.received.number == SequenceNumber(2))
    }

    @Test(arguments: StoreForm.all)
    func `an answer that was signed anew is repeated from then on, and only once signed anew`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let old = KeptAnswer.receipt(Array("receipt 1 under 1".utf8))
        let fresh = KeptAnswer.receipt(Array("receipt 1, signed anew".utf8))
        let refused = KeptAnswer.refusal(.schemaViolated, Array("refusal 2 under 2".utf8))
        let refusedAnew = KeptAnswer.refusal(.schemaViolated, Array("refusal 2, signed anew".utf8))
        try await ledger.receive(1, number: 1)
        try await ledger.receive(2, number: 2, refusing: .schemaViolated)
        #expect(try await ledger.reissue(1, number: 1, old: old, fresh: fresh) == .kept(fresh))
        #expect(try await ledger.reissue(2, number: 2, old: refused, fresh: refusedAnew) == .kept(refusedAnew))
        // Two requests at once: the second finds that the first has done it.
        #expect(try await ledger.reissue(1, number: 1, old: old, fresh: .receipt([1])) == .changed)
        #expect(try await ledger.receive(1, number: 1) == .kept(fresh))
        #expect(try await ledger.receive(2, number: 2, refusing: .schemaViolated) == .kept(refusedAnew))
        // Under another number it is the same receipt.
        #expect(try await ledger.receive(1, number: 3) == .kept(fresh))
        #expect(try await ledger.inbox(InboxFilter(), now: Sample.start).count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `the same id with another digest is a conflict that leaves everything as it was`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let message = try Sample.message(1, from: Community.avim)
        let item = ChannelItem(
            number: SequenceNumber(2), messageID: message.id, messageDigest: Sample.digest("forged"))
        let query = ReceptionQuery(item: item)
        let facts = try #require(try await ledger.receptionFacts([query], from: Community.avim).first)
        let verdict = Reception.triage(item, facts: facts, limits: NodeLimits(), now: Sample.now())
        guard case .refuse(.messageIDConflict, _) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        let proposal = ReceptionProposal(
            query: query, examination: .refused(.messageIDConflict, detail: ""), verdict: verdict,
            answer: .refusal(.messageIDConflict, [5]))
        let results = try await ledger.receive(
            [proposal], from: Community.avim, limits: NodeLimits(), now: Sample.now())
        #expect(results == [.kept(.refusal(.messageIDConflict, [5]))])
        #expect(try await ledger.message(message.id)?.message.digest == message.digest)
        #expect(try await ledger.message(message.id)?.envelope == Sample.envelope(1))
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [.messageIDConflict])
        #expect(try await ledger.receive(1, number: 1) == .kept(.receipt(Array("receipt 1 under 1".utf8))))
    }

    @Test(arguments: StoreForm.all)
    func `a number that holds another message is put off with an alarm, and keeps what it holds`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let result = try await ledger.receive(2, number: 1)
        guard case .later(.numberConflict, _) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(try await ledger.message(try Sample.message(2, from: Community.avim).id) == nil)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [.numberConflict])
        #expect(try await ledger.receive(1, number: 1) == .kept(.receipt(Array("receipt 1 under 1".utf8))))
    }

    @Test(arguments: StoreForm.all)
    func `a held number becomes a message, or void, and then is final`(form: StoreForm) async throws {
        let ledger = try await form.open()
        func declare(_ ordinal: Int, number: UInt64, _ kind: ItemKind) async throws -> ReceptionResult? {
            let proposal = try await ledger.proposal(ordinal, number: number, declared: kind)
            return try await ledger.receive(
                [proposal], from: Community.avim, limits: NodeLimits(), now: Sample.now()
            ).first
        }
        let reason = "an operator's reason"
        #expect(try await declare(1, number: 1, .held) == .kept(.noted(.held, reason: reason)))
        #expect(try await declare(2, number: 2, .held) == .kept(.noted(.held, reason: reason)))
        let digest = try await ledger.account(with: Community.avim).received
        #expect(digest.number == SequenceNumber(2))
        #expect(try await ledger.receive(1, number: 1) == .kept(.receipt(Array("receipt 1 under 1".utf8))))
        #expect(try await declare(2, number: 2, .void) == .kept(.noted(.void, reason: reason)))
        #expect(try await ledger.account(with: Community.avim).received == digest)
        let final = try await ledger.proposal(2, number: 2)
        #expect(final.verdict == .repeat(.noted(.void, reason: reason)))
    }

    @Test(arguments: StoreForm.all)
    func `a message that comes again sealed anew is not kept twice`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let first = try await ledger.receive(1, number: 1)
        #expect(try await ledger.receive(1, number: 2) == first)
        #expect(try await ledger.inbox(InboxFilter(), now: Sample.start).count == 1)
        #expect(try await ledger.account(with: Community.avim).received.number == SequenceNumber(2))
    }

    @Test(arguments: StoreForm.all)
    func `a message that was refused may come again sealed anew`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1, refusing: .envelopeMalformed)
        #expect(try await ledger.receive(1, number: 2) == .kept(.receipt(Array("receipt 1 under 2".utf8))))
        #expect(try await ledger.inbox(InboxFilter(), now: Sample.start).count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `a verdict that no longer stands is to be taken again, and writes nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let first = try await ledger.proposal(1, number: 1)
        let second = try await ledger.proposal(1, number: 2)
        let results = try await ledger.receive(
            [first, second], from: Community.avim, limits: NodeLimits(), now: Sample.now())
        #expect(results == [.kept(.receipt(Array("receipt 1 under 1".utf8))), .changed])
        #expect(try await ledger.account(with: Community.avim).highestSeen == SequenceNumber(1))
        #expect(try await ledger.receive(1, number: 2) == .kept(.receipt(Array("receipt 1 under 1".utf8))))
    }

    @Test(arguments: StoreForm.all)
    func `what was examined in vain is counted over a restart, also of a partner that nothing is kept of`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        var limits = NodeLimits()
        limits.inboundMaximumItemsPerPartnerPerHour = 1
        for number in 1...InboundUsage.InVain.maximum(limits) {
            let result = try await ledger.receive(
                number, number: UInt64(number), puttingOff: .storageUnavailable, limits: limits)
            #expect(result == .later(.storageUnavailable, detail: "this node"))
        }
        try await ledger.close()
        ledger = try await form.open()
        guard case .later(.quotaExceeded, _) = try await ledger.receive(1, number: 1, limits: limits) else {
            Issue.record("what is beyond the share was examined")
            return
        }
    }

    @Test(arguments: StoreForm.all)
    func `what is kept of a partner is counted with it, over a restart too, and only what is beyond its share waits`(
        form: StoreForm
    ) async throws {
        var limits = NodeLimits()
        limits.inboundMaximumItemsPerPartnerPerHour = 10
        limits.refusalsMaximumPerPartnerPerHour = 2
        func isPutOff(_ result: ReceptionResult) -> Bool {
            if case .later(.quotaExceeded, _) = result { true } else { false }
        }
        var ledger = try await form.open()
        for number: UInt64 in 1...2 {
            try await ledger.receive(Int(number), number: number, refusing: .schemaViolated, limits: limits)
        }
        #expect(try await isPutOff(ledger.receive(3, number: 3, refusing: .schemaViolated, limits: limits)))
        try await ledger.receive(3, number: 3, declared: .void, limits: limits)
        for number: UInt64 in 4...10 { try await ledger.receive(Int(number), number: number, limits: limits) }
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await isPutOff(ledger.receive(11, number: 11, limits: limits)))
        #expect(try await ledger.account(with: Community.avim).received.number == SequenceNumber(10))
        let alarm = try #require(try await ledger.alarms(includingCleared: false).first)
        #expect(alarm.alarm.code == .quotaExceeded)
        #expect(alarm.alarm.partner == Community.avim)
        #expect(alarm.alarm.messageID == nil)
        // The reserve, a duplicate, and the next hour.
        #expect(
            try await ledger.receive(11, number: 11, priority: .stat, limits: limits)
                == .kept(.receipt(Array("receipt 11 under 11".utf8))))
        #expect(try await isPutOff(ledger.receive(12, number: 12, priority: .stat, limits: limits)))
        #expect(
            try await ledger.receive(4, number: 4, limits: limits)
                == .kept(.receipt(Array("receipt 4 under 4".utf8))))
        let later = Sample.start + InboundUsage.window
        #expect(
            try await ledger.receive(12, number: 12, limits: limits, at: later)
                == .kept(.receipt(Array("receipt 12 under 12".utf8))))
    }

    @Test(arguments: StoreForm.all, [UInt64.random(in: 1...UInt64.max), 2015])
    func `the contiguous position and its digest follow arrivals in any order`(
        form: StoreForm, seed: UInt64
    ) async throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let ledger = try await form.open()
        let count: UInt64 = 60
        var expected: [UInt64: Digest] = [0: .zero]
        for number in 1...count {
            let message = try Sample.message(Int(number), from: Community.avim)
            expected[number] = SHA256.digest(
                (expected[number - 1] ?? .zero).bytes + number.bigEndianBytes + message.id.bytes
                    + message.digest.bytes)
        }
        var arrived: Set<UInt64> = []
        for number in (1...count).shuffled(using: &generator) {
            try await ledger.receive(Int(number), number: number)
            arrived.insert(number)
            let contiguous = UInt64((1...count).prefix { arrived.contains($0) }.count)
            let highest = arrived.max() ?? 0
            var missing: [ClosedRange<UInt64>] = []
            for absent in (1...highest) where !arrived.contains(absent) {
                if let last = missing.last, last.upperBound + 1 == absent {
                    missing[missing.count - 1] = last.lowerBound...absent
                } else {
                    missing.append(absent...absent)
                }
            }
            let account = try await ledger.account(with: Community.avim)
            #expect(account.received.number.value == contiguous)
            #expect(account.received.runningDigest == expected[contiguous])
            #expect(account.highestSeen.value == highest)
            #expect(account.gaps.map { $0.first.value...$0.last.value } == missing)
        }
        for number in 0...count {
            let kept = try await ledger.runningDigest(
                with: Community.avim, isOutgoing: false, at: SequenceNumber(number))
            #expect(kept == expected[number])
        }
    }

    @Test(arguments: StoreForm.all)
    func `numbers beyond all reason are unknown, and never a crash`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let proposal = try await ledger.proposal(1, number: .max)
        #expect(proposal.verdict == .receipt)
        let error = await #expect(throws: StoreError.self) {
            try await ledger.receive([proposal], from: Community.avim, limits: NodeLimits(), now: Sample.now())
        }
        #expect(error?.code == .invariantViolated)
        #expect(try await ledger.message(try Sample.message(1, from: Community.avim).id) == nil)
        for isOutgoing in [true, false] {
            let digest = try await ledger.runningDigest(
                with: Community.avim, isOutgoing: isOutgoing, at: SequenceNumber(.max))
            #expect(digest == nil)
        }
    }

    @Test(arguments: StoreForm.all)
    func `hand-over waits for the predecessor, is released by it, and goes on without it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        func shown(at now: Timestamp) async throws -> [MessageID] {
            try await ledger.inbox(InboxFilter(), now: now).map(\.message.id)
        }
        func id(_ ordinal: Int) throws -> MessageID { try Sample.message(ordinal, from: Community.avim).id }
        let wait = NodeLimits().predecessorWait
        try await ledger.receive(2, number: 2, predecessor: 1)
        #expect(try await shown(at: Sample.start).isEmpty)
        #expect(try await shown(at: Sample.start + wait) == [try id(2)])
        let flagged = try await ledger.inbox(InboxFilter(), now: Sample.start + wait).first
        #expect(flagged?.missingPredecessor == (try id(1)))
        #expect(try await shown(at: Sample.start - Milliseconds.hours(1)) == [try id(2)], "the clock was set back")
        // Never for `stat`.
        try await ledger.receive(4, number: 4, predecessor: 3, priority: .stat)
        #expect(try await shown(at: Sample.start) == [try id(4)])
        try await ledger.receive(1, number: 1)
        #expect(try await shown(at: Sample.start) == [try id(4), try id(1), try id(2)])
        let released = try await ledger.inbox(InboxFilter(), now: Sample.start).last
        #expect(released?.missingPredecessor == nil)
    }

    @Test(arguments: StoreForm.all)
    func `nobody waits for a predecessor that is declared void`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let void = try await ledger.proposal(1, number: 1, declared: .void)
        _ = try await ledger.receive([void], from: Community.avim, limits: NodeLimits(), now: Sample.now())
        try await ledger.receive(2, number: 2, predecessor: 1)
        #expect(try await ledger.inbox(InboxFilter(), now: Sample.start).count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `an acknowledgement moves the delivery that it names, and never back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let message = try Sample.message(1)
        func acknowledge(_ ordinal: Int, _ step: AcknowledgementStep) async throws {
            try await ledger.receive(
                ordinal, number: UInt64(ordinal),
                acknowledgement: ReceivedAcknowledgement(
                    messageID: message.id, messageDigest: message.digest, step: step, role: "duty officer"))
        }
        try await acknowledge(1, .concluded)
        try await acknowledge(2, .owned)
        let early = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(early.state == .accepted, "an outcome is no receipt")
        #expect(early.followUp == .concluded)
        try await ledger.recordAnswers(
            [AnswerRecord(number: early.key.number, answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let delivery = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(delivery.state == .concluded)
        #expect(delivery.followUpRole == "duty officer")
        #expect(delivery.concludedAt == Sample.start)
        #expect(delivery.ownedAt == nil && delivery.declinedAt == nil)
    }

    @Test(arguments: StoreForm.all)
    func `that a message was declined is kept with its time, and with that of the acknowledgement itself`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(9)
        let message = try Sample.message(9)
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let acknowledgement = try Sample.message(1, from: Community.avim)
        try await ledger.receive(
            1, number: 1,
            acknowledgement: ReceivedAcknowledgement(
                messageID: message.id, messageDigest: message.digest, step: .declined, role: "duty officer"))
        let delivery = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(delivery.state == .declined && delivery.followUpRole == "duty officer")
        #expect(delivery.declinedAt == Sample.start && delivery.ownedAt == nil && delivery.concludedAt == nil)
        #expect(delivery.followUpMessage == acknowledgement.id && delivery.saidAt == acknowledgement.created)
    }

    @Test(arguments: StoreForm.all)
    func `an outcome of what was held back here is kept, shows as held, and is an alarm until its receipt`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let message = try Sample.message(1)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(1))
        #expect(
            try await ledger.moveTransport(
                key, .heldByOperator, of: nil, reason: "wrong case", by: .node, at: Sample.start))
        try await ledger.receive(
            1, number: 1,
            acknowledgement: ReceivedAcknowledgement(
                messageID: message.id, messageDigest: message.digest, step: .concluded, role: "duty officer"))
        let held = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(held.state == .held)
        #expect(held.followUp == .concluded)
        let alarm = try #require(try await ledger.alarms(includingCleared: false).first?.alarm)
        #expect(alarm.code == .acknowledgementWithoutReceipt)
        #expect(alarm.messageID == message.id)
        try await ledger.recordAnswers(
            [AnswerRecord(number: key.number, answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        #expect(try await ledger.deliveries(DeliveryFilter()).first?.state == .concluded)
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `our own step moves the inbox in the transaction that accepts its acknowledgement`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let received = try Sample.message(1, from: Community.avim).id
        func step(_ ordinal: Int, _ step: AcknowledgementStep) async throws -> AcceptanceResult {
            try await ledger.accept(
                Sample.request(
                    try Sample.message(ordinal), ordinal: ordinal,
                    inboxStep: InboxStep(messageID: received, step: step, role: "duty officer")),
                limits: NodeLimits(), now: Sample.now())
        }
        #expect(try await step(1, .owned) == .accepted(try Sample.message(1).id))
        #expect(
            try await step(2, .owned)
                == .refused(
                    .inboxStepNotPossible(
                        from: InboxStanding(state: .owned, role: "duty officer", movedAt: Sample.start))))
        var owned = InboxFilter()
        owned.states = [.owned]
        owned.id = received
        let entry = try #require(try await ledger.inbox(owned, now: Sample.start).first)
        #expect(entry.standing.role == "duty officer")
        #expect(entry.standing.movedAt == Sample.now().wall)
        owned.states = [.ready]
        #expect(try await ledger.inbox(owned, now: Sample.start).isEmpty)
        #expect(try await ledger.account(with: Community.avim).issued.number == SequenceNumber(1))
    }
}

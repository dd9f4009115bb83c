import ExchangeCore
import ExchangeStore
import Foundation
import Testing

/// What every form of the store does on the way out.
@Suite(.temporaryFolder) struct OutboundConformance {
    @Test(arguments: StoreForm.all)
    func `numbers have no holes under 200 concurrent acceptances`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for ordinal in 1...200 {
                group.addTask { try await ledger.accept(ordinal, to: [Community.avim, Community.coa]) }
            }
            try await group.waitForAll()
        }
        for partner in [Community.avim, Community.coa] {
            let due = try await ledger.due(
                for: partner, now: Sample.start, maximumItems: 1000, maximumBytes: 1 << 24)
            #expect(due.numbers == Array(1...200))
            // The digest is computed here from what is to be sent, and not with the store's own position.
            var running = Digest.zero
            for delivery in due.items {
                running = SHA256.digest(
                    running.bytes + delivery.item.number.value.bigEndianBytes + delivery.item.messageID.bytes
                        + delivery.item.messageDigest.bytes)
                let kept = try await ledger.runningDigest(
                    with: partner, isOutgoing: true, at: delivery.item.number)
                #expect(kept == running)
            }
            #expect(due.runningDigest == running)
            let account = try await ledger.account(with: partner)
            #expect(account.issued == ChannelPosition(number: SequenceNumber(200), runningDigest: running))
            #expect(account.open == 200)
        }
    }

    @Test(arguments: StoreForm.all)
    func `one submission makes one message, however often it is handed in`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let results = try await withThrowingTaskGroup(of: AcceptanceResult.self) { group in
            for ordinal in 1...50 { group.addTask { try await ledger.accept(ordinal, key: "one") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let accepted = results.compactMap { if case .accepted(let id) = $0 { id } else { nil } }
        let repeated = results.compactMap { if case .repeated(let id) = $0 { id } else { nil } }
        #expect(accepted.count == 1)
        #expect(repeated == Array(repeating: try #require(accepted.first), count: 49))
        #expect(try await ledger.due().numbers == [1])
        let claimed = try await ledger.submission(claimedBy: "one")
        #expect(claimed?.message == accepted.first)
        #expect(claimed?.submission == Sample.digest("submission"))
    }

    @Test(arguments: StoreForm.all)
    func `a key used for other content is a conflict and queues nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, key: "one", submission: "first")
        let result = try await ledger.accept(2, key: "one", submission: "second")
        #expect(result == .refused(.keyConflict(try Sample.message(1).id)))
        #expect(try await ledger.message(try Sample.message(2).id) == nil)
        #expect(try await ledger.account(with: Community.avim).issued.number == SequenceNumber(1))
    }

    @Test(arguments: StoreForm.all)
    func `a message id that is taken and a full queue are refused and queue nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        var limits = NodeLimits()
        limits.queueMaximumItemsPerPartner = 10
        try await ledger.accept(1, to: [Community.coa])
        #expect(try await ledger.accept(1) == .refused(.messageIDTaken))
        for ordinal in 2...10 { try await ledger.accept(ordinal, limits: limits) }
        let both = [Community.coa, Community.avim]
        #expect(try await ledger.accept(11, to: both, limits: limits) == .refused(.queueFull(Community.avim)))
        #expect(try await ledger.account(with: Community.coa).issued.number == SequenceNumber(1))
        // The reserve is for what cannot wait.
        let pressing = try await ledger.accept(12, priority: .stat, limits: limits)
        #expect(pressing == .accepted(try Sample.message(12).id))
        // An answer makes room.
        try await ledger.recordAnswers(
            [1, 2].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([1]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        #expect(try await ledger.accept(13, limits: limits) == .accepted(try Sample.message(13).id))
    }

    @Test(arguments: StoreForm.all)
    func `a receipt ends a delivery, and a repeated or late one changes nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(1))
        for proof in [[1, 2, 3], [9, 9, 9]] as [[UInt8]] {
            try await ledger.recordAnswers(
                [AnswerRecord(number: key.number, answer: .receipt(proof), jitter: 0)], from: Community.avim,
                now: Sample.now())
        }
        let delivery = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(delivery.state == .receipted)
        #expect(delivery.proof == [1, 2, 3])
        #expect(delivery.receiptedAt == Sample.start)
        #expect(try await ledger.due().items.isEmpty)
        #expect(try await ledger.account(with: Community.avim).open == 0)
    }

    @Test(arguments: StoreForm.all)
    func `a refusal is kept with its proof, raises one alarm, and yields to a late receipt`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        func answer(_ answer: VerifiedAnswer) async throws {
            try await ledger.recordAnswers(
                [AnswerRecord(number: SequenceNumber(1), answer: answer, jitter: 0)], from: Community.avim,
                now: Sample.now())
        }
        try await answer(.refusal(.schemaViolated, detail: "field", [7]))
        try await answer(.refusal(.schemaViolated, detail: "field", [7]))
        var open = DeliveryFilter()
        open.onlyOpen = true
        let refused = try #require(try await ledger.deliveries(open).first)
        #expect(refused.state == .refused)
        #expect(refused.proof == [7])
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [.deliveryRefused])
        try await answer(.receipt([8]))
        #expect(try await ledger.deliveries(open).isEmpty)
        #expect(try await ledger.deliveries(DeliveryFilter()).first?.state == .receipted)
        #expect(try await ledger.account(with: Community.avim).open == 0)
    }

    @Test(arguments: StoreForm.all)
    func `a held number is declared until it is noted, and is sent after its release`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(1))
        func move(_ event: TransportEvent, _ reason: String = "a reason") async throws -> Bool {
            try await ledger.moveTransport(key, event, of: nil, reason: reason, by: .node, at: Sample.start)
        }
        #expect(try await move(.heldByOperator))
        #expect(try await !move(.heldByOperator))
        let declared = try #require(try await ledger.due().items.first)
        #expect(declared.kind == .held)
        #expect(declared.reason == "a reason")
        #expect(declared.envelope == .intact(Sample.envelope(1)), "a late receipt is held against it")
        #expect(try await ledger.account(with: Community.avim).open == 1)
        try await ledger.note(key.number, as: .void)
        #expect(try await ledger.due().numbers == [1], "noted as void is not noted as held")
        try await ledger.note(key.number, as: .held)
        #expect(try await ledger.due().items.isEmpty)
        #expect(try await move(.releasedByOperator, ""))
        #expect(try await ledger.due().items.first?.kind == .message)
    }

    @Test(arguments: StoreForm.all)
    func `a withdrawn number ends as void, and is not waited for`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.accept(2)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(2))
        #expect(
            try await ledger.moveTransport(
                key, .withdrawnByPerson, of: nil, reason: "sent in error", by: .node, at: Sample.start))
        let due = try await ledger.due()
        #expect(due.items.map(\.kind) == [.message, .void])
        #expect(try await ledger.account(with: Community.avim).open == 1)
        #expect(
            try await ledger.lastMessages(in: Sample.case1, to: [Community.avim, Community.coa])
                == [try Sample.message(1).id, nil])
        // The partner had refused it before it heard of the withdrawal: the number has its answer.
        try await ledger.recordAnswers(
            [AnswerRecord(number: key.number, answer: .refusal(.codeUnknown, detail: "", [1]), jitter: 0)],
            from: Community.avim, now: Sample.now())
        #expect(try await ledger.due().numbers == [1])
        #expect(try await ledger.deliveries(DeliveryFilter()).map(\.state) == [.withdrawn, .accepted])
    }

    @Test(arguments: StoreForm.all)
    func `what ends at the node is nobody's predecessor`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let acknowledgement = try Sample.message(2, isHandedOver: false)
        let request = Sample.request(
            acknowledgement, ordinal: 2, envelopeBytes: 256, to: [Community.avim], key: nil, submission: "submission")
        _ = try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
        #expect(
            try await ledger.lastMessages(in: Sample.case1, to: [Community.avim]) == [try Sample.message(1).id])
    }

    @Test(arguments: StoreForm.all)
    func `a receipt that comes after the withdrawal counts, before and after it was noted`(form: StoreForm) async throws
    {
        let ledger = try await form.open()
        for ordinal in 1...2 {
            try await ledger.accept(ordinal)
            let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(UInt64(ordinal)))
            #expect(
                try await ledger.moveTransport(
                    key, .withdrawnByPerson, of: nil, reason: "sent in error", by: .node, at: Sample.start))
        }
        let void = try #require(try await ledger.due().items.first)
        #expect(void.kind == .void)
        #expect(void.envelope == .intact(Sample.envelope(1)), "the receipt is verified against it")
        try await ledger.note(SequenceNumber(2), as: .void)
        try await ledger.recordAnswers(
            [1, 2].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([UInt8($0)]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        let deliveries = try await ledger.deliveries(DeliveryFilter())
        #expect(deliveries.map(\.state) == [.receipted, .receipted])
        #expect(deliveries.map(\.proof) == [[2], [1]], "the newest first")
        #expect(try await ledger.due().items.isEmpty)
        #expect(try await ledger.account(with: Community.avim).open == 0)
    }

    @Test(arguments: StoreForm.all)
    func `what was noted too late ends no other declaration, and no message`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(1))
        func move(_ event: TransportEvent) async throws {
            #expect(
                try await ledger.moveTransport(key, event, of: nil, reason: "a reason", by: .node, at: Sample.start))
        }
        func dueAfterNoted(_ kind: ItemKind) async throws -> [ItemKind] {
            try await ledger.note(key.number, as: kind)
            return try await ledger.due().items.map(\.kind)
        }
        try await move(.heldByOperator)
        try await move(.releasedByOperator)
        #expect(try await dueAfterNoted(.held) == [.message], "released meanwhile")
        try await move(.heldByOperator)
        try await move(.withdrawnByPerson)
        #expect(try await dueAfterNoted(.held) == [.void], "withdrawn meanwhile")
        #expect(try await dueAfterNoted(.void).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `an envelope that the disk changed is not given out to be sent, and one that was put back is`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        for ordinal in 1...2 { try await ledger.accept(ordinal) }
        let message = try Sample.message(1)
        for change: ([UInt8]) -> [UInt8] in [
            { $0.dropLast() + [$0[$0.count - 1] ^ 1] }, { [$0[0] ^ 1] + $0.dropFirst() }, { $0.dropLast() },
            { _ in [] },
        ] {
            try await ledger.close()
            try form.damageEnvelope(of: message.id, change)
            ledger = try await form.open()
            #expect(try await ledger.due().items.map(\.envelope) == [.damaged, .intact(Sample.envelope(2))])
            try await ledger.close()
            try form.damageEnvelope(of: message.id) { _ in Sample.envelope(1) }
            ledger = try await form.open()
            #expect(try await ledger.due().items.map(\.envelope) == [1, 2].map { .intact(Sample.envelope($0)) })
        }
        #expect(
            try await ledger.mend(
                message.id, as: message.digest, envelope: [1, 2], from: Community.coa, at: Sample.start))
        #expect(try await ledger.due().items.map(\.envelope) == [.intact([1, 2]), .intact(Sample.envelope(2))])
        try await ledger.close()
        try form.damageEnvelope(of: message.id) { _ in [1, 3] }
        ledger = try await form.open()
        #expect(try await ledger.due().items.first?.envelope == .damaged)
    }

    @Test(arguments: StoreForm.all)
    func `an attempt without an answer is counted and shown`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.recordAttempt(
            [SequenceNumber(1)], to: Community.avim, detail: "connection refused", at: Sample.start)
        let delivery = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(delivery.state == .sending)
        #expect(delivery.attempts == 1)
        #expect(delivery.detail == "connection refused")
        #expect(try await ledger.partners().first?.attempts == 1)
        #expect(try await ledger.due().numbers == [1])
    }

    @Test(arguments: StoreForm.all)
    func `an answer to a number that was never given changes nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let answers = [1, 2].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([1]), jitter: 0) }
        let error = await #expect(throws: StoreError.self) {
            try await ledger.recordAnswers(answers, from: Community.avim, now: Sample.now())
        }
        #expect(error?.code == .invariantViolated)
        #expect(try await ledger.due().numbers == [1])
    }

    @Test(arguments: StoreForm.all)
    func `the first key of a case is kept`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let keys = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for byte in UInt8(1)...20 {
                group.addTask { try await ledger.caseKey(for: Sample.case1, orKeep: [byte]) }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }

    @Test(arguments: StoreForm.all)
    func `the key of a new case is kept with its first message, and never in the place of another`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        func accept(_ ordinal: Int, key: [UInt8]) async throws {
            let request = Sample.request(try Sample.message(ordinal, in: Sample.case1), newCaseKey: key)
            _ = try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
        }
        try await accept(1, key: [9])
        #expect(try await ledger.caseKey(for: Sample.case1, orKeep: [1]) == [9])
        let error = await #expect(throws: StoreError.self) { try await accept(2, key: [8]) }
        #expect(error?.code == .invariantViolated)
        #expect(try await ledger.caseKey(for: Sample.case1, orKeep: [1]) == [9])
        #expect(try await ledger.due().numbers == [1])
    }
}

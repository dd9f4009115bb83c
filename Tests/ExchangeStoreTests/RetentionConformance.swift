import ExchangeCore
import ExchangeStore
import Testing

/// Content that goes, and what stays of it.
@Suite(.temporaryFolder) struct RetentionConformance {
    private static let later = Sample.start + Milliseconds.hours(24 * 4000)
    private let periods = RetentionPeriods()

    /// A message of ours that AVIM receipted and concluded, and that its backup covers.
    private func concluded(
        _ ledger: any ExchangeLedger, _ ordinal: Int = 1, safe: UInt64 = 1, asked: [AskedAnswer] = [],
        links: [CaseLink] = []
    ) async throws -> MessageID {
        try await ledger.accept(ordinal, asked: asked, links: links)
        let id = try Sample.message(ordinal).id
        try await answer(ledger, UInt64(ordinal))
        let acknowledgement = ReceivedAcknowledgement(
            messageID: id, messageDigest: try Sample.message(ordinal).digest, step: .concluded, role: "duty")
        try await ledger.receive(100 + ordinal, number: UInt64(ordinal), acknowledgement: acknowledgement)
        try await cover(ledger, safe: safe)
        return id
    }

    private func answer(_ ledger: any ExchangeLedger, _ number: UInt64) async throws {
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(number), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
    }

    private func cover(
        _ ledger: any ExchangeLedger, safe: UInt64 = 1, issued: UInt64 = 9, received: ChannelPosition? = nil,
        outcomes: [OutcomeRange] = [], at: Timestamp = Sample.start
    ) async throws {
        let end = try await ledger.account(with: Community.avim).issued
        let tally = Tally(
            node: Community.avim, partner: Community.nidos, incarnation: IncarnationID(Bytes16(high: 1, low: 2)),
            predecessors: [], created: at, isRecovering: false,
            issued: ChannelPosition(number: SequenceNumber(issued), runningDigest: .zero), received: received ?? end,
            safe: SequenceNumber(safe), gaps: [], outcomes: outcomes)
        _ = try await ledger.takeTally(tally, signed: [1], askedAt: at, now: Sample.now(at))
    }

    private func page(
        _ ledger: any ExchangeLedger, after place: RetentionPlace? = nil, maximumItems: Int = 9
    ) async throws -> RetentionPage {
        try await ledger.retentionPage(after: place, keptUntil: Self.later, maximumItems: maximumItems)
    }

    private func purge(_ ledger: any ExchangeLedger, _ messages: MessageID...) async throws -> Int {
        try await ledger.purge(messages, periods: periods, now: Self.later)
    }

    @Test(arguments: StoreForm.all)
    func `what is closed and safe goes, with a leaf, and id, digest and receipt stay`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let id = try await concluded(ledger)
        guard case .intact(let before, _) = try await ledger.verifyAuditChain() else { return }
        #expect(try await purge(ledger, id) == 1)
        #expect(try await purge(ledger, id) == 0, "what went does not go again")
        guard case .intact(let after, _) = try await ledger.verifyAuditChain() else {
            Issue.record("the chain holds")
            return
        }
        #expect(after == before + 1)
        let kept = try #require(try await ledger.message(id))
        #expect(kept.envelope.isEmpty && kept.purgedAt == Self.later)
        #expect(kept.message == (try Sample.message(1)))
        let delivery = try #require(
            try await ledger.delivery(DeliveryKey(partner: Community.avim, number: SequenceNumber(1))))
        #expect(delivery.transport == .receipted && delivery.proof == [1])
        #expect(try await ledger.purgedCount() == 1)
        try await ledger.close()
        let again = try await form.open()
        #expect(try await again.message(id)?.purgedAt == Self.later)
    }

    @Test(arguments: StoreForm.all)
    func `what is open, not concluded or not covered stays, whoever asks for it to go`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        let id = try Sample.message(1).id
        func reason() async throws -> RetentionVerdict? {
            try await page(ledger).facts.first { $0.message.id == id }
                .map { Retention.decide($0, periods: periods, now: Self.later) }
        }
        #expect(try await purge(ledger, id) == 0)
        #expect(try await reason() == .keep(.open))
        try await answer(ledger, 1)
        #expect(try await purge(ledger, id) == 0)
        #expect(try await reason() == .keep(.obligation))
        let acknowledgement = ReceivedAcknowledgement(
            messageID: id, messageDigest: try Sample.message(1).digest, step: .declined, role: "duty")
        try await ledger.receive(101, number: 1, acknowledgement: acknowledgement)
        #expect(try await reason() == .keep(.notSafe))
        #expect(try await purge(ledger, id) == 0)
        try await cover(ledger)
        try await ledger.raise(
            Alarm(code: .deliveryDeferred, partner: Community.avim, messageID: id, detail: "x", at: Sample.start))
        #expect(try await reason() == .keep(.alarm))
        try await ledger.clearAll(.deliveryDeferred, partner: Community.avim, at: Sample.start)
        #expect(try await reason() == .purge)
    }

    @Test(arguments: StoreForm.all)
    func `a received one stays until people and each system that follows are done with it, and a backup has it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let id = try Sample.message(1, from: Community.avim).id
        try await cover(ledger)
        func reason() async throws -> RetentionVerdict? {
            try await page(ledger).facts.first { $0.message.id == id }
                .map { Retention.decide($0, periods: periods, now: Self.later) }
        }
        #expect(try await reason() == .keep(.obligation))
        for (ordinal, step) in [(50, AcknowledgementStep.owned), (51, .concluded)] {
            let request = Sample.request(
                try Sample.message(ordinal, isHandedOver: false), ordinal: ordinal,
                inboxStep: InboxStep(messageID: id, step: step, role: "duty"))
            _ = try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
        }
        let name = try #require(ConsumerName("case-system"))
        _ = try await ledger.addConsumer(
            name, of: .inbox, fromStart: true, key: Bytes16(high: 1, low: 1), by: .user(1), now: Sample.start)
        #expect(try await reason() == .keep(.notConfirmed))
        let entry = try #require(
            try await ledger.inboxFeed(after: .start, maximumItems: 9, now: Sample.start).first)
        _ = try await ledger.confirm(
            FeedCursor(key: Bytes16(high: 1, low: 1), position: entry.position), of: name, by: .user(1),
            at: Sample.start)
        #expect(try await reason() == .keep(.notSafe))
        let received = try await ledger.account(with: Community.avim).received
        try await ledger.noteBackup([PartnerPosition(partner: Community.avim, position: received)], at: Sample.start)
        #expect(try await reason() == .purge)
        #expect(try await purge(ledger, id) == 1)
    }

    @Test(arguments: StoreForm.all)
    func `content that asks for an answer stays until nothing is owed on it, and what it asked for goes with it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        // Not late, so that no alarm about it keeps the content instead.
        let asked = AskedAnswer(code: "SIG-01", debtor: nil, dueAt: Self.later + .hours(1))
        let id = try await concluded(ledger, asked: [asked])
        let answer = ExpectedAnswer(
            code: "SIG-01", of: .role(.guardian), isConditional: true, visibleTo: [.police])
        let rules = ObligationRules(policy: EscalationPolicy(), ownRoles: [], expected: ["SIG-01": [answer]])
        func facts() async throws -> ObligationFacts {
            try #require(try await ledger.obligationFacts(of: id, by: rules))
        }
        func look() async throws {
            _ = try await ledger.look(at: [id], by: rules, now: Sample.now(Self.later))
        }
        try await look()
        #expect(Obligations.owed(try await facts(), by: rules).map(\.subject.text) == ["SIG-01"])
        #expect(try await purge(ledger, id) == 0)
        // The answer, and that it was acknowledged.
        _ = try await concluded(ledger, 2, safe: 2)
        try await look()
        #expect(try await facts().asked == [asked])
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
        #expect(try await purge(ledger, id) == 1)
        #expect(try await facts().asked == [])
    }

    @Test(arguments: StoreForm.all)
    func `that two cases are one goes with the content that said so`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let other = CaseReference(random: Bytes16(high: 2, low: 2))
        let id = try await concluded(ledger, links: [CaseLink(to: other, isLinked: true)])
        #expect(try await ledger.caseLinks(of: other).map(\.message.id) == [id])
        #expect(try await purge(ledger, id) == 1)
        #expect(try await ledger.caseLinks(of: other) == [])
        #expect(try await ledger.caseLinks(of: Sample.case1) == [])
    }

    @Test(arguments: StoreForm.all)
    func `to a partner that lost it, what went is declared void, and that is the end of it`(form: StoreForm)
        async throws
    {
        let ledger = try await form.open()
        let id = try await concluded(ledger)
        #expect(try await purge(ledger, id) == 1)
        try await cover(ledger, safe: 0, received: .start, at: Self.later)
        let due = try await ledger.due(at: Self.later)
        #expect(due.numbers == [1])
        let item = try #require(due.items.first)
        #expect(item.kind == .void && item.reason == Retention.purgedReason && item.isPurged)
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .noted(as: .void), jitter: 0)], from: Community.avim,
            now: Sample.now(Self.later))
        #expect(try await ledger.due(at: Self.later).items.isEmpty)
        // Its account says so from then on, and contradicts nothing: it is neither sent again nor an alarm.
        for alarm in try await ledger.alarms(includingCleared: false) {
            try await ledger.clear(
                alarm.alarm.code, partner: alarm.alarm.partner, messageID: alarm.alarm.messageID, at: Self.later)
        }
        let noted = OutcomeRange(NumberRange(SequenceNumber(1), SequenceNumber(1)), .noted)
        try await cover(ledger, outcomes: [noted], at: Self.later + Milliseconds.minutes(10))
        #expect(try await ledger.due(at: Self.later + Milliseconds.minutes(11)).items.isEmpty)
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [])
    }

    @Test(arguments: StoreForm.all)
    func `what went does not come back, whoever offers it`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let id = try await concluded(ledger)
        #expect(try await purge(ledger, id) == 1)
        try await ledger.recoverFromStart(with: Community.avim, at: Self.later)
        let message = try Sample.message(1)
        let content = RecoveredItem.Content(
            summary: message, envelope: Sample.envelope(1), recipients: [Party(oin: Community.avim, role: .police)])
        _ = try await ledger.recover(
            [
                RecoveredItem(
                    item: ChannelItem(number: SequenceNumber(1), messageID: id, messageDigest: message.digest),
                    answer: .receipt([1]), content: content, placeholder: message,
                    recipient: Party(oin: Community.avim, role: .police))
            ], upTo: SequenceNumber(1), from: Community.avim, limits: NodeLimits(), now: Sample.now(Self.later))
        #expect(try await ledger.message(id)?.envelope.isEmpty == true)
    }

    @Test(arguments: StoreForm.all)
    func `damaged content is put back when its digest is that of the books, and for no other reason`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1, to: [Community.avim, Community.coa])
        try await ledger.confirm(Community.coa)
        let message = try Sample.message(1)
        let alarm = AlarmCode.storedMessageUnreadable
        try await ledger.recordAnswers(
            [
                AnswerRecord(
                    number: SequenceNumber(1), answer: .notSent(alarm, detail: "x", retryAfter: .hours(1)), jitter: 0)
            ], from: Community.coa, now: Sample.now())
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.code) == [alarm])
        func mend(_ digest: Digest, _ id: MessageID) async throws -> Bool {
            try await ledger.mend(id, as: digest, envelope: [1, 2], from: Community.avim, at: Sample.start)
        }
        #expect(try await !mend(Sample.digest("other"), message.id))
        #expect(try await !mend(message.digest, Sample.message(9).id))
        try await ledger.receive(1, number: 1)
        // A received one like an own one: the alarm that it cannot be read is of its sender.
        let theirs = try Sample.message(1, from: Community.avim)
        try await ledger.raise(
            ContentMending.alarm(of: theirs, isOutgoing: false, detail: "x", at: Sample.start))
        #expect(try await !mend(Sample.digest("other"), theirs.id))
        #expect(try await ledger.message(theirs.id)?.envelope == Sample.envelope(1))
        #expect(try await mend(theirs.digest, theirs.id))
        #expect(try await ledger.message(theirs.id)?.envelope == [1, 2])
        #expect(try await ledger.alarms(includingCleared: false).map(\.alarm.partner) == [Community.coa])
        #expect(try await ledger.message(message.id)?.envelope == Sample.envelope(1))
        // Somebody here wanted to read it, too: that alarm is of no partner.
        try await ledger.raise(ContentMending.alarm(of: message, isOutgoing: true, detail: "x", at: Sample.start))
        #expect(try await mend(message.digest, message.id))
        #expect(try await ledger.message(message.id)?.envelope == [1, 2])
        #expect(try await ledger.alarms(includingCleared: false).isEmpty)
        let due = try await ledger.due(for: Community.coa, now: Sample.start, maximumItems: 9, maximumBytes: 1 << 20)
        #expect(due.numbers == [1], "it waits no more for what was put right")
    }

    @Test(arguments: StoreForm.all)
    func `the list of what might go is read in pages, in the order of keeping, and ends`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.accept(ordinal, at: Sample.start + Milliseconds(Int64(10 - ordinal))) }
        let ids = try (1...3).reversed().map { try Sample.message($0).id }
        let first = try await page(ledger, maximumItems: 2)
        #expect(first.facts.map(\.message.id) == Array(ids.prefix(2)))
        let second = try await page(ledger, after: first.next, maximumItems: 2)
        #expect(second.facts.map(\.message.id) == [ids[2]] && second.next == nil)
        let none = try await ledger.retentionPage(
            after: nil, keptUntil: Sample.start, maximumItems: 9)
        #expect(none == RetentionPage(facts: [], next: nil))
    }
}

import ExchangeCore
import Testing

@testable import ExchangeStore
@testable import ExchangeTesting

/// What becomes of our own channel where the store turns out to be older than what it signed.
@Suite(.temporaryFolder) struct RecoveryConformance {
    private static let lost = ChannelItem(
        number: SequenceNumber(1), messageID: lostMessage.id, messageDigest: lostMessage.digest)
    /// A message of our own that is not in the store, and that partners speak of.
    private static let lostMessage: MessageSummary = {
        guard let message = try? Sample.message(77) else { preconditionFailure("a sample is made") }
        return message
    }()

    private static func placeholder(_ ordinal: Int) throws -> MessageSummary {
        let sample = try Sample.message(ordinal)
        return MessageSummary(
            id: sample.id, digest: .zero, type: ChannelRecovery.lostType, sender: sample.sender,
            caseReference: CaseReference(random: Bytes16(high: 9, low: UInt64(ordinal))), priority: .routine,
            created: Sample.start, wanted: .receipt, isHandedOver: false)
    }

    private static func given(
        _ answer: RecoveredItem.Answer, by partner: OIN, at number: UInt64 = 1, hasContent: Bool = false,
        as item: ChannelItem = lost
    ) throws -> RecoveredItem {
        RecoveredItem(
            item: ChannelItem(
                number: SequenceNumber(number), messageID: item.messageID, messageDigest: item.messageDigest),
            answer: answer,
            content: hasContent
                ? RecoveredItem.Content(
                    summary: lostMessage, envelope: [7],
                    recipients: [Community.avim, Community.coa].map { Party(oin: $0, role: .police) }) : nil,
            placeholder: try placeholder(100 + Int(number) + (partner == Community.avim ? 0 : 50)),
            recipient: Party(oin: partner, role: .police))
    }

    /// Has a partner's tally show that it holds our channel up to a number.
    private static func show(
        _ number: UInt64, by partner: OIN = Community.avim, gaps: [NumberRange] = [],
        outcomes: [OutcomeRange] = [], in ledger: any ExchangeLedger
    ) async throws {
        let tally = Tally(
            node: partner, partner: Community.nidos, incarnation: IncarnationID(Bytes16(high: 1, low: 2)),
            predecessors: [], created: Sample.start, isRecovering: false, issued: .start,
            received: ChannelPosition(number: SequenceNumber(number), runningDigest: Sample.digest("theirs")),
            safe: .none, gaps: gaps, outcomes: outcomes)
        _ = try await ledger.takeTally(tally, signed: [1], askedAt: Sample.start, now: Sample.now())
    }

    private static func recover(
        _ items: [RecoveredItem], upTo number: UInt64, from partner: OIN = Community.avim,
        limits: NodeLimits = NodeLimits(), in ledger: any ExchangeLedger
    ) async throws -> RecoveryProgress {
        try await ledger.recover(
            items, upTo: SequenceNumber(number), from: partner, limits: limits, now: Sample.now())
    }

    private static func deliveries(
        of message: MessageID, in ledger: any ExchangeLedger
    ) async throws -> [DeliveryEntry] {
        var filter = DeliveryFilter()
        filter.messageID = message
        return try await ledger.deliveries(filter).entries
    }

    @Test(arguments: StoreForm.all)
    func `a partner's word for a number takes no id, and the message comes back from another recipient`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        let word = try Self.given(.refusal(.typeUnknown, detail: "", [8]), by: Community.avim)
        #expect(try await Self.recover([word], upTo: 1, in: ledger) == .done)
        #expect(try await ledger.message(Self.lostMessage.id) == nil)
        #expect(
            try await ledger.runningDigest(with: Community.avim, isOutgoing: true, at: SequenceNumber(1))
                == ChannelPosition.start.extended(by: Self.lost, using: SHA256.digest).runningDigest,
            "the list has what the partner has under the number")
        let genuine = try Self.given(.receipt([9]), by: Community.coa, hasContent: true)
        #expect(try await Self.recover([genuine], upTo: 1, from: Community.coa, in: ledger) == .done)
        #expect(try await ledger.message(Self.lostMessage.id)?.envelope == [7])
        let told = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
        #expect(
            Set(told.map { "\($0.key.partner) \($0.transport)" })
                == ["\(Community.avim) refused", "\(Community.coa) receipted"],
            "who had refused it is not sent it again, and is shown")
    }

    @Test(arguments: StoreForm.all)
    func `with the first proof that the store is older all of its inbox may have been handed over before`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(5, number: 1)
        func flags() async throws -> [Bool] {
            try await ledger.inbox(InboxFilter(), now: Sample.start).entries
                .map(\.mayBeRepeated)
        }
        try await Self.show(1, in: ledger)
        // A claim is none.
        #expect(try await flags() == [false])
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.avim, hasContent: true)], upTo: 1, in: ledger)
        #expect(try await flags() == [true])
    }

    @Test(arguments: StoreForm.all)
    func `whoever proved nothing of a message is sent it when it comes back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        _ = try await Self.recover([Self.given(.unproven, by: Community.avim)], upTo: 1, in: ledger)
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        let told = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
        #expect(
            Set(told.map { "\($0.key.partner) \($0.transport)" })
                == ["\(Community.avim) open", "\(Community.coa) receipted"])
    }

    @Test(arguments: StoreForm.all)
    func `what people did with a message is said of each number under which it stands`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        // Another recipient gives it back first, so that this one gets a number of its own, and answers that.
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        try await ledger.receive(
            1, number: 1,
            acknowledgement: ReceivedAcknowledgement(
                messageID: Self.lostMessage.id, messageDigest: Self.lostMessage.digest, step: .owned,
                role: "duty officer"))
        _ = try await Self.recover([Self.given(.receipt([9]), by: Community.avim)], upTo: 1, in: ledger)
        let told = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
            .filter { $0.key.partner == Community.avim }
        #expect(told.count == 2)
        #expect(told.allSatisfy { $0.followUp == .owned && $0.followUpRole == "duty officer" }, "\(told)")
        #expect(told.allSatisfy { $0.ownedAt == Sample.start && $0.followUpMessage != nil })
    }

    @Test(arguments: StoreForm.all)
    func `what was held comes back held, also where its content comes later, and is not released without it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        _ = try await Self.recover(
            [Self.given(.noted(.held, reason: "looked at"), by: Community.avim)], upTo: 1, in: ledger)
        let key = DeliveryKey(partner: Community.avim, number: SequenceNumber(1))
        func release() async throws -> Bool {
            try await ledger.moveTransport(
                key, .releasedByOperator, of: nil, reason: "", by: .node, at: Sample.start)
        }
        #expect(try await !release())
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        let told = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
        #expect(
            Set(told.map { "\($0.key.partner) \($0.transport)" })
                == ["\(Community.avim) held", "\(Community.coa) receipted"])
        #expect(try await release())
    }

    @Test(arguments: StoreForm.all, [ItemKind.held, .void])
    func `what was withheld from a partner is withheld, whoever gives the message back first`(
        form: StoreForm, kind: ItemKind
    ) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        func due() async throws -> [ItemKind] {
            try await ledger.due(
                for: Community.avim, now: Sample.start + .hours(1), maximumItems: 8, maximumBytes: 1 << 20
            ).items.map(\.kind)
        }
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        // Of AVIM nothing is known yet: it is owed the message, and waits for what AVIM says.
        let owed = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
        #expect(owed.count == 2 && owed.allSatisfy { $0.nextAttempt == nil })
        #expect(try await due().isEmpty)
        let word = try Self.given(.noted(kind, reason: "looked at"), by: Community.avim)
        #expect(try await Self.recover([word], upTo: 1, in: ledger) == .done)
        let states = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
            .filter { $0.key.partner == Community.avim }.map(\.transport)
        let expected: TransportState = kind == .held ? .held : .withdrawn
        #expect(states == [expected, expected])
        #expect(try await due() == [kind])
    }

    @Test(arguments: StoreForm.all)
    func `what waits for a partner's channel goes when that is certain`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        let nothing = try Self.placeholder(101)
        let word = try Self.given(
            .nothing, by: Community.avim,
            as: ChannelItem(number: SequenceNumber(1), messageID: nothing.id, messageDigest: .zero))
        #expect(try await Self.recover([word], upTo: 1, in: ledger) == .done)
        let due = try await ledger.due(
            for: Community.avim, now: Sample.start, maximumItems: 8, maximumBytes: 1 << 20)
        #expect(Set(due.items.map(\.kind)) == [.void, .message])
    }

    @Test(arguments: StoreForm.all)
    func `an acknowledgement is of the delivery that was receipted, whatever else stands for its message`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        for partner in [Community.avim, Community.coa] { try await Self.show(1, by: partner, in: ledger) }
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.coa, hasContent: true)], upTo: 1, from: Community.coa, in: ledger)
        // AVIM proves nothing of number 1, and answers number 2, under which it is sent the message again.
        _ = try await Self.recover([Self.given(.unproven, by: Community.avim)], upTo: 1, in: ledger)
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(2), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let query = ReceptionQuery(
            item: ChannelItem(
                number: SequenceNumber(9), messageID: try Sample.message(5, from: Community.avim).id,
                messageDigest: .zero), predecessor: nil, acknowledged: Self.lostMessage.id)
        let facts = try await ledger.receptionFacts([query], from: Community.avim)
        #expect(facts.first?.acknowledged?.transport == .receipted)
    }

    @Test(arguments: StoreForm.all)
    func `a second loss is flagged anew, whether or not people have ended the alarm of the first`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.show(1, in: ledger)
        _ = try await Self.recover(
            [Self.given(.receipt([9]), by: Community.avim, hasContent: true)], upTo: 1, in: ledger)
        try await ledger.receive(5, number: 1, at: Sample.start + .hours(2))
        // The sample says that it was made in the beginning, so that it came flagged; from now on the alarm stays open.
        try await Self.show(2, by: Community.coa, in: ledger)
        let other = RecoveredItem(
            item: ChannelItem(
                number: SequenceNumber(1), messageID: try Sample.message(78).id,
                messageDigest: try Sample.message(78).digest),
            answer: .receipt([9]),
            content: RecoveredItem.Content(
                summary: try Sample.message(78), envelope: [7], recipients: [Party(oin: Community.coa, role: .police)]),
            placeholder: try Self.placeholder(170), recipient: Party(oin: Community.coa, role: .police))
        let later = Sample.now(Sample.start + .hours(3))
        _ = try await ledger.recover(
            [other], upTo: SequenceNumber(1), from: Community.coa, limits: NodeLimits(), now: later)
        let query = ReceptionQuery(
            item: ChannelItem(number: SequenceNumber(9), messageID: Self.lostMessage.id, messageDigest: .zero),
            predecessor: nil, acknowledged: nil)
        let facts = try await ledger.receptionFacts([query], from: Community.avim)
        #expect(facts.first?.renewedAt == later.wall)
    }

    @Test(arguments: StoreForm.all)
    func `a message of another, or of our own, keeps its id whatever a partner says of it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(5, number: 1)
        let theirs = try Sample.message(5, from: Community.avim)
        try await Self.show(1, in: ledger)
        let word = try Self.given(
            .noted(.void, reason: "x"), by: Community.avim,
            as: ChannelItem(number: SequenceNumber(1), messageID: theirs.id, messageDigest: Sample.digest("other")))
        #expect(try await Self.recover([word], upTo: 1, in: ledger) == .done)
        #expect(try await ledger.message(theirs.id)?.message.digest == theirs.digest)
        #expect(try await ledger.message(theirs.id)?.isOutgoing == false)
    }

    @Test(arguments: StoreForm.all)
    func `what was withdrawn before the loss is withdrawn, and what is only lost is lost`(form: StoreForm) async throws
    {
        let ledger = try await form.open()
        try await Self.show(3, in: ledger)
        func other(_ ordinal: Int) throws -> ChannelItem {
            let message = try Sample.message(ordinal)
            return ChannelItem(number: .none, messageID: message.id, messageDigest: message.digest)
        }
        _ = try await Self.recover(
            [
                Self.given(.noted(.void, reason: "duty-officer: wrong recipient"), by: Community.avim, at: 1),
                Self.given(.nothing, by: Community.avim, at: 2, as: try other(60)),
                Self.given(
                    .noted(.void, reason: ChannelRecovery.lostReason), by: Community.avim, at: 3, as: try other(61)),
            ], upTo: 3, in: ledger)
        let books = try await ledger.books(with: Community.avim, against: nil, maximumItems: 9)
        #expect(books.withdrawn.entries.map(\.key.number.value) == [1] && books.withdrawn.count == 1)
        #expect(books.withdrawn.entries.first?.detail == "duty-officer: wrong recipient")
        #expect(books.lost.entries.map(\.key.number.value) == [3, 2] && books.lost.count == 2)
    }

    @Test(arguments: StoreForm.all)
    func `a message that comes back under two held numbers has its bytes counted once a number`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.show(2, in: ledger)
        let held = try [UInt64(1), 2].map {
            try Self.given(.noted(.held, reason: "duty-officer: wait"), by: Community.avim, at: $0)
        }
        #expect(try await Self.recover(held, upTo: 2, in: ledger) == .done)
        try await Self.show(1, by: Community.coa, in: ledger)
        let whole = try Self.given(.receipt([7]), by: Community.coa, hasContent: true)
        #expect(try await Self.recover([whole], upTo: 1, from: Community.coa, in: ledger) == .done)
        // Both answers come: each takes its own bytes away again, and neither is rolled back.
        try await ledger.recordAnswers(
            [1, 2].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([8]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        let told = try await Self.deliveries(of: Self.lostMessage.id, in: ledger)
        #expect(told.filter { $0.key.partner == Community.avim }.map(\.transport) == [.receipted, .receipted])
        #expect(try await ledger.account(with: Community.avim).open == 0)
    }

    @Test(arguments: StoreForm.all)
    func `a refusal whose message is lost is declared void to a partner that lost it too`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.show(1, in: ledger)
        _ = try await Self.recover(
            [Self.given(.refusal(.typeUnknown, detail: "", [8]), by: Community.avim)], upTo: 1, in: ledger)
        try await Self.show(0, in: ledger)
        let due = try await ledger.due(
            for: Community.avim, now: Sample.start, maximumItems: 8, maximumBytes: 1 << 20)
        #expect(due.items.map(\.kind) == [.void])
        #expect(due.items.map(\.item) == [Self.lost])
        #expect(due.items.allSatisfy { !$0.reason.isEmpty })
        try await ledger.note(SequenceNumber(1), as: .void)
        let rest = try await ledger.due(
            for: Community.avim, now: Sample.start, maximumItems: 8, maximumBytes: 1 << 20)
        #expect(rest.items.isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `the numbers that rest on a partner's word are bounded for good`(form: StoreForm) async throws {
        let ledger = try await form.open()
        var limits = NodeLimits()
        limits.recoveryMaximumUnprovenNumbersPerPartner = 2
        try await Self.show(4, in: ledger)
        func nothing(_ number: UInt64) throws -> RecoveredItem {
            let item = try Self.placeholder(100 + Int(number))
            return try Self.given(
                .nothing, by: Community.avim, at: number,
                as: ChannelItem(number: SequenceNumber(number), messageID: item.id, messageDigest: .zero))
        }
        let first = try await Self.recover([nothing(1), nothing(2)], upTo: 2, limits: limits, in: ledger)
        #expect(first == .more)
        let second = try await Self.recover([nothing(3), nothing(4)], upTo: 4, limits: limits, in: ledger)
        #expect(second == .exhausted(at: SequenceNumber(3)))
        #expect(try await ledger.account(with: Community.avim).standing.settled.number == SequenceNumber(2))
        let alarms = try await ledger.alarms(includingCleared: false).map(\.alarm)
        #expect(alarms.contains { $0.code == .recoveryIncomplete && $0.partner == Community.avim })
        let third = try await Self.recover([nothing(3)], upTo: 3, limits: limits, in: ledger)
        #expect(third == .exhausted(at: SequenceNumber(3)))
    }

    @Test(arguments: StoreForm.all)
    func `a channel that another opening was getting back is compared anew, and claims all that it had given`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.show(3, in: ledger)
        try await ledger.accept(1)
        #expect(try await ledger.account(with: Community.avim).standing.maySend)
        try await ledger.close()
        let again = try await form.open()
        let standing = try await again.account(with: Community.avim).standing
        #expect(standing.recovery == .toCompare(until: SequenceNumber(3)))
        #expect(!standing.maySend)
        let claimed = again.opening.predecessors.first?.position(for: Community.avim)
        #expect(claimed == ChannelPosition(number: SequenceNumber(4), runningDigest: .zero))
        // The partner has taken one more meanwhile.
        try await Self.show(4, in: again)
        let now = try await again.account(with: Community.avim)
        #expect(now.standing.recovery == .under(RecoverySpan(until: SequenceNumber(4))))
        #expect(now.issued.number == SequenceNumber(5), "what has no answer goes on behind it")
        // And confirms nothing of itself, where it has nothing more.
        try await again.close()
        let last = try await form.open()
        try await Self.show(0, in: last)
        #expect(try await !last.account(with: Community.avim).standing.isConfirmed)
        // The partner has lost it too: the numbers that nobody has any more are void, and the channel is whole.
        let numbers = try await UInt64(1)...(#require(last.account(with: Community.avim).standing.span).until.value)
        let nothing = try numbers.map { number in
            let item = ChannelItem(
                number: SequenceNumber(number), messageID: try Self.placeholder(100 + Int(number)).id,
                messageDigest: .zero)
            return try Self.given(.nothing, by: Community.avim, at: number, as: item)
        }
        #expect(try await Self.recover(nothing, upTo: numbers.upperBound, in: last) == .done)
        let end = try await last.account(with: Community.avim)
        #expect(end.standing.isConfirmed && end.standing.settled.number == end.issued.number)
    }

    @Test(arguments: StoreForm.all)
    func `a part that is back is compared before anything is sent`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let gap = ProtocolLimits.channelMaximumGap
        try await Self.show(gap + 5, in: ledger)
        try await ledger.accept(1)
        let standing = try await ledger.account(with: Community.avim).standing
        #expect(standing.span == RecoverySpan(until: SequenceNumber(gap), isPart: true))
        #expect(!standing.maySend)
    }

    private static func apply(_ changes: [LedgerChange], to ledger: any ExchangeLedger) async throws {
        switch ledger {
        case let ledger as SQLiteLedger: try await ledger.write(at: Sample.start) { try $0.apply(changes) }
        case let ledger as MemoryLedger: try ledger.write(at: Sample.start) { try $0.apply(changes) }
        default: Issue.record("a form of the store that this test does not know")
        }
    }

    @Test(arguments: StoreForm.all)
    func `where a part ends the list has its digest, and what is behind it goes on from there`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let part = RecoverySpan(until: SequenceNumber(2), isPart: true)
        try await Self.apply([.beginRecovery(of: Community.avim, from: .none, part)], to: ledger)
        let items = try (UInt64(1)...2).map { number in
            let item = ChannelItem(
                number: SequenceNumber(number), messageID: try Self.placeholder(100 + Int(number)).id,
                messageDigest: .zero)
            return try Self.given(.nothing, by: Community.avim, at: number, as: item)
        }
        #expect(try await Self.recover(items, upTo: 2, in: ledger) == .done)
        let account = try await ledger.account(with: Community.avim)
        #expect(account.standing.recovery == .toCompare(until: SequenceNumber(2)))
        #expect(account.issued == account.standing.settled)
        // The partner has exactly the part without a hole, and more behind one.
        let tally = Tally(
            node: Community.avim, partner: Community.nidos, incarnation: IncarnationID(Bytes16(high: 1, low: 2)),
            predecessors: [], created: Sample.start, isRecovering: false, issued: .start, received: account.issued,
            safe: .none, gaps: [NumberRange(SequenceNumber(3), SequenceNumber(3))],
            outcomes: [OutcomeRange(NumberRange(SequenceNumber(4), SequenceNumber(4)), .receipt)])
        _ = try await ledger.takeTally(tally, signed: [1], askedAt: Sample.start, now: Sample.now())
        let next = try await ledger.account(with: Community.avim).standing
        #expect(next.span == RecoverySpan(until: SequenceNumber(4)) && next.settled.number == SequenceNumber(2))
    }

    @Test(arguments: StoreForm.all)
    func `one tally sends so many numbers again, and the next the rest`(form: StoreForm) async throws {
        var limits = StoreLimits()
        limits.refillMaximumRowsPerTally = 2
        let ledger = try await form.open(limits: limits)
        try await ledger.confirm(Community.avim)
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        try await ledger.recordAnswers(
            (UInt64(1)...3).map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([1]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        for expected in [2, 3] {
            try await ledger.confirm(Community.avim)
            let due = try await ledger.due(
                for: Community.avim, now: Sample.start, maximumItems: 8, maximumBytes: 1 << 20)
            #expect(due.items.map(\.kind) == Array(repeating: .again, count: expected))
        }
    }

    @Test(arguments: StoreForm.all)
    func `an answer that a partner has lost is found behind what is still open`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.confirm(Community.avim)
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        try await ledger.recordAnswers(
            [2, 3].map { AnswerRecord(number: SequenceNumber($0), answer: .receipt([1]), jitter: 0) },
            from: Community.avim, now: Sample.now())
        // The opening that answered before: number 1 is open, and 2 and 3 are gone.
        try await ledger.confirm(Community.avim)
        let due = try await ledger.due(
            for: Community.avim, now: Sample.start, maximumItems: 8, maximumBytes: 1 << 20)
        #expect(due.items.map(\.kind) == [.message, .again, .again])
    }
}

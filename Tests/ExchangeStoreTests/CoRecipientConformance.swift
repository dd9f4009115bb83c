import ExchangeCore
import ExchangeStore
import GRDB
import Testing

/// What other recipients say of a message is kept like what was signed: before it comes and after, once, and for good.
@Suite(.temporaryFolder) struct CoRecipientConformance {
    private static let rules = ObligationRules(policy: EscalationPolicy(), ownRoles: [], expected: [:])
    private static let coa = Party(oin: Community.coa, role: .reception)

    /// AVIM's first message, as it came here.
    private static var shared: MessageSummary {
        get throws { try Sample.message(1, from: Community.avim, priority: .stat) }
    }

    /// COA's word on it.
    private static func word(
        _ ordinal: Int = 50, digest: Digest? = nil, step: AcknowledgementStep = .owned
    ) throws -> CoRecipientWord {
        let shared = try shared
        return CoRecipientWord(
            messageID: shared.id, messageDigest: digest ?? shared.digest, sender: Community.avim,
            speaker: Community.coa, step: step, role: "night shift",
            saidIn: try Sample.message(ordinal, from: Community.coa).id)
    }

    private static func alarms(_ ledger: any ExchangeLedger) async throws -> [AlarmCode] {
        try await ledger.alarms(includingCleared: false).map(\.alarm.code)
    }

    /// Looks at all that is due.
    private static func look(_ ledger: any ExchangeLedger, after span: Milliseconds) async throws {
        let moment = Sample.start + span
        let due = try await ledger.looksDue(by: moment, maximumItems: 9)
        #expect(try await ledger.look(at: due, by: rules, now: Sample.now(moment)).isEmpty, "no step of a ladder")
    }

    @Test(arguments: StoreForm.all)
    func `a word is kept in both orders, and a difference shows in both`(form: StoreForm) async throws {
        for isWordFirst in [true, false] {
            let ledger = try await form.open()
            let offset = isWordFirst ? 0 : 20
            let other = Sample.digest("other words")
            let message = try Sample.message(1 + offset, from: Community.avim)
            let word = CoRecipientWord(
                messageID: message.id, messageDigest: other, sender: Community.avim, speaker: Community.coa,
                step: .declined, role: "night shift", saidIn: try Sample.message(50 + offset, from: Community.coa).id)
            if isWordFirst { #expect(try await ledger.hear(word, number: 1) == .kept(.receipt([1]))) }
            try await ledger.receive(message, number: UInt64(1 + offset), besides: [Self.coa])
            if !isWordFirst { #expect(try await ledger.hear(word, number: 21) == .kept(.receipt([1]))) }
            let alarm = try #require(
                try await ledger.alarms(includingCleared: false).map(\.alarm).first { $0.messageID == message.id })
            #expect(alarm.code == .messagesDiffer && alarm.partner == Community.avim)
            let kept = try await ledger.coRecipients(of: message.id)
            #expect(kept.listed == [Self.coa])
            #expect(kept.words == [KeptWord(word: word, keptAt: Sample.start)])
            try await ledger.close()
        }
    }

    @Test(arguments: StoreForm.all)
    func `words and whom a message lists outlive a start, and the clock of a word too`(form: StoreForm) async throws {
        var ledger = try await form.open()
        try await ledger.hear(try Self.word(), number: 1)
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await ledger.coRecipients(of: try Self.shared.id).words.map(\.word) == [try Self.word()])
        #expect(try await ledger.looksDue(by: Sample.start + .minutes(1), maximumItems: 9) == [try Self.word().saidIn])
        try await ledger.receive(try Self.shared, number: 1, besides: [Self.coa])
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await ledger.coRecipients(of: try Self.shared.id).listed == [Self.coa])
    }

    @Test(arguments: StoreForm.all)
    func `a message that others have taken and that does not come is an alarm until it comes`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.hear(try Self.word(), number: 1)
        try await Self.look(ledger, after: .minutes(4))
        #expect(try await Self.alarms(ledger) == [])
        try await Self.look(ledger, after: .minutes(5))
        let alarm = try #require(try await ledger.alarms(includingCleared: false).first?.alarm)
        #expect(alarm.code == .listedButNotTold)
        #expect(try alarm.messageID == Self.shared.id)
        #expect(alarm.partner == Community.coa, "who says so: a sender can be invented")
        #expect(
            try await ledger.alarms(includingCleared: false).map(\.caseReference) == [Sample.case1],
            "that of the word: the message is not here")
        let awaited = try await ledger.awaitedMessages(in: Sample.case1, maximumItems: 9)
        #expect(
            awaited == [
                AwaitedMessage(
                    word: KeptWord(word: try Self.word(), keptAt: Sample.start), priority: .stat, isHere: false)
            ])
        let other = CaseReference(random: Bytes16(high: 2, low: 2))
        #expect(try await ledger.awaitedMessages(in: other, maximumItems: 9).isEmpty)
        #expect(try await ledger.watched(after: nil, maximumItems: 9) == [], "it is said once")
        // Of many words the last ones are looked at.
        for place in 1...3 {
            try await ledger.hear(
                try Self.word(60 + place, digest: Sample.digest("content \(place)")), number: UInt64(1 + place))
        }
        let last = try await ledger.awaitedMessages(in: Sample.case1, maximumItems: 2).map(\.word.word.saidIn)
        #expect(try last == [62, 63].map { try Sample.message($0, from: Community.coa).id })
        try await ledger.receive(try Self.shared, number: 1, besides: [Self.coa])
        #expect(try await Self.alarms(ledger).filter { $0 != .messagesDiffer } == [])
        #expect(try await ledger.awaitedMessages(in: Sample.case1, maximumItems: 9).isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `a message that comes in time is no alarm`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.hear(try Self.word(), number: 1)
        try await ledger.receive(try Self.shared, number: 1, besides: [Self.coa])
        try await Self.look(ledger, after: .minutes(2))
        #expect(try await ledger.watched(after: nil, maximumItems: 9) == [try Self.shared.id], "the word is not")
        try await Self.look(ledger, after: .minutes(20))
        #expect(try await Self.alarms(ledger) == [])
    }

    @Test(arguments: StoreForm.all)
    func `a word of who is no recipient of the message that is here is refused, and nothing is kept of it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(try Self.shared, number: 1, besides: [])
        let result = try await ledger.hear(try Self.word(), number: 1)
        #expect(result == .kept(.refusal(.acknowledgementMismatch, [2])))
        #expect(try await Self.alarms(ledger) == [.acknowledgementMismatch])
        #expect(try await ledger.coRecipients(of: try Self.shared.id).words.isEmpty)
    }

    @Test(arguments: StoreForm.all)
    func `what says nothing new is no second word, and one organisation's words are bounded`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.hear(try Self.word(50), number: 1)
        try await ledger.hear(try Self.word(51), number: 2)
        #expect(try await ledger.coRecipients(of: try Self.shared.id).words.count == 1)
        let maximum = CoRecipients.speakerMaximumWordsPerMessage
        for place in 1...maximum {
            try await ledger.hear(
                try Self.word(60 + place, digest: Sample.digest("content \(place)")), number: UInt64(2 + place))
        }
        #expect(try await ledger.coRecipients(of: try Self.shared.id).words.count == maximum)
    }

    @Test(arguments: StoreForm.all)
    func `words stay when content goes by retention`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.hear(try Self.word(), number: 1)
        let id = try Self.word().saidIn
        let late = Sample.start + .hours(24 * 365 * 30)
        try await ledger.noteBackup([], at: Sample.start)
        _ = try await ledger.purge([id], periods: RetentionPeriods(), now: late)
        #expect(try await ledger.coRecipients(of: try Self.shared.id).words.map(\.word) == [try Self.word()])
    }

    @Test func `no hand on the file changes what was said or whom a message lists`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.hear(try Self.word(), number: 1)
        try await ledger.receive(try Self.shared, number: 1, besides: [Self.coa])
        try await ledger.close()
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        for statement in [
            "UPDATE co_recipient_word SET message_digest = zeroblob(32)", "DELETE FROM co_recipient_word",
            "UPDATE co_recipient SET role = 'police'", "DELETE FROM co_recipient",
        ] {
            #expect(throws: DatabaseError.self, "\(statement)") {
                try queue.write { try $0.execute(sql: statement) }
            }
        }
        try queue.close()
    }
}

extension ExchangeLedger {
    /// Receives a word as a partner's node would take it.
    @discardableResult
    func hear(_ word: CoRecipientWord, number: UInt64) async throws -> ReceptionResult {
        let carrier = MessageSummary(
            id: word.saidIn, digest: Sample.digest("\(word.saidIn)"), type: try #require(MessageType(code: "NOD-02")),
            sender: Party(oin: word.speaker, role: .reception), caseReference: Sample.case1, priority: .stat,
            created: Sample.start, wanted: .receipt, isHandedOver: false)
        return try await take(
            ReceivedMessage(
                summary: carrier, storedEnvelope: [1], predecessor: nil, acknowledgement: nil, word: word),
            number: number)
    }

    /// Receives a message that lists others.
    func receive(_ message: MessageSummary, number: UInt64, besides others: [Party]) async throws {
        let result = try await take(
            ReceivedMessage(
                summary: message, storedEnvelope: [1], predecessor: nil, acknowledgement: nil, coRecipients: others),
            number: number)
        #expect(result == .kept(.receipt([1])))
    }

    private func take(_ message: ReceivedMessage, number: UInt64) async throws -> ReceptionResult {
        let partner = message.summary.sender.oin
        let query = ReceptionQuery(
            item: ChannelItem(
                number: SequenceNumber(number), messageID: message.summary.id, messageDigest: message.summary.digest),
            shared: message.word?.messageID ?? message.summary.id)
        let facts = try #require(try await receptionFacts([query], from: partner).first)
        let verdict = Reception.decide(
            query.item, .verified(message), facts: facts, limits: NodeLimits(), now: Sample.now())
        let answer: KeptAnswer? =
            switch verdict {
            case .receipt: .receipt([1])
            case .refuse(let code, _): .refusal(code, [2])
            default: nil
            }
        let proposal = ReceptionProposal(
            query: query, examination: .verified(message), verdict: verdict, answer: answer)
        return try #require(
            try await receive([proposal], from: partner, limits: NodeLimits(), now: Sample.now()).first)
    }
}

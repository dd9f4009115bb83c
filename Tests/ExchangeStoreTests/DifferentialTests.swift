import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Testing

/// The forms of the store, side by side: whatever is asked of them, they answer alike and hold the same.
@Suite(.temporaryFolder) struct DifferentialTests {
    @Test(arguments: [UInt64.random(in: 1...UInt64.max), 2015])
    func `a random course of a node gives equal answers and equal lists in each form at each step`(
        seed: UInt64
    ) async throws {
        print("seed \(seed)")
        var course = try await RandomCourse(seed: seed)
        for step in 1...400 {
            try await course.step()
            guard course.difference == nil else {
                Issue.record("seed \(seed), step \(step): \(course.difference ?? "")")
                return
            }
        }
        try await course.end()
        #expect(course.difference == nil, "seed \(seed)")
        // A course in which little happens would show little.
        #expect(course.done == Set(RandomCourse.operations), "seed \(seed)")
    }
}

/// A node's life as a seed draws it, on two stores.
struct RandomCourse {
    /// What may happen, each as often as it stands here.
    static let operations: [String] = [
        "accept", "accept", "accept", "accept", "receive", "receive", "receive", "receive", "answer", "answer",
        "answer",
        "attempt", "intervene", "intervene", "tally", "tally", "consumer", "confirm", "confirm", "alarm", "directory",
        "validation", "case key", "reissue", "reopen", "wait", "look", "look", "told", "turn", "turn", "word", "word",
    ]

    /// Clocks of seconds, so that all steps are taken within a course.
    private static let rules: ObligationRules = {
        var policy = EscalationPolicy()
        let clocks = EscalationPolicy.Clocks(
            receipt: .elapsed(.seconds(2)), receiptAlarm: .elapsed(.seconds(3)), ownership: .elapsed(.seconds(4)),
            outcome: .elapsed(.seconds(8)), deputy: .elapsed(.seconds(2)), management: .elapsed(.seconds(5)))
        (policy.stat, policy.asap, policy.urgent, policy.routine) = (clocks, clocks, clocks, clocks)
        return ObligationRules(policy: policy, ownRoles: [], expected: [:], roster: [.deputy: "deputy desk"])
    }()

    private static let partners = [Community.avim, Community.coa]
    private static let cases = (1...3).map { CaseReference(random: Bytes16(high: 4, low: UInt64($0))) }

    var generator: SeededGenerator
    var first: any ExchangeLedger
    var second: any ExchangeLedger
    private(set) var now = Sample.start
    private(set) var difference: String?
    private(set) var done: Set<String> = []
    private var openings: UInt64 = 1
    /// The ordinals of the messages that were accepted, and of those of AVIM's that were proposed.
    private var accepted = [1]
    private var proposed = [1]
    private let storeLimits: StoreLimits
    private let limits: NodeLimits
    private var readers: (AsyncStream<LedgerEvent>.AsyncIterator, AsyncStream<LedgerEvent>.AsyncIterator)

    init(seed: UInt64) async throws {
        generator = SeededGenerator(seed: seed)
        // So narrow that each is met.
        var storeLimits = StoreLimits()
        storeLimits.operationMaximumSteps = 3
        storeLimits.alarmsMaximumOpen = 3
        storeLimits.consumersMaximum = 2
        storeLimits.incarnationsMaximumPerPartner = 4
        storeLimits.feedMaximumNumbersPerOperation = 2
        storeLimits.deferralMaximum = .seconds(15)
        storeLimits.eventsMaximumPending = 100_000
        storeLimits.obligationFirstLook = .seconds(1)
        var limits = NodeLimits()
        limits.queueMaximumItemsPerPartner = 25
        limits.inboundMaximumItemsPerPartnerPerHour = 60
        limits.refusalsMaximumPerPartnerPerHour = 8
        self.storeLimits = storeLimits
        self.limits = limits
        (first, second) = try await Self.open(openings, now: now, limits: storeLimits)
        readers = (first.events.makeAsyncIterator(), second.events.makeAsyncIterator())
    }

    /// Both openings bear one incarnation, so that both chains have one head.
    private static func open(
        _ ordinal: UInt64, now: Timestamp, limits: StoreLimits
    ) async throws -> (any ExchangeLedger, any ExchangeLedger) {
        let random: @Sendable (Int) -> [UInt8] = { _ in Bytes16(high: 3, low: ordinal).bytes }
        return (
            try await SQLiteLedger.open(
                at: TemporaryFolder.store, digest: SHA256.digest, random: random, now: Sample.now(now), limits: limits),
            try await MemoryLedger.open(
                on: TemporaryFolder.disk, digest: SHA256.digest, random: random, now: Sample.now(now), limits: limits)
        )
    }

    // MARK: Drawing lots

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    private mutating func isDrawn(_ percent: Int) -> Bool { draw(1...100) <= percent }
    private mutating func draw<Value>(_ values: [Value]) -> Value { values[draw(0...values.count - 1)] }

    // MARK: Steps

    mutating func step() async throws {
        let operation = draw(Self.operations)
        if isDrawn(40) { now = now + Milliseconds(Int64(draw(1...9_000))) }
        switch operation {
        case "accept": try await accept()
        case "receive": try await receive()
        case "answer": try await answer()
        case "attempt": try await attempt()
        case "intervene": try await intervene()
        case "tally": try await takeTally()
        case "consumer": try await changeConsumer()
        case "confirm": try await confirm()
        case "turn": try await takeTurn()
        case "alarm": try await changeAlarm()
        case "directory":
            let mark = DirectoryMark(version: Int64(draw(0...4)), digest: Sample.digest("\(draw(1...2))"))
            try await same("directory") { [now] in try await $0.adoptDirectory(mark, at: now) }
        case "validation": try await keepValidationData()
        case "case key":
            let (reference, candidate) = (draw(Self.cases), [UInt8(draw(1...9))])
            try await same("case key") { try await $0.caseKey(for: reference, orKeep: candidate) }
        case "reissue": try await reissue()
        case "word": try await hear()
        case "reopen": try await reopen()
        case "look": try await look()
        case "told":
            let (message, partner) = (try Sample.message(draw(accepted)).id, draw(Self.partners))
            try await same("told") { [now] in
                try await $0.noteTold(message, to: partner, role: "duty-officer", told: now, by: .user(1), at: now)
            }
        default: now = now + Milliseconds(Int64(draw(-40_000...60_000)))
        }
        done.insert(operation)
        try await compareLists()
    }

    private mutating func accept() async throws {
        let ordinal = draw(1...400)
        let message = try Sample.message(
            ordinal, in: draw(Self.cases), priority: draw(Priority.allCases), isHandedOver: isDrawn(80))
        let recipients = isDrawn(60) ? [draw(Self.partners)] : Self.partners
        let key = isDrawn(30) ? "key\(draw(1...20))" : nil
        let step: InboxStep? =
            isDrawn(30)
            ? InboxStep(
                messageID: try Sample.message(draw(proposed), from: Community.avim).id,
                step: draw(AcknowledgementStep.allCases), role: draw(["", "duty officer"])) : nil
        let request = Sample.request(
            message, ordinal: ordinal, envelopeBytes: draw(20...300), to: recipients, key: key,
            submission: "submission \(draw(1...2))", inboxStep: step, newCaseKey: isDrawn(5) ? [1] : nil)
        let result = try await same("accept") { [limits, now] in
            try await $0.accept(request, limits: limits, now: Sample.now(now))
        }
        if result == .accepted(message.id) { accepted.append(ordinal) }
    }

    private mutating func receive() async throws {
        let partner = isDrawn(85) ? Community.avim : Community.coa
        let account = try await first.account(with: partner)
        let highest = account.highestSeen.value
        var proposals: [ReceptionProposal] = []
        for _ in 1...draw(1...3) {
            let number =
                switch draw(1...10) {
                case 1...3: highest + UInt64(draw(1...4))
                case 4...8: missing(of: account)
                default: UInt64(draw(1...Int(highest + 1)))
                }
            let ordinal = isDrawn(80) ? Int(number) : draw(1...120)
            let predecessor: Int? = isDrawn(50) ? max(1, ordinal + draw(-3...2)) : nil
            proposed.append(ordinal)
            let own = try Sample.message(isDrawn(90) ? draw(accepted) : draw(1...400))
            let acknowledgement: ReceivedAcknowledgement? =
                isDrawn(30)
                ? ReceivedAcknowledgement(
                    messageID: own.id, messageDigest: isDrawn(90) ? own.digest : .zero,
                    step: draw(AcknowledgementStep.allCases), role: draw(["", "the night shift"])) : nil
            let refusing: RefusalCode? = isDrawn(10) ? draw(RefusalCode.allCases) : nil
            let declared: ItemKind? = isDrawn(15) ? draw([.void, .held]) : nil
            let puttingOff: LaterCode? = isDrawn(5) ? draw(LaterCode.allCases) : nil
            let priority = draw(Priority.allCases)
            let others = isDrawn(50) ? [Party(oin: Community.coa, role: draw(Role.allCases))] : []
            let proposal = try await same("propose") { [limits, now] in
                try await $0.proposal(
                    ordinal, number: number, predecessor: predecessor, priority: priority,
                    acknowledgement: acknowledgement, refusing: refusing, declared: declared, puttingOff: puttingOff,
                    besides: others, from: partner, limits: limits, at: now)
            }
            if let proposal { proposals.append(proposal) }
        }
        try await same("receive") { [limits, now, proposals] in
            try await $0.receive(proposals, from: partner, limits: limits, now: Sample.now(now))
        }
    }

    /// COA says that it holds one of AVIM's messages, or another under its id.
    private mutating func hear() async throws {
        let message = try Sample.message(isDrawn(70) ? draw(proposed) : draw(1...120), from: Community.avim)
        let word = CoRecipientWord(
            messageID: message.id, messageDigest: isDrawn(70) ? message.digest : Sample.digest("\(draw(1...3))"),
            sender: isDrawn(90) ? Community.avim : Community.nidos, speaker: Community.coa,
            step: draw([.owned, .declined]), role: draw(["", "the night shift"]),
            saidIn: try Sample.message(draw(500...900), from: Community.coa).id)
        let number = try await first.account(with: Community.coa).highestSeen.value + 1
        try await same("word") { try await $0.hear(word, number: number) }
    }

    /// A number of a partner's channel that has not come: of the first gap, or the next.
    private mutating func missing(of account: ChannelAccount) -> UInt64 {
        guard let gap = account.gaps.first else { return account.highestSeen.value + 1 }
        return UInt64(draw(Int(gap.first.value)...Int(gap.last.value)))
    }

    /// A number to a partner: of those that are due, or any.
    private mutating func number(to partner: OIN) async throws -> SequenceNumber {
        let due = try await first.due(for: partner, now: now, maximumItems: 20, maximumBytes: 1 << 20).numbers
        if !due.isEmpty, isDrawn(70) { return SequenceNumber(draw(due)) }
        let issued = try await first.account(with: partner).issued.number.value
        return SequenceNumber(UInt64(draw(1...Int(issued) + 1)))
    }

    private mutating func answer() async throws {
        let partner = draw(Self.partners)
        var records: [AnswerRecord] = []
        for _ in 1...draw(1...4) {
            let answer: VerifiedAnswer =
                switch draw(1...10) {
                case 1...4: .receipt([UInt8(draw(1...200))])
                case 5: .refusal(draw(RefusalCode.allCases), detail: draw(["", "field"]), [1])
                case 6: .later(draw(LaterCode.allCases), detail: draw(["", "full"]))
                case 7, 8: .noted(as: draw([.void, .held]))
                case 9: .notSent(.recipientNotTrusted, detail: "expired", retryAfter: .seconds(20))
                default: .invalid(reason: "no signature")
                }
            records.append(
                AnswerRecord(
                    number: try await number(to: partner), answer: answer, jitter: generator.next() % 10_000))
        }
        try await same("answer") { [records, now] in
            try await $0.recordAnswers(records, from: partner, now: Sample.now(now))
            return true
        }
    }

    private mutating func attempt() async throws {
        let partner = draw(Self.partners)
        let numbers = [try await number(to: partner), try await number(to: partner)]
        try await same("attempt") { [now] in
            try await $0.recordAttempt(numbers, to: partner, detail: "refused", at: now)
            return true
        }
    }

    private mutating func intervene() async throws {
        let partner = draw(Self.partners)
        let key = DeliveryKey(partner: partner, number: try await number(to: partner))
        let event = draw([TransportEvent.heldByOperator, .releasedByOperator, .withdrawnByPerson])
        let actor = draw([ActorID.node, .user(7)])
        try await same("intervene") { [now] in
            try await $0.moveTransport(key, event, of: nil, reason: "a reason", by: actor, at: now)
        }
    }

    private mutating func takeTally() async throws {
        let partner = draw(Self.partners)
        let account = try await first.account(with: partner)
        func position(_ number: SequenceNumber, isOutgoing: Bool, isTrue: Bool) async throws -> ChannelPosition {
            let digest = try await first.runningDigest(with: partner, isOutgoing: isOutgoing, at: number)
            return ChannelPosition(number: number, runningDigest: isTrue ? digest ?? .zero : Sample.digest("untrue"))
        }
        let (received, issued) = (
            SequenceNumber(UInt64(draw(0...Int(account.issued.number.value) + 1))),
            SequenceNumber(UInt64(draw(0...Int(account.highestSeen.value) + 2)))
        )
        let (isTrue, isTold) = (isDrawn(85), isDrawn(90))
        let incarnations = (1...12).map { IncarnationID(Bytes16(high: 6, low: UInt64($0))) }
            .shuffled(using: &generator)
        var predecessors: [PredecessorClaim] = []
        for incarnation in incarnations.dropFirst().prefix(draw(0...4)) {
            let last = SequenceNumber(UInt64(draw(0...Int(account.highestSeen.value) + 1)))
            predecessors.append(
                PredecessorClaim(
                    incarnation: incarnation, last: ChannelPosition(number: last, runningDigest: .zero)))
        }
        let from = draw(1...30)
        let outcomes = [
            OutcomeRange(
                NumberRange(SequenceNumber(UInt64(from)), SequenceNumber(UInt64(from + draw(0...9)))),
                draw(AnsweredKind.allCases))
        ]
        let tally = Tally(
            node: partner, partner: Community.nidos, incarnation: incarnations[0], predecessors: predecessors,
            created: now, isRecovering: false,
            issued: try await position(issued, isOutgoing: false, isTrue: isTold),
            received: try await position(received, isOutgoing: true, isTrue: isTrue), safe: .none, gaps: [],
            outcomes: outcomes)
        let (signed, isAnswer) = ([UInt8(draw(1...9))], isDrawn(50))
        try await same("tally") { [now] in
            try await $0.takeTally(tally, signed: signed, askedAt: isAnswer ? now : nil, now: Sample.now(now))
        }
        for incarnation in incarnations {
            try await same("incarnation") {
                try await $0.incarnationFacts(incarnation, after: tally.predecessors, of: partner)
            }
        }
    }

    private mutating func name() throws -> ConsumerName {
        if isDrawn(10) { return .inboxHook }
        return try #require(ConsumerName(draw(["case-system", "duty-desk", "register"])))
    }

    private mutating func look() async throws {
        let (now, maximumItems) = (now, draw([2, 50]))
        let due = try await same("looks due") { try await $0.looksDue(by: now, maximumItems: maximumItems) } ?? []
        try await same("look") {
            try await $0.look(at: due, by: Self.rules, now: Sample.now(now)).map { "\($0.message) \($0.step)" }
        }
        try await same("watched") { try await $0.watched(after: nil, maximumItems: 1000) }
        try await same("escalation feed") { try await $0.escalationFeed(after: .start, maximumItems: 1000) }
        try await same("newest escalations") { try await $0.escalations(after: nil, maximumItems: maximumItems) }
    }

    private mutating func changeConsumer() async throws {
        let (name, feed, fromStart) = (try name(), draw(FeedName.allCases), isDrawn(50))
        let key = Bytes16(high: 1, low: UInt64(draw(1...8)))
        if isDrawn(25) {
            try await same("remove") { [now] in try await $0.removeConsumer(name, by: .user(1), at: now) }
        } else {
            try await same("add") { [now] in
                try await $0.addConsumer(name, of: feed, fromStart: fromStart, key: key, by: .user(1), now: now)
            }
        }
    }

    private mutating func confirm() async throws {
        let followers = try await first.consumers()
        guard !followers.isEmpty else { return }
        let consumer = draw(followers)
        let name = isDrawn(90) ? consumer.name : try name()
        let count = draw(1...4)
        let place: FeedPosition? =
            switch consumer.feed {
            case .inbox:
                try await same("inbox feed") { [now] in
                    try await $0.inboxFeed(after: consumer.position, maximumItems: count, now: now)
                }?.last?.position
            case .deliveries:
                try await same("delivery feed") {
                    try await $0.deliveryFeed(after: consumer.position, maximumItems: count)
                }?.last?.position
            case .escalations:
                try await same("escalation feed") {
                    try await $0.escalationFeed(after: consumer.position, maximumItems: count)
                }?.last?.position
            }
        var position = place ?? consumer.position
        if isDrawn(5) { position[.stat] += 50 }
        let cursor = FeedCursor(
            key: isDrawn(90) ? consumer.key : Bytes16(high: 9, low: 9), position: position)
        try await same("confirm") { [now] in try await $0.confirm(cursor, of: name, by: .user(1), at: now) }
    }

    /// Takes one of the next entries of the ladder, or any.
    private mutating func takeTurn() async throws {
        guard let consumer = try await first.consumers().first(where: { $0.feed == .escalations }) else { return }
        let count = draw(1...4)
        let next =
            try await same("turns") {
                try await $0.waitingEscalations(for: consumer.name, maximumItems: count).map(\.number)
            } ?? []
        let number = isDrawn(80) ? next.first ?? 1 : isDrawn(50) ? next.last ?? 1 : Int64(draw(1...40))
        let key = isDrawn(95) ? consumer.key : Bytes16(high: 9, low: 9)
        try await same("turn") { [now] in
            try await $0.confirmEscalation(number, of: consumer.name, key: key, by: .node, at: now)
        }
    }

    private mutating func changeAlarm() async throws {
        let code = draw([AlarmCode.partnerUnreachable, .deliveryRefused, .clockSkewed])
        let partner = isDrawn(60) ? draw(Self.partners) : nil
        let message =
            isDrawn(70)
            ? try Sample.message(draw(1...6), from: draw([Community.nidos, Community.avim])).id : nil
        let detail = "detail \(draw(1...3))"
        switch draw(1...4) {
        case 1:
            try await same("clear") { [now] in
                try await $0.clear(code, partner: partner, messageID: message, at: now)
                return true
            }
        case 2:
            try await same("clear all") { [now] in
                try await $0.clearAll(code, partner: partner, at: now)
                return true
            }
        default:
            try await same("raise") { [now] in
                try await $0.raise(
                    Alarm(code: code, partner: partner, messageID: message, detail: detail, at: now))
                return true
            }
        }
    }

    private mutating func keepValidationData() async throws {
        var objects: [ValidationObject] = []
        for _ in 0...draw(0...4) {
            let ordinal = draw(1...8)
            // The same object may be used for something else another time.
            let kind = ValidationObject.Kind.allCases[draw(0...ValidationObject.Kind.allCases.count - 1)]
            objects.append(
                ValidationObject(kind, digest: Sample.digest("object \(ordinal)"), der: [UInt8(ordinal)]))
        }
        let since = now + Milliseconds(Int64(draw(-5_000...0)))
        try await same("validation") { [objects, now] in
            try await $0.keepValidationData(objects, since: since, at: now)
            return true
        }
        let moment = now + Milliseconds(Int64(draw(-90_000...20_000)))
        try await same("validation data") { try await $0.validationData(at: moment) }
        try await same("validation objects") {
            try await $0.validationObjects(Set((1...9).map { Sample.digest("object \($0)") }))
        }
    }

    private mutating func reissue() async throws {
        let highest = try await first.account(with: Community.avim).highestSeen.value
        let number = UInt64(draw(1...Int(highest) + 1))
        let query = ReceptionQuery(
            item: ChannelItem(
                number: SequenceNumber(number), messageID: try Sample.message(Int(number), from: Community.avim).id,
                messageDigest: try Sample.message(Int(number), from: Community.avim).digest))
        let facts = try await same("facts") { try await $0.receptionFacts([query], from: Community.avim) }
        guard let slot = facts?.first?.slot, slot.item == query.item else { return }
        let fresh: KeptAnswer
        switch slot.answer {
        case .receipt: fresh = .receipt([UInt8(draw(1...200))])
        case .refusal(let code, _): fresh = .refusal(code, [UInt8(draw(1...200))])
        case .noted: return
        }
        try await same("reissue") { [now, limits] in
            try await $0.receive(
                [
                    ReceptionProposal(
                        query: query, examination: .lapsed(slot.answer), verdict: .reissue(slot.answer), answer: fresh)
                ], from: Community.avim, limits: limits, now: Sample.now(now))
        }
    }

    private mutating func reopen() async throws {
        try await end()
        openings += 1
        (first, second) = try await Self.open(openings, now: now, limits: storeLimits)
        readers = (first.events.makeAsyncIterator(), second.events.makeAsyncIterator())
        try await same("opening") { $0.opening }
    }

    /// Closes both: they have the same audit log, and told the same.
    mutating func end() async throws {
        try await same("audit log") { try await $0.verifyAuditChain() }
        try await first.close()
        try await second.close()
        var told: (first: [LedgerEvent], second: [LedgerEvent]) = ([], [])
        while let event = await readers.0.next() { told.first.append(event) }
        while let event = await readers.1.next() { told.second.append(event) }
        compare("events", told.first, told.second)
    }

    // MARK: Comparing

    /// What was answered, or the code of the error.
    private enum Outcome<Value: Equatable>: Equatable {
        case answer(Value)
        case error(StoreError.Code)
    }

    /// Asks both the same.
    ///
    /// - Returns: the answer of both; `nil` where it was an error.
    @discardableResult
    private mutating func same<Value: Equatable>(
        _ what: String, _ ask: (any ExchangeLedger) async throws -> Value
    ) async throws -> Value? {
        func outcome(_ ledger: any ExchangeLedger) async throws -> Outcome<Value> {
            do { return .answer(try await ask(ledger)) } catch let error as StoreError { return .error(error.code) }
        }
        let (one, other) = (try await outcome(first), try await outcome(second))
        compare(what, one, other)
        if case .answer(let value) = one { return value }
        return nil
    }

    private mutating func compare<Value: Equatable>(_ what: String, _ one: Value, _ other: Value) {
        guard one != other, difference == nil else { return }
        difference = "\(what): SQLite \(one), memory \(other)"
    }

    private struct List<Entry: Equatable & Sendable>: Equatable {
        let entries: [Entry]
        let next: ListPosition?

        init(_ page: Page<Entry>) {
            entries = page.entries
            next = page.next
        }
    }

    private struct Due: Equatable {
        let items: [ChannelItem]
        let told: [String]
        let envelopes: [StoredEnvelope]
        let runningDigest: Digest
        let nextDue: Timestamp?

        init(_ due: DueDeliveries) {
            items = due.items.map(\.item)
            told = due.items.map { "\($0.kind) \($0.reason) \($0.caseReference)" }
            envelopes = due.items.map(\.envelope)
            runningDigest = due.runningDigest
            nextDue = due.nextDue
        }
    }

    /// All that a node asks of its store, and all pages that people see.
    private mutating func compareLists() async throws {
        let now = now
        try await same("partners") { try await $0.partners() }
        try await same("withdrawn") { try await $0.withdrawnCount() }
        try await same("held") { try await $0.heldCount() }
        try await same("consumers") { try await $0.consumers() }
        for includingCleared in [true, false] {
            try await same("alarms") { try await $0.alarms(includingCleared: includingCleared) }
        }
        for feed in FeedName.allCases { try await same("last of \(feed)") { try await $0.lastPosition(of: feed) } }
        try await same("delivery feed") { try await $0.deliveryFeed(after: .start, maximumItems: 1000) }
        for partner in Self.partners {
            try await same("answered") { try await $0.answeredNumbers(of: partner) }
            try await same("books") { try await $0.books(with: partner, against: nil, maximumItems: 3) }
            let (items, bytes) = (draw([3, 64]), draw([400, 1 << 20]))
            try await same("due") {
                Due(try await $0.due(for: partner, now: now, maximumItems: items, maximumBytes: bytes))
            }
        }
        try await compareInbox()
        try await compareDeliveries()
        let reference = draw(Self.cases)
        try await same("last messages") { try await $0.lastMessages(in: reference, to: Self.partners) }
        try await same("case queries") { try await $0.caseQueries(after: nil, maximumItems: 5) }
        try await same("node messages") { try await $0.nodeMessages(in: reference, maximumItems: 5) }
        let (own, received) = (
            try Sample.message(draw(accepted)).id, try Sample.message(draw(proposed), from: Community.avim).id
        )
        try await same("receipted") { try await $0.receipted(among: [own, received]) }
        try await same("co-recipients") { try await $0.coRecipients(of: received) }
        try await same("awaited") { try await $0.awaitedMessages(in: reference, maximumItems: 5) }
        try await same("watched") { try await $0.watched(after: nil, maximumItems: 1000) }
        try await same("proofs") { try await $0.proofs(of: received, to: Community.avim) }
        for id in [own, received] {
            try await same("message") { ledger -> [String] in
                try await ledger.message(id).map { ["\($0.message)", "\($0.isOutgoing)", "\($0.keptAt)"] } ?? []
            }
        }
    }

    private mutating func compareInbox() async throws {
        let now = now
        var filter = InboxFilter()
        filter.states = isDrawn(50) ? InboxState.allCases : [draw(InboxState.allCases), draw(InboxState.allCases)]
        filter.maximumItems = draw([1, 7, 1000])
        repeat {
            let page = try await same("inbox") { [filter] in List(try await $0.inbox(filter, now: now)) }
            filter.after = page?.next
        } while filter.after != nil && isDrawn(80)
        filter.id = try Sample.message(draw(proposed), from: Community.avim).id
        try await same("inbox of one") { [filter] in List(try await $0.inbox(filter, now: now)) }
    }

    private mutating func compareDeliveries() async throws {
        var filter = DeliveryFilter()
        filter.onlyOpen = isDrawn(50)
        if isDrawn(50) { filter.partner = draw(Self.partners) }
        if isDrawn(30) { filter.caseReference = draw(Self.cases) }
        if isDrawn(10) { filter.messageID = try Sample.message(draw(accepted)).id }
        filter.maximumItems = draw([1, 7, 1000])
        repeat {
            let page = try await same("deliveries") { [filter] in List(try await $0.deliveries(filter)) }
            filter.after = page?.next
        } while filter.after != nil && isDrawn(80)
        let key = DeliveryKey(partner: draw(Self.partners), number: SequenceNumber(UInt64(draw(0...60))))
        try await same("delivery") { try await $0.delivery(key) }
    }
}

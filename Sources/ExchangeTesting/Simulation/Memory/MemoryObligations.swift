package import ExchangeCore
package import ExchangeStore

extension MemoryLedger {
    package func looksDue(by moment: Timestamp, maximumItems: Int) async throws -> [MessageID] {
        try read().clocksDue.ascending.rows(atMost: maximumItems) { $0.first <= moment }.map(\.key.second)
    }

    package func look(
        at messages: [MessageID], by rules: ObligationRules, now: Now
    ) async throws -> [(message: MessageID, step: TakenStep)] {
        try write(at: now.wall) { try $0.look(at: messages, by: rules, now: now.wall) }
    }

    package func watched(after message: MessageID?, maximumItems: Int) async throws -> [MessageID] {
        let clocks = try read().clocks
        let walk = message.map { clocks.ascending(after: $0) } ?? clocks.ascending
        return walk.rows(atMost: maximumItems) { _ in true }.map(\.key)
    }

    package func obligationFacts(of message: MessageID, by rules: ObligationRules) async throws -> ObligationFacts? {
        let store = try read()
        guard let type = store.messages[message]?.summary.type else { return nil }
        return store.obligationFacts(for: message, expecting: rules.expectedCodes(after: type))
    }

    package func escalations(of message: MessageID) async throws -> [EscalationEntry] {
        try read().escalations(of: message)
    }

    package func escalationFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<NumberedEscalation>] {
        let store = try read()
        return FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
            store.escalationFeed.ascending(after: Pair(priority.rank, number)).rows(atMost: count) {
                $0.first == priority.rank
            }.compactMap { key, _ in store.numbered(key.second).map { (number: key.second, entry: $0) } }
        }
    }

    package func escalations(after number: Int64?, maximumItems: Int) async throws -> [NumberedEscalation] {
        let store = try read()
        let first = number ?? Int64(store.escalations.count - min(maximumItems, store.escalations.count))
        return store.escalations.ascending(after: first).rows(atMost: maximumItems) { _ in true }
            .compactMap { store.numbered($0.key) }
    }

    package func noteTold(
        _ message: MessageID, to partner: OIN, role: String, told: Timestamp, by actor: ActorID, at: Timestamp
    ) async throws -> Bool {
        try write(at: at) { try $0.noteTold(message, to: partner, role: role, told: told, by: actor) }
    }

    package func caseQueries(after query: MessageID?, maximumItems: Int) async throws -> [ReceivedCaseQuery] {
        let store = try read()
        let place = query.flatMap { store.messages[$0]?.ordinal } ?? 0
        return store.caseQueries.ascending(after: place).rows(atMost: maximumItems) { _ in true }.map { row in
            ReceivedCaseQuery(
                query: row.value, isAnswered: store.submissions.contains(CaseQuery.answerKey(of: row.value)))
        }
    }

    package func messages(
        in references: [CaseReference], ofTypes codes: [String]?, maximumItems: Int
    ) async throws -> [CaseMessage] {
        let store = try read()
        let found = references.flatMap { store.messages(of: $0) }.sorted { $0.ordinal < $1.ordinal }.filter {
            codes?.contains($0.summary.type.code) ?? $0.summary.isHandedOver
        }
        return found.suffix(maximumItems).map { row in
            CaseMessage(
                message: row.summary, isOutgoing: row.isOutgoing, keptAt: row.keptAt,
                inbox: store.inbox[row.summary.id].map {
                    InboxStanding(state: $0.state, role: $0.role, movedAt: $0.movedAt)
                })
        }
    }
}

extension MemoryStore {
    fileprivate func messages(of reference: CaseReference) -> [StoredMessage] {
        caseMessages.ascending(from: Pair(reference, 0)).rows { $0.first == reference }
            .compactMap { messages[$0.value] }
    }

    func escalations(of message: MessageID) -> [EscalationEntry] {
        escalationsOfMessage.ascending(from: Pair(message, 0)).rows { $0.first == message }
            .compactMap { escalations[$0.key.second] }
    }

    func numbered(_ number: Int64) -> NumberedEscalation? {
        guard let entry = escalations[number], let message = messages[entry.message]?.summary else { return nil }
        return NumberedEscalation(number: number, message: message, entry: entry)
    }

    fileprivate func obligationFacts(for message: MessageID, expecting codes: [String]) -> ObligationFacts? {
        messages[message].map { kept in
            ObligationFacts(
                message: kept.summary, isOutgoing: kept.isOutgoing, keptAt: kept.keptAt, sent: sent(message),
                inbox: inbox[message]?.state, asked: asked[message] ?? [],
                answers: codes.isEmpty
                    ? []
                    : codes.flatMap { code in
                        messages(of: kept.summary.caseReference)
                            .filter { $0.ordinal > kept.ordinal && $0.summary.type.code == code }
                            .map { answer($0, to: kept.summary) }
                    },
                taken: escalations(of: message).taken,
                alarms: alarmEntries(includingCleared: false).map(\.alarm)
                    .filter { $0.code == .acknowledgementOverdue && $0.messageID == message }.map(\.partner)
                    .sorted { ($0?.text ?? "") < ($1?.text ?? "") }, escalations: escalations(of: message).open)
        }
    }

    private func sent(_ message: MessageID) -> [ObligationFacts.Sent] {
        deliveries(of: message).map { row in
            ObligationFacts.Sent(
                recipient: row.recipient, transport: row.transport, followUp: row.followUp,
                acceptedAt: row.acceptedAt, receiptedAt: row.receiptedAt)
        }
    }

    private func answer(_ row: StoredMessage, to message: MessageSummary) -> ObligationFacts.Answer {
        ObligationFacts.Answer(
            code: row.summary.type.code, sender: row.isOutgoing ? nil : row.summary.sender.oin,
            isAcknowledged: !row.isOutgoing || sent(row.summary.id).areAcknowledged(row.summary.wanted),
            keptAt: row.keptAt, asked: row.summary.type.code == message.type.code ? asked[row.summary.id] ?? [] : [])
    }

    /// Keeps the clock of a message, in all the orders in which it is found; `nil` takes it away.
    fileprivate mutating func set(_ clock: StoredClock?, of message: MessageID) {
        if let old = clocks[message] {
            clocksDue[Pair(old.lookAt, message)] = nil
            escalated[Pair(old.caseReference, message)] = nil
        }
        clocks[message] = clock
        guard let clock else { return }
        clocksDue[Pair(clock.lookAt, message)] = ()
        if clock.isEscalated { escalated[Pair(clock.caseReference, message)] = () }
    }
}

extension MemoryTransaction {
    func messageType(of message: MessageID) -> MessageType? { store.messages[message]?.summary.type }

    func obligationFacts(for message: MessageID, expecting codes: [String]) -> ObligationFacts? {
        store.obligationFacts(for: message, expecting: codes)
    }

    mutating func watch(_ message: MessageID) {
        guard let reference = store.messages[message]?.summary.caseReference else { return }
        if store.clocks[message] == nil {
            store.set(
                StoredClock(caseReference: reference, lookAt: at + limits.obligationFirstLook), of: message)
        }
        for (key, _) in store.escalated.ascending(from: Pair(reference, .lowest)).rows(while: { $0.first == reference })
        {
            guard var clock = store.clocks[key.second] else { continue }
            clock.lookAt = Timestamp(milliseconds: 0)
            store.set(clock, of: key.second)
        }
    }

    mutating func watch(_ key: DeliveryKey) throws {
        guard let row = store.deliveryRow(key) else { return }
        watch(row.messageID)
    }

    mutating func lookAgain(at message: MessageID, when: Timestamp?, isEscalated: Bool) throws {
        guard let when else { return store.set(nil, of: message) }
        guard var clock = store.clocks[message] else { throw StoreError.invariant("no such clock of \(message)") }
        clock.lookAt = when
        clock.isEscalated = isEscalated
        store.set(clock, of: message)
    }

    mutating func keep(_ asked: [AskedAnswer], of message: MessageID) throws {
        func key(_ answer: AskedAnswer) -> Pair<String, String> { Pair(answer.code, answer.debtor?.text ?? "") }
        let rows = ((store.asked[message] ?? []) + asked).sorted { key($0) < key($1) }
        guard store.messages.contains(message), zip(rows, rows.dropFirst()).allSatisfy({ key($0) < key($1) }) else {
            throw StoreError.invariant("a content asks each once for an answer")
        }
        store.asked[message] = rows.isEmpty ? nil : rows
    }

    mutating func keep(_ escalation: EscalationEntry) throws {
        let before = store.escalations(of: escalation.message)
        if case .step = escalation.kind,
            before.contains(where: { $0.kind == escalation.kind && $0.debtor == escalation.debtor })
        {
            throw StoreError.invariant("a step of the ladder is taken once")
        }
        guard let message = store.messages[escalation.message] else {
            throw StoreError.invariant("no such message \(escalation.message)")
        }
        let number = Int64(store.escalations.count) + 1
        store.escalations[number] = escalation
        store.escalationsOfMessage[Pair(escalation.message, number)] = ()
        store.escalationFeed[Pair(message.summary.priority.rank, number)] = ()
        let lane = EscalationLane(debtor: escalation.debtor, sender: message.summary.sender.oin)
        store.escalationLanes[Triple(message.summary.priority.rank, lane, number)] = ()
        tell(.alarmsChanged)
    }
}

extension MessageID {
    /// Before every other.
    fileprivate static let lowest = MessageID(at: Timestamp(milliseconds: 0), random: Bytes16(high: 0, low: 0))
}

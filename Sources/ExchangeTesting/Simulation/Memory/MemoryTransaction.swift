import ExchangeCore
import ExchangeStore

/// One transaction on a copy of a store, and what to tell once that is durable. Where it throws, whoever asked for it goes on
/// with the store as it was.
struct MemoryTransaction: StoreTransaction {
    var store: MemoryStore
    let digest: DigestFunction
    let limits: StoreLimits
    /// The time of the operation, for rows that say when they were made.
    let at: Timestamp
    private(set) var events: [LedgerEvent] = []
    /// What is more than one transaction does; all of it of the operation's partner.
    var unfinished = UnfinishedSteps()
    /// How many rows it may still move that follow from what it wrote.
    private var stepsLeft: Int

    init(_ store: MemoryStore, digest: @escaping DigestFunction, limits: StoreLimits, at: Timestamp) {
        self.store = store
        self.digest = digest
        self.limits = limits
        self.at = at
        stepsLeft = limits.operationMaximumSteps
    }

    /// - Returns: whether there is a step left; then it is taken.
    mutating func takeStep() -> Bool {
        guard stepsLeft > 0 else { return false }
        stepsLeft -= 1
        return true
    }

    mutating func tell(_ event: LedgerEvent) { events.append(event) }

    // MARK: Facts

    func acceptanceFacts(for request: AcceptanceRequest) -> AcceptanceFacts { store.acceptanceFacts(for: request) }
    func deliveryFacts(for key: DeliveryKey) throws -> DeliveryFacts? { try store.deliveryFacts(for: key) }
    func receptionFacts(for query: ReceptionQuery, from partner: OIN) -> ReceptionFacts {
        store.receptionFacts(for: query, from: partner)
    }
    func tallyFacts(for tally: Tally) -> TallyFacts { store.tallyFacts(for: tally) }
    func recoveryFacts(for item: ChannelItem, with partner: OIN) -> RecoveryFacts {
        store.recoveryFacts(for: item, with: partner)
    }
    func channelStanding(with partner: OIN) -> ChannelStanding { store.channelStanding(with: partner) }

    // MARK: Changes

    mutating func keep(_ message: MessageSummary, envelope: [UInt8], isOutgoing: Bool) throws {
        guard !store.messages.contains(message.id) else { throw StoreError.invariant("message \(message.id) is here") }
        let ordinal = Int64(store.messages.count) + 1
        store.messages[message.id] = StoredMessage(
            ordinal: ordinal, summary: message, envelope: envelope,
            envelopeDigest: StoredEnvelope.digest(of: envelope, using: digest), isOutgoing: isOutgoing, keptAt: at)
        store.caseMessages[Pair(message.caseReference, ordinal)] = message.id
        if !message.isHandedOver { store.nodeMessages[Pair(message.caseReference, ordinal)] = message.id }
        guard !isOutgoing, CaseQuery.isQueryOrAnswer(message.type) else { return }
        if message.type.code == CaseQuery.type.code { store.caseQueries[ordinal] = message.id }
        tell(.caseQueryArrived)
    }

    mutating func note(_ actor: ActorID, of message: MessageID, step: MessageID?) throws {
        for row in store.deliveries(of: message) { try change(row) { $0.actor = actor.text } }
        guard let step else { return }
        try changeInbox(step) { $0.actor = actor.text }
    }

    mutating func keep(caseKey: [UInt8], of reference: CaseReference) throws {
        guard !caseKey.isEmpty, !store.caseKeys.contains(reference) else {
            throw StoreError.invariant("a case has one key, which is not empty")
        }
        store.caseKeys[reference] = caseKey
    }

    mutating func keep(_ usage: InboundUsage, of partner: OIN) { store.change(partner) { $0.usage = usage } }

    mutating func countDuplicate(from partner: OIN) { store.change(partner) { $0.duplicates += 1 } }

    mutating func keep(_ claim: IdempotencyClaim, for message: MessageID) throws {
        guard !store.submissions.contains(claim.key), store.messages.contains(message) else {
            throw StoreError.invariant("a key stands for one submission")
        }
        store.submissions[claim.key] = StoredSubmission(digest: claim.submissionDigest, message: message)
    }
}

extension MemoryStore {
    /// Changes a partner's row. A partner has one from the first thing that is written of it.
    mutating func change<Value>(_ partner: OIN, _ body: (inout StoredPartner) throws -> Value) rethrows -> Value {
        var row = partners[partner] ?? StoredPartner()
        let value = try body(&row)
        partners[partner] = row
        return value
    }
}

extension SequenceNumber {
    /// - Throws: `invariant-violated` beyond ``ProtocolLimits/sequenceNumberMaximum``, which no store holds.
    func held() throws(StoreError) -> Int64 {
        guard let number = Int64(exactly: value) else { throw .invariant("number \(value) is out of range") }
        return number
    }
}

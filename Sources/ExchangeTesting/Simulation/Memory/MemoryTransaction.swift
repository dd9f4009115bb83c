import ExchangeCore
import ExchangeStore

/// Applies the core's changes to a copy of a store, and collects what to tell once that is durable.
///
/// It decides nothing. Where a change does not apply it throws, and whoever asked for it goes on with the store as it was.
struct MemoryTransaction {
    var store: MemoryStore
    let digest: DigestFunction
    let limits: StoreLimits
    /// The time of the operation, for rows that say when they were made.
    let at: Timestamp
    private(set) var events: [LedgerEvent] = []
    /// What is more than one transaction does; all of it of the operation's partner.
    var unfinished = Unfinished()
    /// How many rows it may still move that follow from what it wrote.
    private var stepsLeft: Int

    struct Unfinished: Sendable {
        /// Whether the channel's contiguous position has further to go.
        var hasMoreToAdvance = false
        /// Messages whose successors are still to be let go.
        var toRelease: [MessageID] = []

        var isEmpty: Bool { !hasMoreToAdvance && toRelease.isEmpty }
    }

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

    mutating func apply(_ changes: [LedgerChange]) throws {
        for change in changes { try apply(change) }
    }

    private mutating func apply(_ change: LedgerChange) throws {
        switch change {
        case .keepCaseKey(let key, let reference): try keep(caseKey: key, of: reference)
        case .keepMessage(let message, let envelope, let isOutgoing):
            try keep(message, envelope: envelope, isOutgoing: isOutgoing)
        case .noteActor(let actor, let message, let step): try note(actor, of: message, step: step)
        case .openDelivery(let message, let recipient): try openDelivery(of: message, to: recipient)
        case .claimIdempotencyKey(let claim, let message): try keep(claim, for: message)
        case .fillSlot(let partner, let item, let answer): try fillSlot(from: partner, item, answer)
        case .countUsage(let partner, let usage): store.change(partner) { $0.usage = usage }
        case .reissueProof(let partner, let number, let proof): try reissueProof(to: partner, number, proof)
        case .handOver(let message, let availableAt, let awaited):
            try handOver(message, availableAt: availableAt, awaiting: awaited)
        case .releaseSuccessors(let message, let partner, let at):
            try releaseSuccessors(of: [message], from: partner, at: at)
        case .alignSuccessors(let message, let partner, let until):
            try alignSuccessors(of: message, from: partner, until: until)
        case .moveTransport(let key, let state, let proof, let detail, let at):
            try moveTransport(of: key, to: state, proof: proof, detail: detail, at: at)
        case .declare(let key, let state, let reason, let isToBeTold):
            try declare(key, state, reason: reason, isToBeTold: isToBeTold)
        case .endDeclaration(let key): try endDeclaration(of: key)
        case .deferDelivery(let key, let until, let detail, let isAttempt):
            try deferDelivery(key, until: until, detail: detail, isAttempt: isAttempt)
        case .moveFollowUp(let message, let partner, let state, let role, let acknowledgement, let at):
            try moveFollowUp(
                of: message, by: partner, to: state, role: role, acknowledgement: acknowledgement, at: at)
        case .moveInbox(let message, let state, let role, let at):
            try moveInbox(message, to: state, role: role, at: at)
        case .keepIncarnation(let seen, let skipped, let partner): try keep(seen, skipping: skipped, of: partner)
        case .keepTally(let partner, let incarnation, let signed, let agreement):
            try keepTally(from: partner, incarnation, signed: signed, agreement)
        case .raiseAlarm(let alarm): raise(alarm)
        case .clearAlarm(let code, let partner, let messageID):
            clear(code, partner: partner, messageID: messageID, at: at)
        case .appendLeaf(let leaf): append(leaf)
        }
    }

    private mutating func keep(_ message: MessageSummary, envelope: [UInt8], isOutgoing: Bool) throws {
        guard !store.messages.contains(message.id) else { throw StoreError.invariant("message \(message.id) is here") }
        let ordinal = Int64(store.messages.count) + 1
        store.messages[message.id] = StoredMessage(
            ordinal: ordinal, summary: message, envelope: envelope, isOutgoing: isOutgoing, keptAt: at)
        if !message.isHandedOver { store.nodeMessages[Pair(message.caseReference, ordinal)] = message.id }
    }

    private mutating func note(_ actor: ActorID, of message: MessageID, step: MessageID?) throws {
        for row in store.deliveries(of: message) { try change(row) { $0.actor = actor.text } }
        guard let step else { return }
        try changeInbox(step) { $0.actor = actor.text }
    }

    private mutating func keep(caseKey: [UInt8], of reference: CaseReference) throws {
        guard !caseKey.isEmpty, !store.caseKeys.contains(reference) else {
            throw StoreError.invariant("a case has one key, which is not empty")
        }
        store.caseKeys[reference] = caseKey
    }

    private mutating func keep(_ claim: IdempotencyClaim, for message: MessageID) throws {
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

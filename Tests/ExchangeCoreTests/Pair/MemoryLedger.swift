import ExchangeCore

/// A ledger in memory, written apart from every real store: it applies the core's changes literally, and complains
/// where a change would overwrite what must stand. Writes reach the "disk" at ``sync()``; a crash loses those that did not.
struct MemoryLedger {
    struct Delivery {
        let item: ChannelItem
        let summary: MessageSummary
        let recipient: Party
        var transport = TransportState.open
        var followUp = FollowUp.none
        var attempts = 0
        var dueAt: Timestamp
        /// Whether the recipient still has to be told something: the message, or that its number is void or held.
        var isOutstanding = true
        var proof: [UInt8] = []
        /// When its receipt came.
        var receiptedAt: Timestamp?

        var declaredKind: ItemKind {
            switch transport {
            case .held: .held
            case .withdrawn: .void
            case .open, .receipted, .refused: .message
            }
        }

        var isSettled: Bool { !isOutstanding }
    }

    struct InboxRow {
        let summary: MessageSummary
        var state = InboxState.ready
        var availableAt: Timestamp
        var awaiting: MessageID?
        /// Rises with each hand-over and each release: among those available at one moment, the order to take them in.
        var turn: Int
    }

    struct AlarmKey: Hashable {
        let code: AlarmCode
        let messageID: MessageID?
    }

    /// Everything that stands on the disk. Dictionaries are looked up, never walked, so that runs repeat.
    struct State {
        var incarnation: IncarnationID
        var predecessors: [PredecessorClaim] = []
        var outgoing: [Delivery] = []
        var issued: [ChannelPosition] = [.start]
        var envelopes: [Digest: [UInt8]] = [:]
        var sentIDs: Set<MessageID> = []
        var slots: [UInt64: FilledSlot] = [:]
        var received: [ChannelPosition] = [.start]
        var highestSeen = SequenceNumber.none
        var usage = InboundUsage.none
        var receivedByID: [MessageID: (summary: MessageSummary, number: UInt64)] = [:]
        var inbox: [MessageID: InboxRow] = [:]
        var inboxOrder: [MessageID] = []
        var lastTurn = 0
        var claims: [String: (message: MessageID, submission: Digest)] = [:]
        var alarms: [AlarmKey: Int] = [:]
        var leafChain = Digest.zero
        var leafCount = 0
        var partnerIncarnations: [KeptIncarnation] = []
        /// What comparing the partner's last tally showed.
        var agreement: PairAgreement?
    }

    private(set) var current: State
    private(set) var durable: State
    /// Changes since the last sync.
    private(set) var unsynced = 0
    /// What a change would have destroyed; any entry fails a run.
    private(set) var violations: [String] = []

    init(incarnation: IncarnationID) {
        current = State(incarnation: incarnation)
        durable = current
    }

    mutating func sync() {
        durable = current
        unsynced = 0
    }

    /// Loses what was not synced, and says how many changes that were.
    mutating func crash() -> Int {
        defer { unsynced = 0 }
        current = durable
        return unsynced
    }

    /// Puts an older disk back, as a restore from a backup does.
    mutating func restore(_ state: State) {
        current = state
        durable = state
        unsynced = 0
    }

    /// Opens the store: a fresh incarnation that names those before and where each ended.
    mutating func open(_ incarnation: IncarnationID) {
        let last = PredecessorClaim(
            incarnation: current.incarnation, last: current.issued[current.issued.count - 1])
        current.predecessors = Array(([last] + current.predecessors).prefix(ProtocolLimits.tallyMaximumPredecessors))
        current.incarnation = incarnation
        sync()
    }

    /// One transaction.
    mutating func commit(_ changes: [LedgerChange]) {
        for change in changes { apply(change) }
        unsynced += changes.count
    }

    private mutating func apply(_ change: LedgerChange) {
        switch change {
        case .keepMessage(let summary, let envelope, isOutgoing: true):
            current.sentIDs.insert(summary.id)
            current.envelopes[summary.digest] = envelope
        case .keepMessage(let summary, let envelope, isOutgoing: false):
            if current.receivedByID[summary.id] != nil { violations.append("message \(summary.id) is overwritten") }
            current.receivedByID[summary.id] = (summary, 0)
            current.envelopes[summary.digest] = envelope
        // Nobody in the pair looks at who it was.
        case .noteActor: break
        case .openDelivery(let summary, let party): open(summary, to: party)
        case .claimIdempotencyKey(let claim, let id): current.claims[claim.key] = (id, claim.submissionDigest)
        case .keepCaseKey: violations.append("a key is kept, and nothing of the pair is sealed")
        case .fillSlot(_, let item, let answer): fill(item, answer)
        case .reissueProof(_, let number, _):
            violations.append("\(number) is answered anew, and no key of the pair lapses")
        case .handOver(let summary, let availableAt, let awaiting, _):
            if current.inbox[summary.id] != nil { violations.append("message \(summary.id) is handed over twice") }
            current.lastTurn += 1
            current.inbox[summary.id] = InboxRow(
                summary: summary, availableAt: availableAt, awaiting: awaiting, turn: current.lastTurn)
            current.inboxOrder.append(summary.id)
        case .countUsage(_, let usage): current.usage = usage
        case .releaseSuccessors(let id, _, let at): release(successorsOf: id, at: at)
        case .alignSuccessors(let id, _, let until):
            var seen: Set = [id]
            align(successorsOf: id, until: until, seen: &seen)
        case .moveTransport(let key, let state, let proof, _, let at):
            let index = Int(key.number.value) - 1
            if current.outgoing[index].transport == .receipted { violations.append("\(key.number) leaves receipted") }
            current.outgoing[index].transport = state
            current.outgoing[index].isOutstanding = false
            current.outgoing[index].proof = proof
            if state == .receipted { current.outgoing[index].receiptedAt = at }
        case .declare(let key, let state, _, let isToBeTold):
            let index = Int(key.number.value) - 1
            current.outgoing[index].transport = state
            current.outgoing[index].isOutstanding = isToBeTold
            current.outgoing[index].dueAt = Timestamp(milliseconds: 0)
        case .endDeclaration(let key): current.outgoing[Int(key.number.value) - 1].isOutstanding = false
        case .deferDelivery(let key, let until, _, let isAttempt):
            if isAttempt { current.outgoing[Int(key.number.value) - 1].attempts += 1 }
            current.outgoing[Int(key.number.value) - 1].dueAt = until
        case .moveFollowUp(let id, _, let state, _, _, _):
            for index in current.outgoing.indices where current.outgoing[index].item.messageID == id {
                if current.outgoing[index].followUp == .concluded { violations.append("follow-up of \(id) moves back") }
                current.outgoing[index].followUp = state
            }
        case .moveInbox(let id, let state, _, _): current.inbox[id]?.state = state
        case .keepCoRecipients, .keepWord: violations.append("another recipient is kept, and a pair has none")
        case .keepIncarnation(let seen, let skipped, _): keep(seen, skipping: skipped)
        case .keepTally(_, _, _, let agreement): current.agreement = agreement ?? current.agreement
        // A store that is put back is found out; getting back what it lost is for the simulation of whole nodes.
        case .noteRunning, .sendAgain, .endRefill, .deferRefill, .confirmChannel, .beginRecovery, .placeDelivery,
            .adoptNumbers, .openRecoveredDelivery, .declareWaiting, .keepCover, .purgeContent, .replaceContent,
            .takeStep, .endEscalation, .lookAgain, .keepAsked, .keepLinks:
            break
        case .raiseAlarm(let alarm):
            current.alarms[AlarmKey(code: alarm.code, messageID: alarm.messageID), default: 0] += 1
        case .clearAlarm(let code, _, let messageID):
            current.alarms[AlarmKey(code: code, messageID: messageID)] = nil
        case .appendLeaf(let leaf):
            current.leafChain = FakeHash.digest(current.leafChain.bytes + leaf.wireBytes)
            current.leafCount += 1
        }
    }

    /// What an incarnation signed to once, it signed to: its highest position never goes back.
    private mutating func keep(_ seen: SeenIncarnation, skipping skipped: [IncarnationID]) {
        let place = current.partnerIncarnations.firstIndex { $0.seen.incarnation == seen.incarnation }
        guard let place else {
            current.partnerIncarnations.append(KeptIncarnation(seen: seen, skipped: skipped))
            return
        }
        let known = current.partnerIncarnations[place].seen
        guard seen.highest.number > known.highest.number else { return }
        current.partnerIncarnations[place].seen = SeenIncarnation(
            incarnation: known.incarnation, predecessor: known.predecessor, highest: seen.highest,
            firstSeen: known.firstSeen)
    }

    private mutating func open(_ summary: MessageSummary, to party: Party) {
        let last = current.issued[current.issued.count - 1]
        let item = ChannelItem(number: last.number.next, messageID: summary.id, messageDigest: summary.digest)
        current.issued.append(last.extended(by: item, using: FakeHash.digest))
        current.outgoing.append(
            Delivery(item: item, summary: summary, recipient: party, dueAt: Timestamp(milliseconds: 0)))
    }

    private mutating func fill(_ item: ChannelItem, _ answer: KeptAnswer) {
        if let slot = current.slots[item.number.value] {
            if slot.item != item { violations.append("number \(item.number) gets another message") }
            if case .noted(.held, _) = slot.answer {
            } else {
                violations.append("number \(item.number) is answered anew")
            }
        }
        current.slots[item.number.value] = FilledSlot(item: item, answer: answer)
        if case .receipt = answer, current.receivedByID[item.messageID]?.number == 0 {
            current.receivedByID[item.messageID]?.number = item.number.value
        }
        current.highestSeen = max(current.highestSeen, item.number)
        var last = current.received[current.received.count - 1]
        while let next = current.slots[last.number.value + 1] {
            last = last.extended(by: next.item, using: FakeHash.digest)
            current.received.append(last)
        }
    }

    /// A message that waits has those go on with it, and after it, that wait for it.
    private mutating func align(successorsOf id: MessageID, until: Timestamp, seen: inout Set<MessageID>) {
        for successor in current.inboxOrder where current.inbox[successor]?.awaiting == id {
            guard var row = current.inbox[successor], row.availableAt >= until, seen.insert(successor).inserted
            else { continue }
            current.lastTurn += 1
            row.turn = current.lastTurn
            row.availableAt = until
            current.inbox[successor] = row
            align(successorsOf: successor, until: until, seen: &seen)
        }
    }

    /// A message that is let go lets those go in turn that waited for it.
    private mutating func release(successorsOf id: MessageID, at: Timestamp) {
        for successor in current.inboxOrder where current.inbox[successor]?.awaiting == id {
            guard var row = current.inbox[successor] else { continue }
            row.awaiting = nil
            // What went on already keeps its turn; only its flag is taken away.
            if row.availableAt > at {
                current.lastTurn += 1
                row.turn = current.lastTurn
                row.availableAt = at
            }
            current.inbox[successor] = row
            release(successorsOf: successor, at: at)
        }
    }
}

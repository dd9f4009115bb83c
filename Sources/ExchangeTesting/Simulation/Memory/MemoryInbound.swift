import ExchangeCore
import ExchangeStore

extension MemoryTransaction {
    /// Fills a number of a partner's channel to us. Only a number that was declared held is filled a second time.
    mutating func fillSlot(from partner: OIN, _ item: ChannelItem, _ answer: KeptAnswer) throws {
        guard try item.number.held() > 0, answer.isSound else {
            throw StoreError.invariant("number \(item.number) and its answer")
        }
        let at = at
        let isNew = try store.change(partner) { row in
            if var slot = row.slots[item.number.value] {
                guard case .noted(.held, _) = slot.answer, slot.item == item else {
                    throw StoreError.invariant("an answer that was given is repeated, never changed")
                }
                slot.answer = answer
                row.slots[item.number.value] = slot
                return false
            }
            row.slots[item.number.value] = StoredSlot(
                ordinal: Int64(row.slots.count) + 1, item: item, answer: answer, filledAt: at)
            row.slotsOfMessage[Pair(item.messageID, item.number.value)] = ()
            try row.noteArrival(of: item.number)
            return true
        }
        if isNew { advance(partner) }
    }

    /// The slot itself stays as it is: what was once answered is evidence.
    mutating func reissueProof(to partner: OIN, _ number: SequenceNumber, _ proof: [UInt8]) throws {
        let at = at
        try store.change(partner) { row in
            guard var slot = row.slots[number.value], !proof.isEmpty else {
                throw StoreError.invariant("no such slot \(number) of \(partner)")
            }
            slot.reissued.append((proof, at))
            row.slots[number.value] = slot
        }
    }

    /// Moves the contiguous position while the next number is there, and keeps the running digest at each.
    mutating func advance(_ partner: OIN) {
        guard var row = store.partners[partner] else { return }
        let start = row.received
        while var slot = row.slots[row.received.number.next.value] {
            guard takeStep() else {
                unfinished.hasMoreToAdvance = true
                break
            }
            row.received = row.received.extended(by: slot.item, using: digest)
            slot.runningDigest = row.received.runningDigest
            row.slots[row.received.number.value] = slot
        }
        if row.received != start { store.partners[partner] = row }
    }

    mutating func handOver(
        _ message: MessageSummary, availableAt: Timestamp, awaiting: MessageID?, mayBeRepeated: Bool
    ) throws {
        guard !store.inbox.contains(message.id), store.messages.contains(message.id) else {
            throw StoreError.invariant("message \(message.id) stands once in the inbox")
        }
        store.put(
            StoredInboxEntry(
                messageID: message.id, priority: message.priority, receivedAt: at, availableAt: availableAt,
                awaited: awaiting, turn: store.nextTurn(), mayBeRepeated: mayBeRepeated), insteadOf: nil)
        tell(.inboxChanged(message.id))
    }

    /// Lets those of a partner go on that waited for messages, each after the one it waited for, and in turn those that
    /// waited for them. What went on already keeps its turn: only its flag is taken away.
    mutating func releaseSuccessors(of messages: [MessageID], from partner: OIN, at: Timestamp) throws {
        var released = messages
        var index = 0
        while index < released.count {
            for successor in store.successors(of: released[index], from: partner, atMost: mostSuccessors) {
                guard takeStep() else {
                    // Those that this one was let go with are asked for again: what went on waits no more.
                    unfinished.toRelease += released[index...]
                    return
                }
                var changed = successor
                if successor.availableAt > at { changed.turn = store.nextTurn() }
                changed.availableAt = min(successor.availableAt, at)
                changed.awaited = nil
                store.put(changed, insteadOf: successor)
                tell(.inboxChanged(successor.messageID))
                released.append(successor.messageID)
            }
            index += 1
        }
    }

    /// Has those of a partner go on after a message, and with it, that wait for it; one whose own wait ends before stays as
    /// it is. Those for which no step is left go on by their own time.
    mutating func alignSuccessors(of message: MessageID, from partner: OIN, until: Timestamp) throws {
        var aligned = [message]
        var index = 0
        // Two messages that name each other are a ring: each is aligned once.
        var seen: Set = [message]
        while index < aligned.count {
            for successor in store.successors(
                of: aligned[index], from: partner, availableFrom: until, atMost: mostSuccessors)
            where seen.insert(successor.messageID).inserted {
                guard takeStep() else { return }
                var changed = successor
                changed.turn = store.nextTurn()
                changed.availableAt = until
                store.put(changed, insteadOf: successor)
                tell(.inboxChanged(successor.messageID))
                aligned.append(successor.messageID)
            }
            index += 1
        }
    }

    /// No more than there are steps, and one to see that there are more.
    private var mostSuccessors: Int { limits.operationMaximumSteps + 1 }

    mutating func moveInbox(_ message: MessageID, to state: InboxState, role: String, at: Timestamp) throws {
        try changeInbox(message) { row in
            row.state = state
            row.role = role
            row.movedAt = at
        }
        tell(.inboxChanged(message))
    }

    mutating func changeInbox(_ message: MessageID, _ body: (inout StoredInboxEntry) -> Void) throws {
        guard let row = store.inbox[message] else { throw StoreError.invariant("no such inbox entry \(message)") }
        var changed = row
        body(&changed)
        store.put(changed, insteadOf: row)
    }
}

extension KeptAnswer {
    /// Whether a slot may hold it: what is signed has its proof, and a message is not noted.
    fileprivate var isSound: Bool {
        switch self {
        case .receipt(let proof), .refusal(_, let proof): !proof.isEmpty
        case .noted(let kind, _): kind != .message
        }
    }
}

extension StoredPartner {
    /// Keeps the ranges of missing numbers. In order, nothing changes but the highest number seen.
    fileprivate mutating func noteArrival(of number: SequenceNumber) throws {
        if number > highestSeen {
            if number > highestSeen.next { gaps[highestSeen.next.value] = number.previous.value }
            highestSeen = number
            return
        }
        let found = gaps.descending(from: number.value).first { _ in true }
        guard let gap = found, number.value <= gap.value else {
            throw StoreError.invariant("number \(number) was neither missing nor new")
        }
        gaps[gap.key] = nil
        if gap.key < number.value { gaps[gap.key] = number.previous.value }
        if number.value < gap.value { gaps[number.next.value] = gap.value }
    }
}

extension MemoryStore {
    fileprivate mutating func nextTurn() -> Int64 {
        lastTurn += 1
        return lastTurn
    }

    /// Those of a partner that wait for a message, in their order.
    fileprivate func successors(
        of message: MessageID, from partner: OIN, availableFrom: Timestamp? = nil, atMost count: Int
    ) -> [StoredInboxEntry] {
        var rows: [StoredInboxEntry] = []
        for (key, id) in awaiting.ascending(from: Pair(message, 0)) {
            guard key.first == message, rows.count < count else { break }
            guard let row = inbox[id], messages[id]?.summary.sender.oin == partner,
                availableFrom.map({ row.availableAt >= $0 }) ?? true
            else { continue }
            rows.append(row)
        }
        return rows
    }

    /// Keeps a row of the inbox and its places in the lists.
    mutating func put(_ row: StoredInboxEntry, insteadOf old: StoredInboxEntry?) {
        if let old {
            inboxList[old.listKey] = nil
            if let awaited = old.awaited { awaiting[Pair(awaited, old.turn)] = nil }
            if old.feedNumber == nil { unnumbered[old.turn] = nil }
        }
        inbox[row.messageID] = row
        inboxList[row.listKey] = row.messageID
        if let awaited = row.awaited { awaiting[Pair(awaited, row.turn)] = row.messageID }
        if let number = row.feedNumber {
            inboxFeed[Pair(row.priority.rank, number)] = row.messageID
        } else {
            unnumbered[row.turn] = row.messageID
        }
    }
}

extension StoredInboxEntry {
    fileprivate var listKey: Triple<String, Int, Int64> { Triple(state.rawValue, priority.rank, turn) }
}

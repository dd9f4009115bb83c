import ExchangeCore
import ExchangeStore

extension MemoryTransaction {
    /// Gives the next number of the recipient's channel.
    mutating func openDelivery(of message: MessageSummary, to recipient: Party, isRecovered: Bool) throws {
        guard let kept = store.messages[message.id] else { throw StoreError.invariant("no such message \(message.id)") }
        let last = store.partners[recipient.oin]?.issued ?? .start
        let item = ChannelItem(number: last.number.next, messageID: message.id, messageDigest: message.digest)
        // While the numbers before are got back there is no digest to go on from.
        let standing = store.channelStanding(with: recipient.oin)
        let position =
            standing.isRecovering
            ? ChannelPosition(number: item.number, runningDigest: .zero) : last.extended(by: item, using: digest)
        let row = StoredDelivery(
            ordinal: Int64(store.deliveries.count) + 1,
            key: DeliveryKey(partner: recipient.oin, number: position.number), messageID: message.id,
            recipient: recipient, caseReference: kept.summary.caseReference, priority: message.priority,
            envelopeBytes: kept.envelope.count, acceptedAt: at, runningDigest: position.runningDigest,
            nextAttempt: isRecovered && !standing.isConfirmed ? DueSelection.afterRecovery : 0)
        try store.insert(row)
        tell(.workArrived(recipient.oin))
        tell(.deliveryMoved(message.id))
    }

    /// Records an answer. Holding, releasing and withdrawing are ``declare(_:_:reason:isToBeTold:)``.
    mutating func moveTransport(
        of key: DeliveryKey, to state: TransportState, proof: [UInt8], detail: String, at: Timestamp
    ) throws {
        try changeDelivery(key) { row in
            row.transport = state
            row.isOutstanding = false
            row.nextAttempt = 0
            row.proof = proof
            row.detail = detail
            if state == .receipted { row.receiptedAt = at }
        }
        tellMoved(key)
    }

    /// Holds, releases or withdraws.
    mutating func declare(_ key: DeliveryKey, _ state: TransportState, reason: String, isToBeTold: Bool) throws {
        try changeDelivery(key) { row in
            row.transport = state
            row.isOutstanding = isToBeTold
            row.nextAttempt = 0
            row.declaredReason = reason
        }
        tell(.workArrived(key.partner))
        tellMoved(key)
    }

    mutating func deferDelivery(_ key: DeliveryKey, until: Timestamp, detail: String, isAttempt: Bool) throws {
        try changeDelivery(key) { row in
            row.nextAttempt = max(until.milliseconds, 1)
            row.attempts += isAttempt ? 1 : 0
            row.detail = detail
        }
        if isAttempt { store.change(key.partner) { $0.attempts += 1 } }
        tellMoved(key)
    }

    /// Notes an attempt that got no answer. When the next is, its partner's link decides: it is put off there.
    mutating func recordAttempt(_ key: DeliveryKey, detail: String) throws {
        try changeDelivery(key) { row in
            row.attempts += 1
            row.detail = detail
        }
        store.change(key.partner) { $0.attempts += 1 }
        tellMoved(key)
    }

    /// The partner knows that a number is held or void.
    mutating func endDeclaration(of key: DeliveryKey) throws {
        try changeDelivery(key) { row in
            row.isOutstanding = false
            row.nextAttempt = 0
        }
    }

    mutating func moveFollowUp(
        of message: MessageID, by partner: OIN, to state: FollowUp, role: String, acknowledgement: MessageID,
        at: Timestamp
    ) throws {
        let rows = store.deliveries(of: message).filter { $0.key.partner == partner }
        guard !rows.isEmpty else { throw StoreError.invariant("no delivery of \(message) to \(partner)") }
        for row in rows {
            try change(row) { row in
                row.followUp = state
                if !role.isEmpty { row.followUpRole = role }
                row.followUpMessage = acknowledgement
                if state == .owned { row.ownedAt = at }
                if state == .declined { row.declinedAt = at }
                if state == .concluded { row.concludedAt = at }
            }
        }
        tell(.deliveryMoved(message))
    }

    private mutating func changeDelivery(_ key: DeliveryKey, _ body: (inout StoredDelivery) -> Void) throws {
        _ = try key.number.held()
        guard let row = store.deliveryRow(key) else {
            throw StoreError.invariant("no such delivery \(key.number) to \(key.partner)")
        }
        try change(row, body)
    }

    mutating func change(_ row: StoredDelivery, _ body: (inout StoredDelivery) -> Void) throws {
        var changed = row
        body(&changed)
        try store.replace(row, with: changed)
    }

    private mutating func tellMoved(_ key: DeliveryKey) {
        if let row = store.deliveryRow(key) { tell(.deliveryMoved(row.messageID)) }
    }
}

extension MemoryStore {
    func deliveryRow(_ key: DeliveryKey) -> StoredDelivery? {
        partners[key.partner]?.numbers[key.number.value].flatMap { deliveries[$0] }
    }

    /// In the order of their acceptance.
    func deliveries(of message: MessageID) -> [StoredDelivery] {
        deliveriesOfMessage.ascending(from: Pair(message, 0)).rows { $0.first == message }
            .compactMap { deliveries[$0.key.second] }
    }

    mutating func insert(_ row: StoredDelivery) throws {
        let number = row.key.number
        try change(row.key.partner) { partner in
            let isNext = number == partner.issued.number.next
            var isBack = false
            if case .under(let span)? = partner.recovery {
                isBack = number > partner.settled.number && number <= span.until
            }
            guard isNext || isBack, !partner.numbers.contains(number.value) else {
                throw StoreError.invariant("a channel has no holes")
            }
            if isNext { partner.issued = ChannelPosition(number: number, runningDigest: row.runningDigest) }
            if partner.isConfirmed { partner.settled = partner.issued }
            partner.openItems += 1
            partner.openBytes += Int64(row.envelopeBytes)
            partner.numbers[number.value] = row.ordinal
            partner.ordinals[row.ordinal] = ()
        }
        deliveries[row.ordinal] = row
        deliveriesOfMessage[Pair(row.messageID, row.ordinal)] = ()
        if let lost = row.lost { lostNumbers[Pair(lost.messageID, row.ordinal)] = () }
        deliveriesOfCase[Pair(row.caseReference, row.ordinal)] = ()
        lastOfCase[Triple(row.caseReference, row.key.partner, number.value)] = row.ordinal
        try list(row, insteadOf: nil)
    }

    /// Keeps a delivery's change, with its rules, counters, lists and its place in the feed.
    fileprivate mutating func replace(_ old: StoredDelivery, with changed: StoredDelivery) throws {
        var row = changed
        let isBack = !old.isUnanswered && row.isUnanswered
        guard !isBack, old.transport != .receipted || row.transport == .receipted else {
            throw StoreError.invariant("a delivery that has its answer is not reopened")
        }
        let (hasMoved, isFollowed) = (row.transport != old.transport, row.followUp != old.followUp)
        if hasMoved || isFollowed {
            lastDeliveryFeedNumber += 1
            row.feedNumber = lastDeliveryFeedNumber
            if let number = old.feedNumber { deliveryFeed[Pair(row.priority.rank, number)] = nil }
            deliveryFeed[Pair(row.priority.rank, lastDeliveryFeedNumber)] = row.ordinal
        }
        if hasMoved {
            if old.isUnanswered, !row.isUnanswered {
                change(row.key.partner) { partner in
                    partner.openItems -= 1
                    partner.openBytes -= Int64(row.envelopeBytes)
                }
            }
            withdrawn += (row.transport == .withdrawn ? 1 : 0) - (old.transport == .withdrawn ? 1 : 0)
            held += (row.transport == .held ? 1 : 0) - (old.transport == .held ? 1 : 0)
        }
        deliveries[row.ordinal] = row
        try list(row, insteadOf: old)
    }

    /// Puts a delivery into the lists of what is due and of what presses, and checks what must hold of it.
    mutating func list(_ row: StoredDelivery, insteadOf old: StoredDelivery?) throws {
        let hasAnswer = row.transport == .receipted || row.transport == .refused
        guard row.transport != .open || row.isOutstanding, !hasAnswer || (!row.isOutstanding && !row.proof.isEmpty),
            row.transport != .receipted || row.receiptedAt != nil,
            row.transport != .held && row.transport != .withdrawn || !row.declaredReason.isEmpty
        else { throw StoreError.invariant("delivery \(row.key.number) as \(row.transport)") }
        change(row.key.partner) { partner in
            if let old, old.isOutstanding { partner.due[old.dueKey] = nil }
            if row.isOutstanding { partner.due[row.dueKey] = row.transport == .open ? row.envelopeBytes : 0 }
            partner.pressing[Pair(row.priority.rank, row.ordinal)] = row.isPressing ? () : nil
        }
        pressing[Pair(row.priority.rank, row.ordinal)] = row.isPressing ? () : nil
    }
}

extension StoredDelivery {
    /// Id and digest that the partner has under the number.
    func item(of message: StoredMessage) -> ChannelItem {
        lost ?? ChannelItem(number: key.number, messageID: messageID, messageDigest: message.summary.digest)
    }

    fileprivate var dueKey: Triple<Int, Int64, Int64> {
        Triple(priority.rank, nextAttempt, Int64(key.number.value))
    }
}

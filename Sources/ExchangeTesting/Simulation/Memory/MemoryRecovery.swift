package import ExchangeCore
package import ExchangeStore

// What a partner gets back of its channel from here, and what comes back of ours.

extension MemoryStore {
    func channelStanding(with partner: OIN) -> ChannelStanding {
        let row = partners[partner] ?? StoredPartner()
        return ChannelStanding(
            settled: row.settled, isConfirmed: row.isConfirmed, recoveringUntil: row.recoveringUntil)
    }

    func recoveryFacts(for item: ChannelItem, with partner: OIN) -> RecoveryFacts {
        RecoveryFacts(
            row: issuedItem(to: partner, at: item.number),
            message: messages[item.messageID].map {
                RecoveryFacts.Known(summary: $0.summary, isOutgoing: $0.isOutgoing, isLost: $0.isLost)
            },
            deliveredTo: Set(deliveries(of: item.messageID).map(\.key.partner)).sorted { $0.text < $1.text })
    }

    func issuedItem(to partner: OIN, at number: SequenceNumber) -> ChannelItem? {
        guard let row = deliveryRow(DeliveryKey(partner: partner, number: number)),
            let digest = messages[row.messageID]?.summary.digest
        else { return nil }
        return ChannelItem(number: number, messageID: row.messageID, messageDigest: digest)
    }

    func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) -> HeldPart {
        let base = runningDigest(with: partner, isOutgoing: false, at: number)
        guard number.value < ProtocolLimits.sequenceNumberMaximum else {
            return HeldPart(base: nil, upTo: number, items: [])
        }
        let answered = (partners[partner]?.slots ?? Table()).ascending(from: number.value + 1)
            .rows(atMost: maximumItems) { _ in true }.map { (item: $0.value.item, answer: $0.value.presentAnswer) }
        return HeldPart(base: base, after: number, answered, maximumBytes: maximumBytes) { id in
            keptMessage(id)
        }
    }
}

extension MemoryLedger {
    package func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) async throws -> HeldPart {
        try read().heldPart(of: partner, after: number, maximumItems: maximumItems, maximumBytes: maximumBytes)
    }

    package func recover(
        _ items: [RecoveredItem], upTo: SequenceNumber, from partner: OIN, now: Now
    ) async throws -> RecoveryProgress {
        try write(at: now.wall) { try $0.recover(items, upTo: upTo, from: partner, now: now) }
    }

    /// A backup of this form is a snapshot of its disk.
    package func noteBackup(_ positions: [PartnerPosition], at: Timestamp) async throws {
        try write(at: at) { try $0.noteBackup(positions) }
    }

    package func recoverFromStart(with partner: OIN, at: Timestamp) async throws {
        try write(at: at) { try $0.recoverFromStart(with: partner) }
    }
}

extension MemoryTransaction {
    mutating func noteRunning(_ incarnation: IncarnationID, of partner: OIN, hasAnswered: Bool) {
        store.change(partner) { row in
            row.running = incarnation
            if hasAnswered { row.answering = incarnation }
        }
        if !hasAnswered { tell(.partnerReopened(partner)) }
    }

    mutating func sendAgain(to partner: OIN, _ numbers: [NumberRange]) {
        for range in numbers where range.first.value <= ProtocolLimits.sequenceNumberMaximum {
            let rows = (store.partners[partner]?.numbers ?? Table()).ascending(from: range.first.value)
                .rows { $0 <= range.last.value }.compactMap { store.deliveries[$0.value] }
            let lost = rows.filter { row in
                !row.isOutstanding && store.partners[partner]?.refills.contains(row.key.number.value) == false
            }
            store.change(partner) { partner in
                for row in lost { partner.refills[row.key.number.value] = StoredRefill(rank: row.priority.rank) }
            }
            if !lost.isEmpty { tell(.workArrived(partner)) }
        }
    }

    mutating func endRefill(of key: DeliveryKey) throws {
        guard store.partners[key.partner]?.refills.contains(key.number.value) == true else {
            throw StoreError.invariant("no refill of \(key.number) to \(key.partner)")
        }
        store.change(key.partner) { $0.refills[key.number.value] = nil }
    }

    mutating func deferRefill(of key: DeliveryKey, until: Timestamp) throws {
        try store.change(key.partner) { row in
            guard var refill = row.refills[key.number.value] else {
                throw StoreError.invariant("no refill of \(key.number) to \(key.partner)")
            }
            refill.nextAttempt = max(until.milliseconds, 1)
            row.refills[key.number.value] = refill
        }
    }

    mutating func confirmChannel(to partner: OIN) throws {
        try store.change(partner) { row in
            guard row.recoveringUntil == nil || row.settled.number == row.issued.number else {
                throw StoreError.invariant("a channel is confirmed once it is settled")
            }
            if row.recoveringUntil == nil { row.settled = row.issued } else { row.issued = row.settled }
            row.isConfirmed = true
            row.recoveringUntil = nil
        }
        tell(.workArrived(partner))
    }

    /// What was answered stays under its number: the partner has it there. What was not goes on behind all that the partner
    /// has, and is sent meanwhile.
    mutating func beginRecovery(of partner: OIN, from: SequenceNumber, until: SequenceNumber) throws {
        let digest = store.runningDigest(with: partner, isOutgoing: true, at: from) ?? .zero
        let late = (store.partners[partner]?.numbers ?? Table()).ascending(from: from.value + 1)
            .compactMap { store.deliveries[$0.value] }
        let end = max(until, late.last { !$0.isOutstanding }?.key.number ?? .none)
        let moved = late.filter { $0.isOutstanding && $0.key.number <= end }
        let first = store.change(partner) { row in
            row.settled = ChannelPosition(number: from, runningDigest: digest)
            row.isConfirmed = false
            row.recoveringUntil = end
            let first = max(row.issued.number, end)
            row.issued = ChannelPosition(
                number: SequenceNumber(first.value + UInt64(moved.count)), runningDigest: .zero)
            return first
        }
        for (place, row) in moved.enumerated() {
            try renumber(row, as: SequenceNumber(first.value + UInt64(place) + 1))
        }
    }

    private mutating func renumber(_ row: StoredDelivery, as number: SequenceNumber) throws {
        var changed = row
        changed.key = DeliveryKey(partner: row.key.partner, number: number)
        store.change(row.key.partner) { partner in
            partner.numbers[row.key.number.value] = nil
            partner.numbers[number.value] = row.ordinal
            partner.refills[row.key.number.value] = nil
        }
        store.lastOfCase[Triple(row.caseReference, row.key.partner, row.key.number.value)] = nil
        store.lastOfCase[Triple(row.caseReference, row.key.partner, number.value)] = row.ordinal
        store.deliveries[row.ordinal] = changed
        try store.list(changed, insteadOf: row)
    }

    mutating func placeDelivery(of message: MessageSummary, to recipient: Party, at number: SequenceNumber) throws {
        guard let kept = store.messages[message.id] else { throw StoreError.invariant("no such message \(message.id)") }
        try store.insert(
            StoredDelivery(
                ordinal: Int64(store.deliveries.count) + 1,
                key: DeliveryKey(partner: recipient.oin, number: number), messageID: message.id, recipient: recipient,
                caseReference: kept.summary.caseReference, priority: message.priority,
                envelopeBytes: kept.envelope.count, acceptedAt: at, runningDigest: .zero))
    }

    mutating func complete(_ message: MessageSummary, envelope: [UInt8]) throws {
        guard let kept = store.messages[message.id], kept.isLost, kept.summary.digest == message.digest else {
            throw StoreError.invariant("a message id stands for one message")
        }
        store.messages[message.id] = StoredMessage(
            ordinal: kept.ordinal, summary: message, envelope: envelope, isOutgoing: true, keptAt: kept.keptAt)
        if !message.isHandedOver { store.nodeMessages[Pair(message.caseReference, kept.ordinal)] = message.id }
        for row in store.deliveries(of: message.id) {
            let (old, new) = (row.caseReference, message.caseReference)
            store.deliveriesOfCase[Pair(old, row.ordinal)] = nil
            store.deliveriesOfCase[Pair(new, row.ordinal)] = ()
            store.lastOfCase[Triple(old, row.key.partner, row.key.number.value)] = nil
            store.lastOfCase[Triple(new, row.key.partner, row.key.number.value)] = row.ordinal
            var changed = row
            changed.caseReference = new
            store.deliveries[row.ordinal] = changed
        }
    }

    mutating func settle(_ partner: OIN, upTo number: SequenceNumber) throws {
        var position = store.channelStanding(with: partner).settled
        unfinished.hasMoreToSettle = false
        while position.number < number, let item = store.issuedItem(to: partner, at: position.number.next) {
            guard takeStep() else {
                unfinished.hasMoreToSettle = true
                break
            }
            position = position.extended(by: item, using: digest)
            guard let ordinal = store.partners[partner]?.numbers[position.number.value] else { break }
            store.deliveries[ordinal]?.runningDigest = position.runningDigest
        }
        store.change(partner) { $0.settled = position }
    }

    mutating func noteBackup(_ positions: [PartnerPosition]) throws {
        for covered in positions {
            store.change(covered.partner) { row in
                row.safe = max(row.safe, min(covered.position.number, row.received.number))
            }
        }
        append(AuditLeaf(.backupCompleted, at: at, note: "\(positions.count) partners"))
    }
}

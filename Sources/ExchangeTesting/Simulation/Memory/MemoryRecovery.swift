package import ExchangeCore
package import ExchangeStore

// What a partner gets back of its channel from here, and what comes back of ours.

extension MemoryStore {
    func channelStanding(with partner: OIN) -> ChannelStanding {
        let row = partners[partner] ?? StoredPartner()
        return ChannelStanding(settled: row.settled, isConfirmed: row.isConfirmed, recovery: row.recovery)
    }

    func recoveryFacts(for item: ChannelItem, with partner: OIN) -> RecoveryFacts {
        RecoveryFacts(
            row: issuedItem(to: partner, at: item.number),
            message: messages[item.messageID].map {
                RecoveryFacts.Known(summary: $0.summary, isOutgoing: $0.isOutgoing)
            },
            deliveredTo: Set(
                (deliveries(of: item.messageID)
                    + adopted(by: item.messageID, digest: item.messageDigest)).map(\.key.partner)
            ).sorted { $0.text < $1.text },
            unprovenNumbers: partners[partner]?.unprovenNumbers ?? 0)
    }

    /// Of a message: the deliveries that stood for it by id and digest alone, but not where the partner proved nothing.
    fileprivate func adopted(by message: MessageID, digest: Digest) -> [StoredDelivery] {
        lostNumbers.ascending(from: Pair(message, 0)).rows { $0.first == message }
            .compactMap { deliveries[$0.key.second] }.filter { row in
                row.lost?.messageDigest == digest
                    && !(row.transport == .withdrawn && row.declaredReason == ChannelRecovery.lostReason)
            }
    }

    func issuedItem(to partner: OIN, at number: SequenceNumber) -> ChannelItem? {
        guard let row = deliveryRow(DeliveryKey(partner: partner, number: number)),
            let message = messages[row.messageID]
        else { return nil }
        return row.item(of: message)
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
        _ items: [RecoveredItem], upTo: SequenceNumber, from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> RecoveryProgress {
        try write(at: now.wall) { try $0.recover(items, upTo: upTo, from: partner, limits: limits, now: now) }
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
        var rowsLeft = limits.refillMaximumRowsPerTally
        for range in numbers where range.first.value <= ProtocolLimits.sequenceNumberMaximum {
            let rows = (store.partners[partner]?.numbers ?? Table()).ascending(from: range.first.value)
                .rows { $0 <= range.last.value }.compactMap { store.deliveries[$0.value] }
            let lost = rows.filter { row in
                !row.isOutstanding && store.partners[partner]?.refills.contains(row.key.number.value) == false
            }.prefix(rowsLeft).map(\.self)
            rowsLeft -= lost.count
            store.change(partner) { partner in
                for row in lost { partner.refills[row.key.number.value] = StoredRefill(rank: row.priority.rank) }
            }
            if !lost.isEmpty { tell(.workArrived(partner)) }
        }
    }

    mutating func declareWaiting(
        _ message: MessageID, to partner: OIN, _ state: TransportState, reason: String
    ) throws {
        for row in store.deliveries(of: message)
        where row.key.partner == partner && row.isOutstanding && row.nextAttempt == DueSelection.afterRecovery {
            try declare(row.key, state, reason: reason, isToBeTold: true)
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
            guard row.recovery == nil || row.settled.number == row.issued.number else {
                throw StoreError.invariant("a channel is confirmed once it is settled")
            }
            if row.recovery == nil { row.settled = row.issued } else { row.issued = row.settled }
            row.isConfirmed = true
            row.recovery = nil
        }
        // What waited for this goes now.
        for (_, ordinal) in (store.partners[partner]?.numbers ?? Table()).ascending {
            guard let row = store.deliveries[ordinal], row.isOutstanding,
                row.nextAttempt == DueSelection.afterRecovery
            else { continue }
            try change(row) { $0.nextAttempt = 0 }
        }
        tell(.workArrived(partner))
    }

    mutating func noteRenewal(provenBy partner: OIN) throws {
        guard store.partners[partner]?.isLossProven == false else { return }
        store.change(partner) { $0.isLossProven = true }
        store.renewedAt = max(store.renewedAt ?? at, at)
        for (id, _) in store.inbox.ascending { store.inbox[id]?.mayBeRepeated = true }
    }

    mutating func endPart(of partner: OIN) throws {
        store.change(partner) { row in
            row.recovery = .toCompare(until: row.settled.number)
            if row.issued.number == row.settled.number { row.issued = row.settled }
        }
    }

    /// What was answered stays under its number: the partner has it there. What was not goes on behind all that the partner
    /// has, and is sent meanwhile.
    mutating func beginRecovery(of partner: OIN, from: SequenceNumber, _ span: RecoverySpan) throws {
        let digest = store.runningDigest(with: partner, isOutgoing: true, at: from) ?? .zero
        let late = (store.partners[partner]?.numbers ?? Table()).ascending(from: from.value + 1)
            .compactMap { store.deliveries[$0.value] }
        // A part ends where it ends: what lies beyond it is asked for afterwards.
        let end = span.isPart ? span.until : max(span.until, late.last { !$0.isOutstanding }?.key.number ?? .none)
        let moved = late.filter { $0.isOutstanding && $0.key.number <= end }
        let first = store.change(partner) { row in
            row.settled = ChannelPosition(number: from, runningDigest: digest)
            row.isConfirmed = false
            if row.recovery == nil { row.isLossProven = false }
            row.recovery = .under(RecoverySpan(until: end, isPart: span.isPart))
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

    mutating func placeDelivery(of message: MessageSummary, to recipient: Party, as item: ChannelItem) throws {
        guard let kept = store.messages[message.id] else { throw StoreError.invariant("no such message \(message.id)") }
        var row = StoredDelivery(
            ordinal: Int64(store.deliveries.count) + 1,
            key: DeliveryKey(partner: recipient.oin, number: item.number), messageID: message.id,
            lost: item.messageID == message.id ? nil : item, recipient: recipient,
            caseReference: kept.summary.caseReference, priority: message.priority,
            envelopeBytes: kept.envelope.count, acceptedAt: at, runningDigest: .zero)
        // Its people may have answered it already, under the number that it was given anew.
        if let other = store.deliveries(of: message.id).first(where: { $0.key.partner == recipient.oin }) {
            (row.followUp, row.followUpRole, row.followUpMessage) =
                (other.followUp, other.followUpRole, other.followUpMessage)
            (row.ownedAt, row.declinedAt, row.concludedAt) = (other.ownedAt, other.declinedAt, other.concludedAt)
        }
        try store.insert(row)
        guard message.type == ChannelRecovery.lostType else { return }
        store.change(recipient.oin) { $0.unprovenNumbers += 1 }
    }

    mutating func adoptNumbers(of message: MessageSummary) throws {
        for row in store.adopted(by: message.id, digest: message.digest) {
            let (old, new) = (row.caseReference, message.caseReference)
            store.lostNumbers[Pair(message.id, row.ordinal)] = nil
            store.deliveriesOfMessage[Pair(row.messageID, row.ordinal)] = nil
            store.deliveriesOfMessage[Pair(message.id, row.ordinal)] = ()
            store.deliveriesOfCase[Pair(old, row.ordinal)] = nil
            store.deliveriesOfCase[Pair(new, row.ordinal)] = ()
            store.lastOfCase[Triple(old, row.key.partner, row.key.number.value)] = nil
            store.lastOfCase[Triple(new, row.key.partner, row.key.number.value)] = row.ordinal
            var changed = row
            changed.messageID = message.id
            changed.lost = nil
            changed.caseReference = new
            changed.priority = message.priority
            changed.envelopeBytes = store.messages[message.id]?.envelope.count ?? 0
            if row.transport == .held {
                store.change(row.key.partner) { $0.openBytes += Int64(changed.envelopeBytes) }
            }
            if let number = row.feedNumber {
                store.deliveryFeed[Pair(row.priority.rank, number)] = nil
                store.deliveryFeed[Pair(changed.priority.rank, number)] = row.ordinal
            }
            store.pressing[Pair(row.priority.rank, row.ordinal)] = nil
            store.change(row.key.partner) { $0.pressing[Pair(row.priority.rank, row.ordinal)] = nil }
            store.deliveries[row.ordinal] = changed
            try store.list(changed, insteadOf: row)
        }
        tell(.deliveryMoved(message.id))
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

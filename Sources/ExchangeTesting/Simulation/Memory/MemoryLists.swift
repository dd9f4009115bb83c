import ExchangeCore
import ExchangeStore

// What people look at, and what is due.

extension MemoryStore {
    func lastMessages(in reference: CaseReference, to recipients: [OIN]) -> [MessageID?] {
        recipients.map { recipient in
            // A withdrawn message never comes, and one that ends at the node counts as here once it came: who waited for
            // it would wait for none of those before it.
            for (key, ordinal) in lastOfCase.descending(from: Triple(reference, recipient, .max)) {
                guard key.first == reference, key.second == recipient else { break }
                guard let row = deliveries[ordinal], row.transport != .withdrawn else { continue }
                if messages[row.messageID]?.summary.isHandedOver == true { return row.messageID }
            }
            return nil
        }
    }

    func keptMessage(_ id: MessageID) -> KeptMessage? {
        messages[id].map {
            KeptMessage(
                message: $0.summary, envelope: $0.envelope, isOutgoing: $0.isOutgoing, keptAt: $0.keptAt,
                purgedAt: $0.purgedAt)
        }
    }

    /// The most pressing first, and of one priority in the order in which they were handed over.
    func inboxPage(_ filter: InboxFilter, now: Timestamp) -> Page<InboxEntry> {
        Page.mostPressing(after: filter.after, maximumItems: filter.maximumItems) { priority, turn, count in
            InboxState.allCases.filter(filter.states.contains).flatMap { state in
                shown(state, priority, after: turn, now: now, of: filter.id, atMost: count).compactMap { row in
                    entry(of: row, now: now).map {
                        (position: ListPosition(rank: priority.rank, ordinal: row.turn), entry: $0)
                    }
                }
            }
        }
    }

    private func shown(
        _ state: InboxState, _ priority: Priority, after turn: Int64, now: Timestamp, of id: MessageID?,
        atMost count: Int
    ) -> [StoredInboxEntry] {
        if let id {
            guard let row = inbox[id], row.state == state, row.priority == priority, row.turn > turn,
                row.isShown(at: now)
            else { return [] }
            return [row]
        }
        var rows: [StoredInboxEntry] = []
        for (key, id) in inboxList.ascending(after: Triple(state.rawValue, priority.rank, turn)) {
            guard key.first == state.rawValue, key.second == priority.rank, rows.count < count else { break }
            if let row = inbox[id], row.isShown(at: now) { rows.append(row) }
        }
        return rows
    }

    func entry(of row: StoredInboxEntry, now: Timestamp) -> InboxEntry? {
        messages[row.messageID].map { message in
            let isHere = row.awaited.flatMap { inbox[$0] }.map { $0.availableAt <= now } ?? false
            return InboxEntry(
                message: message.summary, standing: row.standing, receivedAt: row.receivedAt,
                availableAt: row.availableAt, missingPredecessor: isHere ? nil : row.awaited, actor: row.actor,
                mayBeRepeated: row.mayBeRepeated)
        }
    }

    func deliveryPage(_ filter: DeliveryFilter) -> Page<DeliveryEntry> {
        if filter.onlyOpen {
            return Page.mostPressing(after: filter.after, maximumItems: filter.maximumItems) { priority, after, count in
                openDeliveries(filter, priority, after: after, atMost: count).compactMap(placed)
            }
        }
        let behind = filter.after?.ordinal ?? .max
        let wanted = filter.maximumItems + 1
        let rows: [StoredDelivery] =
            if isOfFew(filter) {
                few(filter).filter { $0.ordinal < behind }.reversed()
            } else if let partner = filter.partner {
                (partners[partner]?.ordinals ?? Table()).descending(before: behind).rows(atMost: wanted) { _ in true }
                    .compactMap { deliveries[$0.key] }
            } else {
                deliveries.descending(before: behind).rows(atMost: wanted) { _ in true }.map(\.value)
            }
        return Page(rows.prefix(wanted).compactMap(placed), maximumItems: filter.maximumItems)
    }

    /// Of one priority, behind an ordinal, in their order.
    private func openDeliveries(
        _ filter: DeliveryFilter, _ priority: Priority, after ordinal: Int64, atMost count: Int
    ) -> [StoredDelivery] {
        if isOfFew(filter) {
            return [StoredDelivery](
                few(filter).filter { $0.isPressing && $0.priority == priority && $0.ordinal > ordinal }.prefix(count))
        }
        let list = filter.partner.map { partners[$0]?.pressing ?? Table() } ?? pressing
        return list.ascending(after: Pair(priority.rank, ordinal)).rows(atMost: count) { $0.first == priority.rank }
            .compactMap { deliveries[$0.key.second] }
    }

    /// A message, and a case, has few deliveries.
    private func isOfFew(_ filter: DeliveryFilter) -> Bool {
        filter.messageID != nil || filter.lostMessageID != nil || filter.caseReference != nil
    }

    /// Those of the message or the case that a filter names, in the order of their acceptance.
    private func few(_ filter: DeliveryFilter) -> [StoredDelivery] {
        let rows: [StoredDelivery] =
            if let message = filter.messageID {
                deliveries(of: message)
            } else if let message = filter.lostMessageID {
                lostNumbers.ascending(from: Pair(message, 0)).rows { $0.first == message }
                    .compactMap { deliveries[$0.key.second] }
            } else if let reference = filter.caseReference {
                deliveriesOfCase.ascending(from: Pair(reference, 0)).rows { $0.first == reference }
                    .compactMap { deliveries[$0.key.second] }
            } else {
                []
            }
        return rows.filter { row in
            (filter.partner.map { $0 == row.key.partner } ?? true)
                && (filter.lostMessageID.map { $0 == row.lost?.messageID } ?? true)
                && (filter.caseReference.map { $0 == row.caseReference } ?? true)
        }
    }

    private func placed(_ row: StoredDelivery) -> (position: ListPosition, entry: DeliveryEntry)? {
        entry(of: row).map { (ListPosition(rank: row.priority.rank, ordinal: row.ordinal), $0) }
    }

    func entry(of row: StoredDelivery) -> DeliveryEntry? {
        messages[row.messageID].map { message in
            let isDeclared = row.transport == .held || row.transport == .withdrawn
            return DeliveryEntry(
                message: message.summary, recipient: row.recipient, key: row.key, transport: row.transport,
                followUp: row.followUp, followUpRole: row.followUpRole, attempts: row.attempts,
                acceptedAt: row.acceptedAt,
                nextAttempt: row.isOutstanding && (1..<DueSelection.afterRecovery).contains(row.nextAttempt)
                    ? Timestamp(milliseconds: row.nextAttempt) : nil,
                detail: isDeclared ? row.declaredReason : row.detail, receiptedAt: row.receiptedAt,
                ownedAt: row.ownedAt, declinedAt: row.declinedAt, concludedAt: row.concludedAt, proof: row.proof,
                followUpMessage: row.followUpMessage,
                saidAt: row.followUpMessage.flatMap { messages[$0]?.summary.created }, actor: row.actor,
                lost: row.lost)
        }
    }

    func receipted(among messages: [MessageID]) -> Set<MessageID> {
        Set(messages.filter { id in deliveries(of: id).contains { $0.transport == .receipted } })
    }

    func nodeMessages(in reference: CaseReference, maximumItems: Int) -> [MessageSummary] {
        nodeMessages.ascending(from: Pair(reference, 0)).rows(atMost: maximumItems) { $0.first == reference }
            .compactMap { messages[$0.value]?.summary }
    }

    func proofs(of message: MessageID, to partner: OIN) -> [GivenProof] {
        (partners[partner]?.slots(of: message) ?? []).flatMap { slot -> [GivenProof] in
            let (isReceipt, proof): (Bool, [UInt8])
            switch slot.answer {
            case .receipt(let signed): (isReceipt, proof) = (true, signed)
            case .refusal(_, let signed): (isReceipt, proof) = (false, signed)
            case .noted: return []
            }
            let first = GivenProof(
                number: slot.item.number, isReceipt: isReceipt, proof: proof, notedAt: slot.filledAt,
                isReissued: false)
            return [first]
                + slot.reissued.map {
                    GivenProof(
                        number: slot.item.number, isReceipt: isReceipt, proof: $0.proof, notedAt: $0.at,
                        isReissued: true)
                }
        }
    }

    /// - Parameter horizon: a next attempt later than this is due as well (``StoreLimits/deferralMaximum``).
    func dueDeliveries(
        for partner: OIN, now: Timestamp, horizon: Timestamp, maximumItems: Int, maximumBytes: Int,
        using digest: DigestFunction
    ) throws -> DueDeliveries {
        let row = partners[partner] ?? StoredPartner()
        let numbers = DueSelection(maximumItems: maximumItems, maximumBytes: maximumBytes).numbers {
            $0.isAgain
                ? refills(to: row, $0, $1, atMost: $2, now: now, horizon: horizon)
                : row.candidates($0, $1, atMost: $2, now: now, horizon: horizon)
        }.sorted()
        guard let last = numbers.last else {
            return DueDeliveries(items: [], runningDigest: .zero, nextDue: row.nextDue)
        }
        return DueDeliveries(
            items: try numbers.map {
                try dueDelivery(DeliveryKey(partner: partner, number: SequenceNumber(UInt64($0))), using: digest)
            },
            runningDigest: runningDigest(with: partner, isOutgoing: true, at: SequenceNumber(UInt64(last))) ?? .zero,
            nextDue: nil)
    }

    /// What is to be told anyway is told once.
    private func refills(
        to partner: StoredPartner, _ source: DueSelection.Source, _ priority: Priority, atMost count: Int,
        now: Timestamp, horizon: Timestamp
    ) -> [DueSelection.Candidate] {
        let due = partner.refills.ascending.filter { _, refill in
            refill.rank == priority.rank
                && (source == .again
                    ? refill.nextAttempt <= now.milliseconds : refill.nextAttempt > horizon.milliseconds)
        }
        return due.sorted { ($0.value.nextAttempt, $0.key) < ($1.value.nextAttempt, $1.key) }
            .compactMap { number, _ -> DueSelection.Candidate? in
                guard let row = partner.numbers[number].flatMap({ deliveries[$0] }), !row.isOutstanding else {
                    return nil
                }
                let travels = row.transport == .receipted || row.transport == .refused
                return DueSelection.Candidate(number: Int64(number), bytes: travels ? row.envelopeBytes : 0)
            }.prefix(count).map(\.self)
    }

    private func dueDelivery(_ key: DeliveryKey, using digest: DigestFunction) throws -> DueDelivery {
        guard let row = deliveryRow(key), let message = messages[row.messageID] else {
            throw StoreError.invariant("number \(key.number) is due and not there")
        }
        return try DueDelivery(
            item: row.item(of: message), transport: row.transport,
            isRefilled: partners[key.partner]?.refills.contains(key.number.value) == true,
            isPurged: message.purgedAt != nil, declaredReason: row.declaredReason, caseReference: row.caseReference,
            envelope: StoredEnvelope(message.envelope, kept: message.envelopeDigest, using: digest))
    }
}

extension StoredPartner {
    fileprivate func candidates(
        _ source: DueSelection.Source, _ priority: Priority, atMost count: Int, now: Timestamp, horizon: Timestamp
    ) -> [DueSelection.Candidate] {
        let rank = priority.rank
        let found =
            switch source {
            case .waiting:
                due.ascending(from: Triple(rank, 0, 0)).rows(atMost: count) { $0.first == rank && $0.second == 0 }
            case .deferred:
                due.ascending(from: Triple(rank, 1, 0)).rows(atMost: count) {
                    $0.first == rank && $0.second <= now.milliseconds
                }
            case .strayed:
                due.ascending(after: Triple(rank, horizon.milliseconds, .max)).rows(atMost: count) {
                    $0.first == rank && $0.second < DueSelection.afterRecovery
                }
            case .again, .againStrayed: preconditionFailure("have a table of their own")
            }
        return found.map { DueSelection.Candidate(number: $0.key.third, bytes: $0.value) }
    }

    fileprivate var nextDue: Timestamp? {
        Priority.allCases.compactMap { priority in
            due.ascending(from: Triple(priority.rank, 1, 0))
                .rows(atMost: 1) { $0.first == priority.rank && $0.second < DueSelection.afterRecovery }.first
                .map { Timestamp(milliseconds: $0.key.second) }
        }.min().earliest(refills.ascending.map(\.value.nextAttempt).filter { $0 > 0 }.min())
    }
}

extension Timestamp? {
    fileprivate func earliest(_ milliseconds: Int64?) -> Timestamp? {
        guard let milliseconds else { return self }
        let other = Timestamp(milliseconds: milliseconds)
        return map { min($0, other) } ?? other
    }
}

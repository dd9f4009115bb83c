import ExchangeCore
import ExchangeStore

// What the core decides on, read from the copy to which its decision is applied.

extension MemoryStore {
    func submission(claimedBy key: String) -> (message: MessageID, submission: Digest)? {
        submissions[key].map { (message: $0.message, submission: $0.digest) }
    }

    func acceptanceFacts(for request: AcceptanceRequest) -> AcceptanceFacts {
        AcceptanceFacts(
            claimed: request.claim.flatMap { submission(claimedBy: $0.key) },
            isIDTaken: messages.contains(request.message.id),
            backlogs: request.recipients.map { recipient in
                partners[recipient.oin].map { Backlog(items: $0.openItems, bytes: $0.openBytes) } ?? .empty
            },
            inbox: request.inboxStep.flatMap { inbox[$0.messageID]?.standing })
    }

    /// - Throws: `invariant-violated` for a number that no store holds.
    func deliveryFacts(for key: DeliveryKey) throws -> DeliveryFacts? {
        _ = try key.number.held()
        guard let row = deliveryRow(key), let message = messages[row.messageID] else { return nil }
        return DeliveryFacts(
            message: message.summary, recipient: row.recipient, transport: row.transport, attempts: row.attempts,
            isRefilled: partners[key.partner]?.refills.contains(key.number.value) == true)
    }

    func receptionFacts(for query: ReceptionQuery, from partner: OIN) -> ReceptionFacts {
        let row = partners[partner]
        return ReceptionFacts(
            slot: row?.slots[query.item.number.value].map { FilledSlot(item: $0.item, answer: $0.presentAnswer) },
            message: knownMessage(query.item.messageID, to: row),
            predecessor: query.predecessor.map { predecessor($0, of: row) } ?? .here,
            acknowledged: query.acknowledged.flatMap { acknowledgedDelivery(of: $0, by: partner) },
            usage: row?.usage ?? .none, isConfirmed: row?.isConfirmed ?? false,
            renewedAt: renewedAt, coRecipients: query.shared.map(coRecipientFacts) ?? .none)
    }

    /// Only a message that is kept is known: one that was refused may come again, sealed anew, under another number.
    private func knownMessage(_ id: MessageID, to partner: StoredPartner?) -> KnownMessage? {
        guard let message = messages[id] else { return nil }
        let receipted = (partner?.slots(of: id) ?? []).filter { if case .receipt = $0.answer { true } else { false } }
        let first = message.isOutgoing ? nil : receipted.min { $0.ordinal < $1.ordinal }
        return KnownMessage(digest: message.summary.digest, answer: first?.presentAnswer)
    }

    /// A message that was put before people counts as here, or as waiting; one that ends at the node as here.
    private func predecessor(_ id: MessageID, of partner: StoredPartner?) -> Predecessor {
        if let message = messages[id], !message.isOutgoing {
            guard let row = inbox[id], row.awaited != nil else { return .here }
            return .waiting(until: row.availableAt)
        }
        let isVoid = (partner?.slots(of: id) ?? []).contains {
            if case .noted(.void, _) = $0.answer { true } else { false }
        }
        return isVoid ? .here : .missing
    }

    private func acknowledgedDelivery(of message: MessageID, by partner: OIN) -> AcknowledgedDelivery? {
        guard let digest = messages[message]?.summary.digest,
            let row = deliveries(of: message).filter({ $0.key.partner == partner })
                .min(by: {
                    ($0.transport == .receipted ? 0 : 1, $0.key.number) < (
                        $1.transport == .receipted ? 0 : 1, $1.key.number
                    )
                })
        else { return nil }
        return AcknowledgedDelivery(digest: digest, transport: row.transport, followUp: row.followUp)
    }

    func tallyFacts(for tally: Tally) -> TallyFacts {
        let partner = tally.node
        let row = partners[partner]
        return TallyFacts(
            incarnation: incarnationFacts(tally.incarnation, after: tally.predecessors, of: partner),
            issued: row?.issued ?? .start,
            issuerDigest: runningDigest(with: partner, isOutgoing: true, at: tally.received.number),
            received: row?.received ?? .start,
            receiverDigest: runningDigest(with: partner, isOutgoing: false, at: tally.issued.number),
            answered: answeredNumbers(by: partner, beyond: tally.received.number),
            hasLostAnswers: hasAnswers(in: tally.missing(upTo: row?.issued.number ?? .none), by: partner),
            agreement: row?.agreement,
            receipts: OutcomeComparison.unreceipted(tally.outcomes).flatMap {
                receiptedDeliveries(in: $0, to: partner)
            },
            standing: channelStanding(with: partner))
    }

    /// The numbers beyond `number` that the partner has answered, from the next to the highest; `nil` where the next has no
    /// answer. Only after a loss is the highest looked for.
    private func answeredNumbers(by partner: OIN, beyond number: SequenceNumber) -> NumberRange? {
        guard number.value < .max, let numbers = partners[partner]?.numbers,
            let next = numbers[number.next.value].flatMap({ deliveries[$0] }), !next.isOutstanding
        else { return nil }
        let highest = numbers.descending.first { deliveries[$0.value]?.isOutstanding == false }
        return highest.map { NumberRange(number.next, SequenceNumber($0.key)) }
    }

    /// Whether the partner has answered any of these numbers, as far as one tally looks.
    private func hasAnswers(in missing: [NumberRange], by partner: OIN) -> Bool {
        guard let numbers = partners[partner]?.numbers else { return false }
        return missing.lazy.filter { $0.first.value <= ProtocolLimits.sequenceNumberMaximum }.flatMap { range in
            numbers.ascending(from: range.first.value).rows { $0 <= range.last.value }.map(\.value)
        }.prefix(StoreLimits.lostAnswersMaximumRows).contains { deliveries[$0]?.isOutstanding == false }
    }

    private func receiptedDeliveries(in range: NumberRange, to partner: OIN) -> [ReceiptedDelivery] {
        // As in the other forms: no channel reaches beyond what a store holds, and a partner may name any number.
        guard range.last.value <= ProtocolLimits.sequenceNumberMaximum, let numbers = partners[partner]?.numbers else {
            return []
        }
        return numbers.ascending(from: range.first.value).rows { $0 <= range.last.value }.compactMap { number in
            // To a partner that lost it, what went by retention was declared void since.
            guard let row = deliveries[number.value], row.transport == .receipted, let at = row.receiptedAt,
                messages[row.messageID]?.purgedAt == nil
            else { return nil }
            return ReceiptedDelivery(number: row.key.number, messageID: row.messageID, receiptedAt: at)
        }
    }
}

extension StoredPartner {
    /// By number.
    func slots(of message: MessageID) -> [StoredSlot] {
        slotsOfMessage.ascending(from: Pair(message, 0)).rows { $0.first == message }
            .compactMap { slots[$0.key.second] }
    }
}

extension StoredInboxEntry {
    var standing: InboxStanding { InboxStanding(state: state, role: role, movedAt: movedAt) }
}

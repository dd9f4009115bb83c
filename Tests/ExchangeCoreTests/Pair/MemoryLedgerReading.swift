import ExchangeCore

/// What was due when a link asked.
struct DueBatch {
    var entries: [MemoryLedger.Delivery] = []
    var nextDueIn: Milliseconds?
}

extension MemoryLedger.Delivery {
    var facts: DeliveryFacts {
        DeliveryFacts(message: summary, recipient: recipient, transport: transport, attempts: attempts)
    }
}

extension MemoryLedger.State {
    var issuedLast: ChannelPosition { issued[issued.count - 1] }
    var receivedLast: ChannelPosition { received[received.count - 1] }
    var openCount: Int { outgoing.count { !$0.isSettled } }

    func receptionFacts(_ item: ChannelItem, _ content: FakeContent?) -> ReceptionFacts {
        let known: KnownMessage? =
            if let (summary, number) = receivedByID[item.messageID] {
                KnownMessage(digest: summary.digest, answer: slots[number]?.answer)
            } else if sentIDs.contains(item.messageID) {
                KnownMessage(digest: item.messageDigest, answer: nil)
            } else {
                nil
            }
        let delivery = content?.acknowledgement.flatMap { acknowledged in
            outgoing.first { $0.item.messageID == acknowledged.messageID }
        }
        return ReceptionFacts(
            slot: slots[item.number.value], message: known,
            predecessor: content?.predecessor.map(predecessor) ?? .here,
            acknowledged: delivery.map {
                AcknowledgedDelivery(
                    digest: $0.item.messageDigest, transport: $0.transport, followUp: $0.followUp)
            }, usage: usage, isConfirmed: true, renewedAt: nil)
    }

    private func predecessor(_ id: MessageID) -> Predecessor {
        guard receivedByID[id] != nil else { return .missing }
        guard let row = inbox[id], row.awaiting != nil else { return .here }
        return .waiting(until: row.availableAt)
    }

    /// Pressing first, then by number; sent in ascending order.
    func due(now: Timestamp, atMost maximumItems: Int) -> DueBatch {
        let waiting = outgoing.filter { !$0.isSettled }
        let due = waiting.filter { $0.dueAt <= now }
            .sorted { ($1.summary.priority, $0.item.number) < ($0.summary.priority, $1.item.number) }
            .prefix(maximumItems)
            .sorted { $0.item.number < $1.item.number }
        let next = waiting.map(\.dueAt).filter { $0 > now }.min()
        return DueBatch(entries: due, nextDueIn: due.isEmpty ? next.map { $0 - now } : nil)
    }

    func acceptanceFacts(_ request: AcceptanceRequest, ignoringID: Bool) -> AcceptanceFacts {
        let backlog = Backlog(items: openCount, bytes: 0)
        return AcceptanceFacts(
            claimed: request.claim.flatMap { claims[$0.key] },
            isIDTaken: !ignoringID && sentIDs.contains(request.message.id),
            backlogs: request.recipients.map { _ in backlog },
            inbox: request.inboxStep.flatMap { inbox[$0.messageID]?.state }
                .map { InboxStanding(state: $0, role: "", movedAt: nil) })
    }

    func tallyFacts(_ tally: Tally) -> TallyFacts {
        let unreceipted = OutcomeComparison.unreceipted(tally.outcomes)
        return TallyFacts(
            incarnation: IncarnationFacts(
                tally.incarnation, after: tally.predecessors, among: partnerIncarnations, received: highestSeen),
            issued: issuedLast, issuerDigest: Self.digest(in: issued, at: tally.received.number),
            received: receivedLast, receiverDigest: Self.digest(in: received, at: tally.issued.number),
            answered: answered(beyond: tally.received.number), hasLostAnswers: false, agreement: agreement,
            receipts: outgoing.compactMap { delivery in
                let number = delivery.item.number
                guard delivery.transport == .receipted, let receiptedAt = delivery.receiptedAt,
                    unreceipted.contains(where: { $0.first <= number && number <= $0.last })
                else { return nil }
                return ReceiptedDelivery(
                    number: number, messageID: delivery.item.messageID, receiptedAt: receiptedAt)
            }, standing: ChannelStanding(settled: issuedLast, isConfirmed: true))
    }

    private static func digest(in channel: [ChannelPosition], at number: SequenceNumber) -> Digest? {
        channel.first { $0.number == number }?.runningDigest
    }

    private func answered(beyond number: SequenceNumber) -> NumberRange? {
        guard let next = outgoing.first(where: { $0.item.number == number.next }), next.isSettled,
            let last = outgoing.last(where: \.isSettled)
        else { return nil }
        return NumberRange(next.item.number, last.item.number)
    }

    func lastMessage(in reference: CaseReference) -> MessageID? {
        outgoing.last { $0.summary.caseReference == reference }?.item.messageID
    }

    func tally(node: OIN, partner: OIN, created: Timestamp) -> Tally {
        var gaps: [NumberRange] = []
        var number = receivedLast.number.next
        while number < highestSeen, gaps.count < ProtocolLimits.tallyMaximumGaps {
            let first = number
            while slots[number.value] == nil { number = number.next }
            if first < number { gaps.append(NumberRange(first, number.previous)) }
            while slots[number.value] != nil { number = number.next }
        }
        let lowest = max(1, Int64(highestSeen.value) - 4_095)
        let answered = stride(from: Int64(highestSeen.value), through: lowest, by: -1).compactMap { number in
            slots[UInt64(number)].map {
                AnsweredNumber(number: SequenceNumber(UInt64(number)), kind: $0.answer.answeredKind)
            }
        }
        return Tally(
            node: node, partner: partner, incarnation: incarnation, predecessors: predecessors, created: created,
            isRecovering: false, issued: issuedLast, received: receivedLast, safe: .none, gaps: gaps,
            outcomes: OutcomeComparison.ranges(newestFirst: answered))
    }
}

extension KeptAnswer {
    var answeredKind: AnsweredKind {
        switch self {
        case .receipt: .receipt
        case .refusal: .refusal
        case .noted: .noted
        }
    }

    /// Without the proof's bytes, for a message about a failure.
    var name: String {
        switch self {
        case .receipt: "a receipt"
        case .refusal(let code, _): "the refusal \(code.rawValue)"
        case .noted(let kind, _): "noted \(kind)"
        }
    }
}

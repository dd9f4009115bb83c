import ExchangeCore

/// When a pair is at rest, and what must then be true.
extension Pair {
    var isSettled: Bool {
        nodes.allSatisfy { $0.isUp && $0.untold == 0 }
            && nodes.allSatisfy { node in
                node.ledger.unsynced == 0
                    && node.ledger.durable.openCount == 0
                    && !node.ledger.durable.outgoing.contains { $0.transport == .held }
                    && node.ledger.durable.agreement?.outgoing.isSettled == true
                    && node.ledger.durable.agreement?.incoming.isSettled == true
                    && node.ledger.durable.inboxOrder.allSatisfy(node.takenSet.contains)
            } && nodes[0].ledger.durable.issuedLast == nodes[1].ledger.durable.receivedLast
            && nodes[1].ledger.durable.issuedLast == nodes[0].ledger.durable.receivedLast
    }

    var openSummary: String {
        "\(happenings) steps; "
            + nodes.map { node in
                let open = node.ledger.durable.outgoing.filter { !$0.isSettled }.map {
                    "\($0.item.number) \($0.transport)"
                }
                return
                    "\(node.seat): \(node.link.phase), open \(open.prefix(3)), "
                    + "\(String(describing: node.ledger.durable.agreement)), "
                    + "untold \(node.untold), up \(node.isUp)"
            }.joined(separator: "; ")
    }

    /// Every breach that can be found in a settled pair; empty where all is well.
    func breaches() -> [String] {
        var found = witness.violations + disagreements
        for seat in Seat.allCases {
            let node = nodes[seat.rawValue]
            found += node.ledger.violations.map { "\(seat): \($0)" }
            found += deliveryBreaches(from: seat) + toldBreaches(at: seat) + orderBreaches(at: seat)
        }
        return found
    }

    /// Each delivery ended as it should have, with its proof, and the recipient's books say the same.
    private func deliveryBreaches(from seat: Seat) -> [String] {
        let mine = nodes[seat.rawValue].ledger.durable
        let theirs = nodes[seat.other.rawValue].ledger.durable
        var found: [String] = []
        for (index, delivery) in mine.outgoing.enumerated() {
            let number = UInt64(index + 1)
            if delivery.item.number.value != number { found.append("\(seat): a hole before number \(number)") }
            guard let slot = theirs.slots[number], slot.item == delivery.item else {
                found.append("\(seat): number \(number) is not in the partner's books")
                continue
            }
            let received = theirs.receivedByID[delivery.item.messageID]
            switch (delivery.transport, slot.answer) {
            case (.receipted, .receipt(let proof)):
                if delivery.proof != proof { found.append("\(seat): number \(number) has another receipt") }
                if witness.receipt(by: seat.other, for: delivery.item) != proof {
                    found.append("\(seat): number \(number) has a receipt that nobody saw")
                }
                if received?.summary.digest != delivery.item.messageDigest {
                    found.append("\(seat): number \(number) is receipted and not there")
                }
                let isInbox = theirs.inbox[delivery.item.messageID] != nil
                if isInbox != delivery.summary.isHandedOver { found.append("\(seat): hand-over of number \(number)") }
            case (.refused, .refusal(let code, let proof)):
                if delivery.proof != proof { found.append("\(seat): number \(number) has another refusal") }
                // Alarms are kept by message id: the receipt for one of two messages with one id ends the sender's.
                let alarm = code == .messageIDConflict ? AlarmCode.messageIDConflict : .deliveryRefused
                let books = code == .messageIDConflict ? theirs : mine
                if books.alarms[.init(code: alarm, messageID: delivery.item.messageID)] == nil {
                    found.append("\(seat): number \(number) is refused without an alarm")
                }
            case (.withdrawn, .noted(.void, _)), (.withdrawn, .refusal):
                if received?.summary.digest == delivery.item.messageDigest {
                    found.append("\(seat): number \(number) is void and received")
                }
            default:
                found.append("\(seat): number \(number) is \(delivery.transport), the partner has \(slot.answer.name)")
            }
        }
        return found
    }

    /// What an agency was told of is with the recipient's agency, once, and acknowledged as its people did.
    private func toldBreaches(at seat: Seat) -> [String] {
        let mine = nodes[seat.rawValue].ledger.durable
        let partner = nodes[seat.other.rawValue]
        var found: [String] = []
        if partner.taken.count != partner.takenSet.count { found.append("\(seat.other): taken twice") }
        for told in witness.tolds where told.seat == seat {
            let deliveries = mine.outgoing.filter { $0.item.messageID == told.id }
            if deliveries.isEmpty { found.append("\(seat): \(told.id) was accepted and is gone") }
            for delivery in deliveries where delivery.transport == .receipted && delivery.summary.isHandedOver {
                if !partner.takenSet.contains(told.id) { found.append("\(seat): \(told.id) was never taken") }
                let state = partner.ledger.durable.inbox[told.id]?.state
                let expected: FollowUp =
                    switch state {
                    case .owned: .owned
                    case .declined: .declined
                    case .concluded: .concluded
                    case .ready, nil: .none
                    }
                if delivery.followUp != expected {
                    found.append("\(seat): \(told.id) is \(delivery.followUp) here and \(expected) there")
                }
            }
        }
        return found
    }

    /// Within a case, a message comes after the one that its sender names before it, unless it was pressing or its wait
    /// ran out first.
    private func orderBreaches(at seat: Seat) -> [String] {
        let node = nodes[seat.rawValue]
        var place: [MessageID: Int] = [:]
        for (index, id) in node.taken.enumerated() { place[id] = index }
        var found: [String] = []
        for (index, id) in node.taken.enumerated() {
            guard let row = node.ledger.durable.inbox[id], row.summary.priority != .stat,
                let envelope = node.ledger.durable.envelopes[row.summary.digest],
                let predecessor = FakeContent(signed: envelope)?.predecessor,
                let before = place[predecessor], before > index,
                // One whose wait ran out at the very moment at which the other was released went on before it.
                let earlier = node.ledger.durable.inbox[predecessor],
                (earlier.availableAt, earlier.turn) < (row.availableAt, row.turn),
                // The second message under one id may follow one that follows the first: a ring, which only the end of
                // the wait opens, and which has no first.
                !node.ledger.durable.follows(predecessor, id)
            else { continue }
            found.append("\(seat): \(id) was handed over before \(predecessor)")
        }
        return found
    }
}

extension MemoryLedger.State {
    /// Whether a received message names another as the one before, or names one that does.
    fileprivate func follows(_ message: MessageID, _ other: MessageID) -> Bool {
        var seen: Set<MessageID> = []
        var next = message
        while seen.insert(next).inserted {
            guard let row = inbox[next], let envelope = envelopes[row.summary.digest],
                let predecessor = FakeContent(signed: envelope)?.predecessor
            else { return false }
            if predecessor == other { return true }
            next = predecessor
        }
        return false
    }
}

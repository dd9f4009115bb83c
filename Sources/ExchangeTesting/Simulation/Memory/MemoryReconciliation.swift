package import ExchangeCore
package import ExchangeStore

extension MemoryLedger {
    package func lastTally(of partner: OIN) async throws -> KeptTally? { try read().lastTally(of: partner) }

    package func books(
        with partner: OIN, against tally: Tally?, maximumItems: Int
    ) async throws -> PairBooks {
        try read().books(with: partner, against: tally, maximumItems: maximumItems)
    }

    package func noteReconciliation(
        with partner: OIN, digest: Digest, note: String, at: Timestamp
    ) async throws {
        try write(at: at) {
            $0.append(AuditLeaf(.reconciliationMade, at: at, partner: partner, digest: digest, note: note))
        }
    }
}

extension MemoryStore {
    /// That of the opening that answered last; of the others the newest.
    fileprivate func lastTally(of partner: OIN) -> KeptTally? {
        guard let row = partners[partner] else { return nil }
        let kept =
            row.answering.flatMap { row.incarnations.tallies[$0] }
            ?? row.incarnations.tallies.ascending.map(\.value).max { $0.keptAt < $1.keptAt }
        return kept.map { KeptTally(signed: $0.signed, keptAt: $0.keptAt) }
    }

    fileprivate func books(with partner: OIN, against tally: Tally?, maximumItems: Int) -> PairBooks {
        let row = partners[partner] ?? StoredPartner()
        let rows = row.numbers.descending.compactMap { deliveries[$0.value] }
        func excerpt(_ chosen: [StoredDelivery]) -> Excerpt<DeliveryEntry> {
            Excerpt(entries: chosen.prefix(maximumItems).compactMap(entry), count: chosen.count)
        }
        func inState(_ state: TransportState) -> [StoredDelivery] { rows.filter { $0.transport == state } }
        func isLost(_ row: StoredDelivery) -> Bool {
            guard messages[row.messageID]?.summary.type == ChannelRecovery.lostType else { return false }
            return row.transport != .withdrawn
                || !ChannelRecovery.isWithdrawnOnPurpose(declared: row.declaredReason)
        }
        let slots = row.slots.descending.map(\.value)
        func unreceipted(_ chosen: (KeptAnswer) -> Bool) -> Excerpt<UnreceiptedNumber> {
            let found = slots.filter { chosen($0.answer) }
            return Excerpt(entries: found.prefix(maximumItems).map(UnreceiptedNumber.init), count: found.count)
        }
        let gaps = row.gaps.ascending.map { NumberRange(SequenceNumber($0.key), SequenceNumber($0.value)) }
        return PairBooks(
            account: account(with: partner), facts: tally.map { tallyFacts(for: $0) },
            answered: answeredNumbers(of: partner),
            open: excerpt(
                inState(.open).sorted { ($1.priority.rank, $0.ordinal) < ($0.priority.rank, $1.ordinal) }),
            held: excerpt(inState(.held).filter { !isLost($0) }), refused: excerpt(inState(.refused)),
            again: Excerpt(
                entries: row.refills.ascending.prefix(maximumItems).compactMap { number, refill in
                    sentAgain(DeliveryKey(partner: partner, number: SequenceNumber(number)), refill)
                }, count: row.refills.count),
            withdrawn: excerpt(inState(.withdrawn).filter { !isLost($0) }),
            lost: excerpt((inState(.held) + inState(.withdrawn)).filter(isLost)),
            gaps: Excerpt(entries: [NumberRange](gaps.prefix(maximumItems)), count: gaps.count),
            heldThere: unreceipted { if case .noted(.held, _) = $0 { true } else { false } },
            voidThere: unreceipted { if case .noted(.void, _) = $0 { true } else { false } },
            refusedHere: unreceipted { if case .refusal = $0 { true } else { false } },
            alarms: alarmsWithCases(includingCleared: false).filter { $0.alarm.partner == partner })
    }

    private func sentAgain(_ key: DeliveryKey, _ refill: StoredRefill) -> SentAgain? {
        guard let row = deliveryRow(key), let message = messages[row.messageID] else { return nil }
        return SentAgain(
            item: ChannelItem(number: key.number, messageID: row.messageID, messageDigest: message.summary.digest),
            nextAttempt: refill.nextAttempt > 0 ? Timestamp(milliseconds: refill.nextAttempt) : nil)
    }
}

extension UnreceiptedNumber {
    fileprivate init(_ slot: StoredSlot) {
        let note =
            switch slot.answer {
            case .receipt: ""
            case .refusal(let code, _): code.rawValue
            case .noted(_, let said): said
            }
        self.init(item: slot.item, note: note, filledAt: slot.filledAt)
    }
}

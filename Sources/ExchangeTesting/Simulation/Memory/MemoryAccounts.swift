import ExchangeCore
import ExchangeStore

extension MemoryStore {
    func account(with partner: OIN) -> ChannelAccount { (partners[partner] ?? StoredPartner()).account }

    func partnerEntries() -> [PartnerEntry] {
        partners.ascending.map { partner, row in
            PartnerEntry(
                partner: partner, account: row.account, lastTallyAt: row.lastTallyAt, agreement: row.agreement,
                attempts: row.attempts, duplicates: row.duplicates)
        }
    }

    /// - Returns: `nil` beyond the end of our channel, or beyond the contiguous position of theirs.
    func runningDigest(with partner: OIN, isOutgoing: Bool, at number: SequenceNumber) -> Digest? {
        guard number != .none else { return .zero }
        return isOutgoing
            ? deliveryRow(DeliveryKey(partner: partner, number: number))?.runningDigest
            : partners[partner]?.slots[number.value]?.runningDigest
    }

    func answeredNumbers(of partner: OIN) -> [AnsweredNumber] {
        guard let row = partners[partner] else { return [] }
        let span = UInt64(ProtocolLimits.tallyOutcomesMaximumNumbers)
        let lowest = row.highestSeen.value < span ? 0 : row.highestSeen.value - span
        return row.slots.descending.rows { $0 > lowest }.map { _, slot in
            let kind: AnsweredKind =
                switch slot.answer {
                case .receipt: .receipt
                case .refusal: .refusal
                case .noted: .noted
                }
            return AnsweredNumber(number: slot.item.number, kind: kind)
        }
    }

    /// How far each channel of ours is certain, in the order of the partners' OINs. One that is being got back ends where
    /// its numbers end, since those behind what is asked for are sent meanwhile, and has no digest there; and what an
    /// incarnation claims never lies before where the one before began.
    func positionsToClaim() -> [PartnerPosition] {
        let before = openings.last?.positions ?? []
        return partners.ascending.map { partner, row in
            let claimed = before.first { $0.partner == partner }?.position ?? .start
            let end =
                row.recovery == nil
                ? row.settled : ChannelPosition(number: row.issued.number, runningDigest: .zero)
            return PartnerPosition(partner: partner, position: claimed.number > end.number ? claimed : end)
        }
    }
}

extension StoredPartner {
    fileprivate var account: ChannelAccount {
        ChannelAccount(
            issued: issued, open: openItems, received: received, highestSeen: highestSeen,
            gaps: gaps.ascending.rows(atMost: ProtocolLimits.tallyMaximumGaps) { _ in true }
                .map { NumberRange(SequenceNumber($0.key), SequenceNumber($0.value)) },
            safe: safe,
            standing: ChannelStanding(
                settled: settled, isConfirmed: isConfirmed, recovery: recovery))
    }
}

extension MemoryTransaction {
    mutating func keepTally(
        from partner: OIN, _ incarnation: IncarnationID, signed: [UInt8], _ agreement: PairAgreement?
    ) throws {
        guard !signed.isEmpty else { throw StoreError.invariant("a tally is kept as it was signed") }
        let at = at
        store.change(partner) { row in
            row.incarnations.tallies[incarnation] = StoredTally(signed: signed, keptAt: at)
            guard let agreement else { return }
            row.lastTallyAt = at
            row.agreement = agreement
        }
    }
}

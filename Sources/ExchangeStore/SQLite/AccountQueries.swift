import ExchangeCore
import Foundation
import GRDB

extension Database {
    func account(with partner: OIN) throws -> ChannelAccount {
        try first(
            """
            SELECT \(ChannelAccount.columns) FROM partner WHERE oin = ?
            """,
            [partner.text]
        ) { try ChannelAccount($0, from: 0, gaps: try gaps(of: partner)) }
            ?? ChannelAccount(
                issued: .start, open: 0, received: .start, highestSeen: .none, gaps: [], safe: .none,
                standing: ChannelStanding(settled: .start, isConfirmed: false))
    }

    private func gaps(of partner: OIN) throws -> [NumberRange] {
        try all(
            "SELECT first, last FROM gap WHERE partner = ? ORDER BY first LIMIT ?",
            [partner.text, ProtocolLimits.tallyMaximumGaps]
        ) { NumberRange(try $0.number(0), try $0.number(1)) }
    }

    func partners() throws -> [PartnerEntry] {
        try all(
            """
            SELECT \(ChannelAccount.columns), oin, tally_at, agreement_outgoing, agreement_incoming, attempts,
                duplicates
            FROM partner ORDER BY oin
            """
        ) { row in
            let next = ChannelAccount.columnCount
            let partner = try row.oin(next)
            return PartnerEntry(
                partner: partner, account: try ChannelAccount(row, from: 0, gaps: try gaps(of: partner)),
                lastTallyAt: row.optionalTimestamp(next + 1),
                agreement: row.isNull(next + 1)
                    ? nil
                    : PairAgreement(
                        outgoing: try row.value(next + 2, ChannelAgreement(column: row.text(next + 2))),
                        incoming: try row.value(next + 3, ChannelAgreement(column: row.text(next + 3)))),
                attempts: row.count(next + 4), duplicates: row.count(next + 5))
        }
    }

    func tallyFacts(for tally: Tally) throws -> TallyFacts {
        let partner = tally.node
        let account = try account(with: partner)
        return TallyFacts(
            incarnation: try incarnationFacts(tally.incarnation, after: tally.predecessors, of: partner),
            issued: account.issued,
            issuerDigest: try runningDigest(with: partner, isOutgoing: true, at: tally.received.number),
            received: account.received,
            receiverDigest: try runningDigest(with: partner, isOutgoing: false, at: tally.issued.number),
            answered: try answeredNumbers(by: partner, beyond: tally.received.number),
            hasLostAnswers: try hasAnswers(in: tally.missing(upTo: account.issued.number), by: partner),
            agreement: try agreement(with: partner),
            receipts: try OutcomeComparison.unreceipted(tally.outcomes).flatMap {
                try receiptedDeliveries(in: $0, to: partner)
            },
            standing: account.standing)
    }

    private func agreement(with partner: OIN) throws -> PairAgreement? {
        try first(
            "SELECT agreement_outgoing, agreement_incoming FROM partner WHERE oin = ? AND tally_at IS NOT NULL",
            [partner.text]
        ) {
            PairAgreement(
                outgoing: try $0.value(0, ChannelAgreement(column: $0.text(0))),
                incoming: try $0.value(1, ChannelAgreement(column: $0.text(1))))
        }
    }

    /// The numbers beyond `number` that the partner has answered (a receipt, a refusal, or that it noted a declaration),
    /// from the next to the highest; `nil` where the next has no answer.
    ///
    /// The common case is one row: the next number has no answer yet. Only after a loss is the highest looked for.
    private func answeredNumbers(by partner: OIN, beyond number: SequenceNumber) throws -> NumberRange? {
        guard let next = Int64(exactly: number.next.value),
            try first(
                "SELECT 1 FROM delivery WHERE partner = ? AND number = ? AND is_outstanding = 0", [partner.text, next],
                { _ in true }) == true
        else { return nil }
        return try first(
            """
            SELECT number FROM delivery WHERE partner = ? AND number >= ? AND is_outstanding = 0
            ORDER BY number DESC LIMIT 1
            """,
            [partner.text, next]
        ) { NumberRange(number.next, try $0.number(0)) }
    }

    /// Whether the partner has answered any of these numbers. Behind a long queue that is still open it is found later, so
    /// that no tally costs more than ``StoreLimits/lostAnswersMaximumRows``.
    private func hasAnswers(in missing: [NumberRange], by partner: OIN) throws -> Bool {
        var rowsLeft = StoreLimits.lostAnswersMaximumRows
        for range in missing where rowsLeft > 0 {
            guard let first = Int64(exactly: range.first.value) else { continue }
            let found = try self.first(
                """
                SELECT count(*), coalesce(sum(is_outstanding = 0), 0) FROM (
                    SELECT is_outstanding FROM delivery WHERE partner = ? AND number BETWEEN ? AND ?
                    ORDER BY number LIMIT ?)
                """,
                [partner.text, first, Int64(exactly: range.last.value) ?? .max, rowsLeft]
            ) { (rows: $0.count(0), answered: $0.count(1)) }
            guard let found else { continue }
            if found.answered > 0 { return true }
            rowsLeft -= found.rows
        }
        return false
    }

    func runningDigest(with partner: OIN, isOutgoing: Bool, at number: SequenceNumber) throws -> Digest? {
        guard number != .none else { return .zero }
        // No channel of ours reaches beyond SQLite's range, and a partner may ask for any number.
        guard let number = Int64(exactly: number.value) else { return nil }
        return isOutgoing
            ? try runningDigest(issuedTo: partner, at: number) : try runningDigest(receivedFrom: partner, at: number)
    }

    func runningDigest(issuedTo partner: OIN, at number: Int64) throws -> Digest? {
        try first(
            "SELECT running_digest FROM delivery WHERE partner = ? AND number = ?", [partner.text, number]
        ) { try $0.digest(0) }
    }

    /// - Returns: `nil` beyond the contiguous position.
    private func runningDigest(receivedFrom partner: OIN, at number: Int64) throws -> Digest? {
        try first(
            """
            SELECT running_digest FROM slot WHERE partner = ? AND number = ? AND running_digest IS NOT NULL
            """,
            [partner.text, number]
        ) { try $0.digest(0) }
    }

    func answeredNumbers(of partner: OIN) throws -> [AnsweredNumber] {
        try all(
            """
            SELECT number, answer FROM slot WHERE partner = ?1
                AND number > (SELECT highest_seen FROM partner WHERE oin = ?1) - ?2 ORDER BY number DESC
            """,
            [partner.text, ProtocolLimits.tallyOutcomesMaximumNumbers]
        ) { row in
            let kind: AnsweredKind =
                switch row.text(1) {
                case "receipt": .receipt
                case "refusal": .refusal
                case "void", "held": .noted
                default: throw StoreError.unreadable("answer")
                }
            return AnsweredNumber(number: try row.number(0), kind: kind)
        }
    }

    private func receiptedDeliveries(in range: NumberRange, to partner: OIN) throws -> [ReceiptedDelivery] {
        // No channel of ours reaches beyond SQLite's range, and a partner may name any number.
        guard let first = Int64(exactly: range.first.value), let last = Int64(exactly: range.last.value) else {
            return []
        }
        return try all(
            """
            SELECT number, message_id, receipted_at FROM delivery
            WHERE partner = ? AND number BETWEEN ? AND ? AND transport = 'receipted'
                -- To a partner that lost it, what went by retention was declared void since.
                AND NOT EXISTS (SELECT 1 FROM purged_message p WHERE p.message_id = delivery.message_id)
            ORDER BY number
            """,
            [partner.text, first, last]
        ) {
            ReceiptedDelivery(
                number: try $0.number(0), messageID: try $0.identifier(1), receiptedAt: $0.timestamp(2))
        }
    }

    /// How far each channel of ours is certain, in the order of the partners' OINs. One that is being got back ends where
    /// its numbers end, since those behind what is asked for are sent meanwhile, and has no digest there; and what an
    /// incarnation claims never lies before where the one before began.
    func positionsToClaim(after incarnation: IncarnationID?) throws -> [PartnerPosition] {
        let before = try incarnation.map { try positions(at: $0) } ?? []
        return try all(
            """
            SELECT oin, CASE WHEN recovery IS NULL THEN settled_number ELSE issued_number END,
                CASE WHEN recovery IS NULL THEN settled_digest ELSE zeroblob(32) END
            FROM partner ORDER BY oin
            """
        ) { row in
            let (partner, settled) = (try row.oin(0), try row.position(1))
            let claimed = before.first { $0.partner == partner }?.position ?? .start
            return PartnerPosition(
                partner: partner, position: claimed.number > settled.number ? claimed : settled)
        }
    }

    /// Where each channel of ours stood when an incarnation of this store began, in the same order.
    func positions(at incarnation: IncarnationID) throws -> [PartnerPosition] {
        try all(
            """
            SELECT partner, number, running_digest FROM incarnation_position WHERE incarnation = ? ORDER BY partner
            """,
            [incarnation.column]
        ) { PartnerPosition(partner: try $0.oin(0), position: try $0.position(1)) }
    }
}

extension ChannelAccount {
    fileprivate static let columns = """
        issued_number, issued_digest, open_items, received_number, received_digest, highest_seen, safe_number,
        settled_number, settled_digest, is_confirmed, recovery, recovering_until
        """
    fileprivate static let columnCount = 12

    fileprivate init(_ row: StoredRow, from index: Int, gaps: [NumberRange]) throws {
        self.init(
            issued: try row.position(index), open: row.count(index + 2), received: try row.position(index + 3),
            highestSeen: try row.number(index + 5), gaps: gaps, safe: try row.number(index + 6),
            standing: try ChannelStanding(row, from: index + 7))
    }
}

extension LedgerTransaction {
    func keepTally(
        from partner: OIN, _ incarnation: IncarnationID, signed: [UInt8], _ agreement: PairAgreement?
    ) throws {
        try ensurePartner(partner)
        try database.change(
            """
            INSERT INTO tally (partner, incarnation, signed, kept_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (partner, incarnation) DO UPDATE SET signed = excluded.signed, kept_at = excluded.kept_at
            """,
            [partner.text, incarnation.column, Data(signed), at.milliseconds])
        guard let agreement else { return }
        try database.change(
            "UPDATE partner SET tally_at = ?, agreement_outgoing = ?, agreement_incoming = ? WHERE oin = ?",
            [at.milliseconds, agreement.outgoing.column, agreement.incoming.column, partner.text])
    }
}

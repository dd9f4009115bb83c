import ExchangeCore
import GRDB

// What a partner gets back of its channel from here, and what comes back of ours.

extension Database {
    func channelStanding(with partner: OIN) throws -> ChannelStanding {
        try first(
            """
            SELECT settled_number, settled_digest, is_confirmed, recovery, recovering_until FROM partner WHERE oin = ?
            """,
            [partner.text]
        ) { try ChannelStanding($0, from: 0) } ?? ChannelStanding(settled: .start, isConfirmed: false)
    }

    func recoveryFacts(for item: ChannelItem, with partner: OIN) throws -> RecoveryFacts {
        RecoveryFacts(
            row: try issuedItem(to: partner, at: item.number),
            message: try first(
                """
                SELECT \(MessageSummary.columns), m.is_outgoing FROM message m WHERE m.id = ?
                """,
                [item.messageID.column]
            ) { row in
                RecoveryFacts.Known(
                    summary: try MessageSummary(row, from: 0), isOutgoing: row.flag(MessageSummary.columnCount))
            },
            deliveredTo: try all(
                """
                SELECT partner FROM delivery WHERE message_id = ?1
                UNION SELECT partner FROM delivery WHERE \(Self.isAdopted) ORDER BY partner
                """,
                [item.messageID.column, item.messageDigest.column, ChannelRecovery.lostReason]
            ) { try $0.oin(0) },
            unprovenNumbers: try first("SELECT unproven_numbers FROM partner WHERE oin = ?", [partner.text]) {
                $0.count(0)
            } ?? 0)
    }

    /// Of the message `?1` with the digest `?2`: the numbers under which it was known by these alone, but not where the
    /// partner proved nothing.
    fileprivate static let isAdopted = """
        lost_id = ?1 AND lost_digest = ?2 AND NOT (transport = 'withdrawn' AND declared_reason = ?3)
        """

    func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) throws -> HeldPart {
        let base = try runningDigest(with: partner, isOutgoing: false, at: number)
        // No slot lies beyond SQLite's range, and a partner may ask for any number.
        guard let column = Int64(exactly: number.value) else { return HeldPart(base: nil, upTo: number, items: []) }
        let answered = try all(
            """
            SELECT s.number, s.message_id, s.message_digest, s.answer, s.note, \(presentProof) FROM slot s
            WHERE s.partner = ? AND s.number > ? ORDER BY s.number LIMIT ?
            """,
            [partner.text, column, maximumItems]
        ) { row in
            (
                item: ChannelItem(
                    number: try row.number(0), messageID: try row.identifier(1), messageDigest: try row.digest(2)),
                answer: try KeptAnswer(row, from: 3)
            )
        }
        return try HeldPart(base: base, after: number, answered, maximumBytes: maximumBytes) { try message($0) }
    }

    func noteRenewal(at: Timestamp) throws {
        try change("INSERT INTO renewal (renewed_at) VALUES (?)", [at.milliseconds])
        try change("UPDATE inbox SET may_be_repeated = 1 WHERE may_be_repeated = 0")
    }

    func renewedAt() throws -> Timestamp? {
        try first("SELECT renewed_at FROM renewal ORDER BY renewed_at DESC LIMIT 1") { $0.timestamp(0) }
    }

    func issuedItem(to partner: OIN, at number: SequenceNumber) throws -> ChannelItem? {
        guard let column = Int64(exactly: number.value) else { return nil }
        return try first(
            """
            SELECT \(ChannelItem.columns) FROM delivery d JOIN message m ON m.id = d.message_id
            WHERE d.partner = ? AND d.number = ?
            """,
            [partner.text, column]
        ) { ChannelItem(number: number, messageID: try $0.identifier(0), messageDigest: try $0.digest(1)) }
    }
}

extension ChannelItem {
    /// Id and digest that the partner has under a number: of a delivery `d` of a message `m`.
    static let columns = "coalesce(d.lost_id, d.message_id), coalesce(d.lost_digest, m.digest)"
}

extension ChannelStanding {
    /// - Parameter index: of the first of `settled_number, settled_digest, is_confirmed, recovery, recovering_until`.
    init(_ row: StoredRow, from index: Int) throws(StoreError) {
        let until = try row.number(index + 4)
        let recovery: ChannelRecoveryState? =
            switch row.isNull(index + 3) ? "" : row.text(index + 3) {
            case "": nil
            case "to-compare": .toCompare(until: until)
            case "part": .under(RecoverySpan(until: until, isPart: true))
            case "whole": .under(RecoverySpan(until: until))
            default: throw StoreError.unreadable("recovery")
            }
        self.init(settled: try row.position(index), isConfirmed: row.flag(index + 2), recovery: recovery)
    }
}

extension LedgerTransaction {
    func recoveryFacts(for item: ChannelItem, with partner: OIN) throws -> RecoveryFacts {
        try database.recoveryFacts(for: item, with: partner)
    }

    func channelStanding(with partner: OIN) throws -> ChannelStanding { try database.channelStanding(with: partner) }

    mutating func noteRunning(_ incarnation: IncarnationID, of partner: OIN, hasAnswered: Bool) throws {
        try ensurePartner(partner)
        try database.change(
            """
            UPDATE partner SET running_incarnation = ?1,
                answering_incarnation = CASE WHEN ?2 THEN ?1 ELSE answering_incarnation END WHERE oin = ?3
            """,
            [incarnation.column, hasAnswered, partner.text])
        if !hasAnswered { tell(.partnerReopened(partner)) }
    }

    mutating func sendAgain(to partner: OIN, _ numbers: [NumberRange]) throws {
        var rowsLeft = limits.refillMaximumRowsPerTally
        for range in numbers where rowsLeft > 0 {
            // No channel of ours reaches beyond SQLite's range, and a partner may name any number.
            guard let first = Int64(exactly: range.first.value) else { continue }
            let last = Int64(exactly: range.last.value) ?? .max
            let count = try database.change(
                """
                INSERT INTO refill (partner, number, priority_rank)
                SELECT partner, number, priority_rank FROM delivery d
                WHERE partner = ? AND number BETWEEN ? AND ? AND is_outstanding = 0
                    AND NOT EXISTS (SELECT 1 FROM refill r WHERE r.partner = d.partner AND r.number = d.number)
                ORDER BY number LIMIT ?
                """,
                [partner.text, first, last, rowsLeft])
            rowsLeft -= count
            if count > 0 { tell(.workArrived(partner)) }
        }
    }

    func endRefill(of key: DeliveryKey) throws {
        try database.changeOne(
            "refill of \(key.number) to \(key.partner)", "DELETE FROM refill WHERE partner = ? AND number = ?",
            [key.partner.text, try key.number.column()])
    }

    func deferRefill(of key: DeliveryKey, until: Timestamp) throws {
        try database.changeOne(
            "refill of \(key.number) to \(key.partner)",
            "UPDATE refill SET next_attempt = max(?, 1) WHERE partner = ? AND number = ?",
            [until.milliseconds, key.partner.text, try key.number.column()])
    }

    mutating func confirmChannel(to partner: OIN) throws {
        try ensurePartner(partner)
        let standing = try channelStanding(with: partner)
        let issued = try database.issuedPosition(to: partner)
        guard !standing.isRecovering || standing.settled.number == issued.number else {
            throw StoreError.invariant("a channel is confirmed once it is settled")
        }
        let end = standing.isRecovering ? standing.settled : issued
        try database.change(
            """
            UPDATE partner SET settled_number = ?1, settled_digest = ?2, issued_digest = ?2, is_confirmed = 1,
                recovery = NULL WHERE oin = ?3
            """,
            [try end.number.column(), end.runningDigest.column, partner.text])
        // What waited for this goes now.
        try database.change(
            "UPDATE delivery SET next_attempt = 0 WHERE partner = ? AND is_outstanding = 1 AND next_attempt = ?",
            [partner.text, DueSelection.afterRecovery])
        tell(.workArrived(partner))
    }

    func noteRenewal(provenBy partner: OIN) throws {
        let isNew = try database.change(
            "UPDATE partner SET is_loss_proven = 1 WHERE oin = ? AND is_loss_proven = 0", [partner.text])
        if isNew > 0 { try database.noteRenewal(at: at) }
    }

    func endPart(of partner: OIN) throws {
        try database.changeOne(
            "partner \(partner)",
            """
            UPDATE partner SET recovery = 'to-compare',
                issued_digest = CASE WHEN issued_number = settled_number THEN settled_digest ELSE issued_digest END
            WHERE oin = ?
            """, [partner.text])
    }

    /// What was answered stays under its number: the partner has it there. What was not goes on behind all that the partner
    /// has, and is sent meanwhile.
    mutating func beginRecovery(of partner: OIN, from: SequenceNumber, _ span: RecoverySpan) throws {
        try ensurePartner(partner)
        let settled = ChannelPosition(
            number: from,
            runningDigest: from == .none
                ? .zero : try database.runningDigest(with: partner, isOutgoing: true, at: from) ?? .zero)
        let answered: SequenceNumber? = try database.first(
            """
            SELECT number FROM delivery WHERE partner = ? AND number > ? AND is_outstanding = 0
            ORDER BY number DESC LIMIT 1
            """,
            [partner.text, try from.column()]
        ) { try $0.number(0) }
        // A part ends where it ends: what lies beyond it is asked for afterwards.
        let end = span.isPart ? span.until : max(span.until, answered ?? .none)
        try database.change(
            """
            UPDATE partner SET settled_number = ?1, settled_digest = ?2, is_confirmed = 0, recovering_until = ?3,
                recovery = CASE WHEN ?5 THEN 'part' ELSE 'whole' END,
                is_loss_proven = CASE WHEN recovery IS NULL THEN 0 ELSE is_loss_proven END,
                issued_number = max(issued_number, ?3), issued_digest = zeroblob(32) WHERE oin = ?4
            """,
            [
                try settled.number.column(), settled.runningDigest.column, try end.column(), partner.text,
                span.isPart,
            ])
        // What has to be told anyway, as one that an operator released since: it is told under its new number.
        try database.change(
            """
            DELETE FROM refill WHERE partner = ?1 AND number IN
                (SELECT number FROM delivery WHERE partner = ?1 AND number > ?2 AND number <= ?3 AND is_outstanding = 1)
            """,
            [partner.text, try from.column(), try end.column()])
        let moved = try database.change(
            """
            UPDATE delivery SET number = (SELECT issued_number FROM partner WHERE oin = ?1) + late.place
            FROM (SELECT ordinal, row_number() OVER (ORDER BY number) AS place FROM delivery
                WHERE partner = ?1 AND number > ?2 AND number <= ?3 AND is_outstanding = 1) AS late
            WHERE delivery.ordinal = late.ordinal
            """,
            [partner.text, try from.column(), try end.column()])
        try database.change(
            "UPDATE partner SET issued_number = issued_number + ? WHERE oin = ?", [moved, partner.text])
    }

    func placeDelivery(of message: MessageSummary, to recipient: Party, as item: ChannelItem) throws {
        let isLost = item.messageID != message.id
        // Its people may have answered it already, under the number that it was given anew.
        try database.change(
            """
            INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
                envelope_bytes, accepted_at, running_digest, lost_id, lost_digest,
                follow_up, follow_up_role, follow_up_message, owned_at, declined_at, concluded_at)
            SELECT ?1, ?2, m.id, ?3, m.case_reference, ?4, length(m.envelope), ?5, zeroblob(32), ?6, ?7,
                coalesce(d.follow_up, 'none'), coalesce(d.follow_up_role, ''), d.follow_up_message, d.owned_at,
                d.declined_at, d.concluded_at
            FROM message m LEFT JOIN delivery d ON d.message_id = m.id AND d.partner = ?1
            WHERE m.id = ?8 ORDER BY d.number LIMIT 1
            """,
            [
                recipient.oin.text, try item.number.column(), recipient.role.rawValue, message.priority.rank,
                at.milliseconds, isLost ? item.messageID.column : nil, isLost ? item.messageDigest.column : nil,
                message.id.column,
            ])
        guard message.type == ChannelRecovery.lostType else { return }
        try database.change(
            "UPDATE partner SET unproven_numbers = unproven_numbers + 1 WHERE oin = ?", [recipient.oin.text])
    }

    mutating func adoptNumbers(of message: MessageSummary) throws {
        try database.change(
            """
            UPDATE partner SET open_bytes = open_bytes + (SELECT length(envelope) FROM message WHERE id = ?1) *
                (SELECT count(*) FROM delivery WHERE \(Database.isAdopted) AND transport = 'held' AND partner = oin)
            WHERE oin IN (SELECT partner FROM delivery WHERE \(Database.isAdopted) AND transport = 'held')
            """,
            [message.id.column, message.digest.column, ChannelRecovery.lostReason])
        try database.change(
            """
            UPDATE delivery SET message_id = ?1, case_reference = ?4, priority_rank = ?5, lost_id = NULL,
                lost_digest = NULL, envelope_bytes = (SELECT length(envelope) FROM message WHERE id = ?1)
            WHERE \(Database.isAdopted)
            """,
            [
                message.id.column, message.digest.column, ChannelRecovery.lostReason, message.caseReference.column,
                message.priority.rank,
            ])
        tell(.deliveryMoved(message.id))
    }

    /// What an operator withheld is withheld under each number.
    mutating func declareWaiting(
        _ message: MessageID, to partner: OIN, _ state: TransportState, reason: String
    ) throws {
        let numbers = try database.all(
            """
            SELECT number FROM delivery WHERE message_id = ? AND partner = ? AND is_outstanding = 1 AND next_attempt = ?
            """,
            [message.column, partner.text, DueSelection.afterRecovery]
        ) { try $0.number(0) }
        for number in numbers {
            try declare(DeliveryKey(partner: partner, number: number), state, reason: reason, isToBeTold: true)
        }
    }

    mutating func settle(_ partner: OIN, upTo number: SequenceNumber) throws {
        let start = try database.channelStanding(with: partner).settled
        var position = start
        unfinished.hasMoreToSettle = false
        while position.number < number, let item = try database.issuedItem(to: partner, at: position.number.next) {
            guard takeStep() else {
                unfinished.hasMoreToSettle = true
                break
            }
            position = position.extended(by: item, using: digest)
            try database.change(
                "UPDATE delivery SET running_digest = ? WHERE partner = ? AND number = ?",
                [position.runningDigest.column, partner.text, try position.number.column()])
        }
        guard position != start else { return }
        try database.change(
            "UPDATE partner SET settled_number = ?, settled_digest = ? WHERE oin = ?",
            [try position.number.column(), position.runningDigest.column, partner.text])
    }
}

import ExchangeCore
import Foundation
import GRDB

// What the core decides on, read in the transaction in which its decision is applied.

extension Database {
    func issuedPosition(to partner: OIN) throws -> ChannelPosition {
        try first("SELECT issued_number, issued_digest FROM partner WHERE oin = ?", [partner.text]) {
            try $0.position(0)
        } ?? .start
    }

    func receivedPosition(from partner: OIN) throws -> ChannelPosition {
        try first("SELECT received_number, received_digest FROM partner WHERE oin = ?", [partner.text]) {
            try $0.position(0)
        } ?? .start
    }

    func slotItem(of partner: OIN, at number: SequenceNumber) throws -> ChannelItem? {
        try first(
            "SELECT message_id, message_digest FROM slot WHERE partner = ? AND number = ?",
            [partner.text, try number.column()]
        ) { ChannelItem(number: number, messageID: try $0.identifier(0), messageDigest: try $0.digest(1)) }
    }

    func submission(claimedBy key: String) throws -> (message: MessageID, submission: Digest)? {
        try first("SELECT message_id, submission_digest FROM idempotency_key WHERE key = ?", [key]) {
            (message: try $0.identifier(0), submission: try $0.digest(1))
        }
    }

    func acceptanceFacts(for request: AcceptanceRequest) throws -> AcceptanceFacts {
        AcceptanceFacts(
            claimed: try request.claim.flatMap { try submission(claimedBy: $0.key) },
            isIDTaken: try first("SELECT 1 FROM message WHERE id = ?", [request.message.id.column]) { _ in true }
                ?? false,
            backlogs: try request.recipients.map { try backlog(for: $0.oin) },
            inbox: try request.inboxStep.flatMap { step in
                try first("SELECT state, role, moved_at FROM inbox WHERE message_id = ?", [step.messageID.column]) {
                    InboxStanding(state: try $0.word(0), role: $0.text(1), movedAt: $0.optionalTimestamp(2))
                }
            })
    }

    private func backlog(for partner: OIN) throws -> Backlog {
        try first("SELECT open_items, open_bytes FROM partner WHERE oin = ?", [partner.text]) {
            Backlog(items: $0.count(0), bytes: $0.integer(1))
        } ?? .empty
    }

    func deliveryFacts(for key: DeliveryKey) throws -> DeliveryFacts? {
        let next = MessageSummary.columnCount
        return try first(
            """
            SELECT \(MessageSummary.columns), d.recipient_role, d.transport, d.attempts,
                EXISTS (SELECT 1 FROM refill r WHERE r.partner = d.partner AND r.number = d.number)
            FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.partner = ? AND d.number = ?
            """,
            [key.partner.text, try key.number.column()]
        ) { row in
            DeliveryFacts(
                message: try MessageSummary(row, from: 0),
                recipient: Party(oin: key.partner, role: try row.word(next)), transport: try row.word(next + 1),
                attempts: row.count(next + 2), isRefilled: row.integer(next + 3) > 0)
        }
    }

    func receptionFacts(for query: ReceptionQuery, from partner: OIN) throws -> ReceptionFacts {
        ReceptionFacts(
            slot: try filledSlot(of: partner, at: query.item.number),
            message: try knownMessage(query.item.messageID, to: partner),
            predecessor: try query.predecessor.map { try predecessor($0, of: partner) } ?? .here,
            acknowledged: try query.acknowledged.flatMap { try acknowledgedDelivery(of: $0, by: partner) },
            usage: try usage(of: partner), isConfirmed: try channelStanding(with: partner).isConfirmed,
            renewedAt: try renewedAt(), coRecipients: try query.shared.map { try coRecipientFacts(of: $0) } ?? .none)
    }

    private func usage(of partner: OIN) throws -> InboundUsage {
        try first(
            """
            SELECT usage_since, usage_items, usage_refusals, in_vain_since, in_vain_count FROM partner WHERE oin = ?
            """,
            [partner.text]
        ) {
            InboundUsage(
                since: $0.timestamp(0), items: $0.count(1), refusals: $0.count(2),
                inVain: InboundUsage.InVain(since: $0.timestamp(3), count: $0.count(4)))
        } ?? .none
    }

    private func filledSlot(of partner: OIN, at number: SequenceNumber) throws -> FilledSlot? {
        // A number beyond SQLite's range fills no slot, and no sender can make us fail with it.
        guard let column = Int64(exactly: number.value) else { return nil }
        return try first(
            """
            SELECT s.message_id, s.message_digest, s.answer, s.note, \(presentProof) FROM slot s
            WHERE s.partner = ? AND s.number = ?
            """,
            [partner.text, column]
        ) { row in
            FilledSlot(
                item: ChannelItem(
                    number: number, messageID: try row.identifier(0), messageDigest: try row.digest(1)),
                answer: try KeptAnswer(row, from: 2))
        }
    }

    /// Only a message that is kept is known: one that was refused may come again, sealed anew, under another number.
    private func knownMessage(_ id: MessageID, to partner: OIN) throws -> KnownMessage? {
        try first(
            """
            SELECT m.digest, s.answer, s.note, \(presentProof) FROM message m
            LEFT JOIN slot s ON s.message_id = m.id AND s.partner = ? AND s.answer = 'receipt' AND m.is_outgoing = 0
            WHERE m.id = ? ORDER BY s.ordinal LIMIT 1
            """,
            [partner.text, id.column]
        ) { row in
            KnownMessage(digest: try row.digest(0), answer: row.isNull(1) ? nil : try KeptAnswer(row, from: 1))
        }
    }

    /// A message that was put before people counts as here, or as waiting; one that ends at the node as here.
    private func predecessor(_ id: MessageID, of partner: OIN) throws -> Predecessor {
        let kept: Predecessor? = try first(
            """
            SELECT i.available_at FROM message m LEFT JOIN inbox i ON i.message_id = m.id AND i.awaited IS NOT NULL
            WHERE m.id = ? AND m.is_outgoing = 0
            """,
            [id.column]
        ) { $0.isNull(0) ? .here : .waiting(until: $0.timestamp(0)) }
        if let kept { return kept }
        let isVoid =
            try first(
                "SELECT 1 FROM slot WHERE message_id = ? AND partner = ? AND answer = 'void'",
                [id.column, partner.text]
            ) { _ in true } ?? false
        return isVoid ? .here : .missing
    }

    private func acknowledgedDelivery(of message: MessageID, by partner: OIN) throws -> AcknowledgedDelivery? {
        try first(
            """
            SELECT m.digest, d.transport, d.follow_up FROM delivery d JOIN message m ON m.id = d.message_id
            WHERE d.message_id = ? AND d.partner = ?
            ORDER BY d.transport = 'receipted' DESC, d.number LIMIT 1
            """,
            [message.column, partner.text]
        ) { AcknowledgedDelivery(digest: try $0.digest(0), transport: try $0.word(1), followUp: try $0.word(2)) }
    }
}

/// The last proof that was signed for a slot `s`.
let presentProof = """
    coalesce(
        (SELECT r.proof FROM reissued_proof r WHERE r.partner = s.partner AND r.number = s.number
            ORDER BY r.ordinal DESC LIMIT 1),
        s.proof)
    """

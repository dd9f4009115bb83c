import ExchangeCore
import Foundation
import GRDB

extension LedgerTransaction {
    /// Fills a number of a partner's channel to us. Only a number that was declared held is filled a second time.
    mutating func fillSlot(from partner: OIN, _ item: ChannelItem, _ answer: KeptAnswer) throws {
        try ensurePartner(partner)
        let number = try item.number.column()
        let columns = try answer.columns()
        let replaced = try database.change(
            """
            UPDATE slot SET answer = ?, note = ?, proof = ?
            WHERE partner = ? AND number = ? AND answer = 'held' AND message_id = ? AND message_digest = ?
            """,
            [
                columns.answer, columns.note, columns.proof, partner.text, number, item.messageID.column,
                item.messageDigest.column,
            ])
        guard replaced == 0 else { return }
        try database.change(
            """
            INSERT INTO slot (partner, number, message_id, message_digest, answer, note, proof, filled_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                partner.text, number, item.messageID.column, item.messageDigest.column, columns.answer,
                columns.note, columns.proof, at.milliseconds,
            ])
        try noteArrival(of: number, from: partner)
        try advance(partner)
    }

    /// The slot itself stays as it is: what was once answered is evidence.
    func reissueProof(to partner: OIN, _ number: SequenceNumber, _ proof: [UInt8]) throws {
        try database.change(
            "INSERT INTO reissued_proof (partner, number, proof, issued_at) VALUES (?, ?, ?, ?)",
            [partner.text, try number.column(), Data(proof), at.milliseconds])
    }

    /// Keeps the ranges of missing numbers. In order, nothing is written but the highest number seen.
    private func noteArrival(of number: Int64, from partner: OIN) throws {
        let highest =
            try database.first("SELECT highest_seen FROM partner WHERE oin = ?", [partner.text]) { $0.integer(0) } ?? 0
        if number > highest {
            if number > highest + 1 {
                try database.change(
                    "INSERT INTO gap (partner, first, last) VALUES (?, ?, ?)",
                    [partner.text, highest + 1, number - 1])
            }
            try database.change("UPDATE partner SET highest_seen = ? WHERE oin = ?", [number, partner.text])
            return
        }
        let gap = try database.first(
            "SELECT first, last FROM gap WHERE partner = ? AND first <= ? ORDER BY first DESC LIMIT 1",
            [partner.text, number]
        ) { (first: $0.integer(0), last: $0.integer(1)) }
        guard let gap, number <= gap.last else {
            throw StoreError.invariant("number \(number) was neither missing nor new")
        }
        try database.change("DELETE FROM gap WHERE partner = ? AND first = ?", [partner.text, gap.first])
        for (first, last) in [(gap.first, number - 1), (number + 1, gap.last)] where first <= last {
            try database.change(
                "INSERT INTO gap (partner, first, last) VALUES (?, ?, ?)", [partner.text, first, last])
        }
    }

    /// Moves the contiguous position while the next number is there, and keeps the running digest at each: what a
    /// partner's tally claims is then a look-up.
    mutating func advance(_ partner: OIN) throws {
        var position = try database.receivedPosition(from: partner)
        let start = position
        while let item = try database.slotItem(of: partner, at: position.number.next) {
            guard takeStep() else {
                unfinished.hasMoreToAdvance = true
                break
            }
            position = position.extended(by: item, using: digest)
            try database.change(
                "UPDATE slot SET running_digest = ? WHERE partner = ? AND number = ?",
                [position.runningDigest.column, partner.text, try position.number.column()])
        }
        guard position != start else { return }
        try database.change(
            "UPDATE partner SET received_number = ?, received_digest = ? WHERE oin = ?",
            [try position.number.column(), position.runningDigest.column, partner.text])
    }

    mutating func handOver(
        _ message: MessageSummary, availableAt: Timestamp, awaiting: MessageID?, mayBeRepeated: Bool
    ) throws {
        try database.change(
            """
            INSERT INTO inbox (message_id, priority_rank, received_at, available_at, awaited, turn, may_be_repeated)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                message.id.column, message.priority.rank, at.milliseconds, availableAt.milliseconds, awaiting?.column,
                try database.nextTurn(), mayBeRepeated,
            ])
        tell(.inboxChanged(message.id))
    }

    /// Lets those of a partner go on that waited for messages, each after the one it waited for, and in turn those that
    /// waited for them. What went on already keeps its turn: only its flag is taken away.
    mutating func releaseSuccessors(of messages: [MessageID], from partner: OIN, at: Timestamp) throws {
        var released = messages
        var index = 0
        while index < released.count {
            for successor in try successors(of: released[index], from: partner, availableFrom: nil) {
                guard takeStep() else {
                    // Those that this one was let go with are asked for again: what went on waits no more.
                    unfinished.toRelease += released[index...]
                    return
                }
                try database.change(
                    """
                    UPDATE inbox SET turn = CASE WHEN available_at > ?1 THEN ?2 ELSE turn END,
                        available_at = min(available_at, ?1), awaited = NULL WHERE message_id = ?3
                    """,
                    [at.milliseconds, try database.nextTurn(), successor.column])
                tell(.inboxChanged(successor))
                released.append(successor)
            }
            index += 1
        }
    }

    /// Those of a partner that wait for a message, in their order; no more than there are steps.
    private func successors(
        of message: MessageID, from partner: OIN, availableFrom: Timestamp?
    ) throws -> [MessageID] {
        try database.all(
            """
            SELECT i.message_id FROM inbox i JOIN message m ON m.id = i.message_id
            WHERE i.awaited = ? AND m.sender = ? AND i.available_at >= ? ORDER BY i.turn LIMIT ?
            """,
            [message.column, partner.text, availableFrom?.milliseconds ?? .min, limits.operationMaximumSteps + 1]
        ) { try $0.identifier(0) }
    }

    /// Has those of a partner go on after a message, and with it, that wait for it; one whose own wait ends before stays as
    /// it is. Those for which no step is left go on by their own time: that is no earlier, and they are flagged.
    mutating func alignSuccessors(of message: MessageID, from partner: OIN, until: Timestamp) throws {
        var aligned = [message]
        var index = 0
        // Two messages that name each other are a ring: each is aligned once.
        var seen: Set = [message]
        while index < aligned.count {
            for successor in try successors(of: aligned[index], from: partner, availableFrom: until)
            where seen.insert(successor).inserted {
                guard takeStep() else { return }
                try database.change(
                    "UPDATE inbox SET turn = ?, available_at = ? WHERE message_id = ?",
                    [try database.nextTurn(), until.milliseconds, successor.column])
                tell(.inboxChanged(successor))
                aligned.append(successor)
            }
            index += 1
        }
    }

    mutating func moveInbox(_ message: MessageID, to state: InboxState, role: String, at: Timestamp) throws {
        try database.changeOne(
            "inbox entry \(message)",
            "UPDATE inbox SET state = ?, role = ?, moved_at = ? WHERE message_id = ?",
            [state.rawValue, role, at.milliseconds, message.column])
        tell(.inboxChanged(message))
    }

    func keep(_ usage: InboundUsage, of partner: OIN) throws {
        try ensurePartner(partner)
        try database.changeOne(
            "partner \(partner)",
            """
            UPDATE partner SET usage_since = ?, usage_items = ?, usage_refusals = ?, in_vain_since = ?,
                in_vain_count = ? WHERE oin = ?
            """,
            [
                usage.since.milliseconds, usage.items, usage.refusals, usage.inVain.since.milliseconds,
                usage.inVain.count, partner.text,
            ])
    }

    func countDuplicate(from partner: OIN) throws {
        try ensurePartner(partner)
        try database.change("UPDATE partner SET duplicates = duplicates + 1 WHERE oin = ?", [partner.text])
    }
}

extension Database {
    fileprivate func nextTurn() throws -> Int64 {
        (try first("SELECT max(turn) FROM inbox") { $0.isNull(0) ? 0 : $0.integer(0) } ?? 0) + 1
    }
}

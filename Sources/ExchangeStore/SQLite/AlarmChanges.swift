import ExchangeCore
import Foundation
import GRDB

extension LedgerTransaction {
    /// Opens an alarm, or counts it where it is open already; its detail is then the latest, its time the first.
    ///
    /// An alarm that opens has an audit leaf; only here is it known whether it does. Beyond
    /// ``StoreLimits/alarmsMaximumOpen`` of one code and partner, and of no partner for each sender, further messages count
    /// on one row of no message: a partner cannot make the table grow without an end. What is open already counts on its
    /// own row all the same.
    mutating func raise(_ alarm: Alarm) throws {
        let share = try share(of: alarm)
        let message = try isCrowded(alarm, share: share) ? nil : alarm.messageID
        let count = try database.first(
            """
            INSERT INTO alarm (code, partner, message_id, sender, detail, raised_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (code, partner, message_id) WHERE cleared_at IS NULL
            DO UPDATE SET count = count + 1, detail = excluded.detail
            RETURNING count
            """,
            [
                alarm.code.rawValue, alarm.partner?.text ?? "", message?.column ?? Data(), message == nil ? "" : share,
                alarm.detail, alarm.at.milliseconds,
            ]
        ) { $0.count(0) }
        if count == 1 {
            try append(
                AuditLeaf(
                    .alarmRaised, at: alarm.at, messageID: message, partner: alarm.partner,
                    note: alarm.code.rawValue))
        }
        tell(.alarmsChanged)
    }

    /// Whose share of the open alarms it counts on: where nobody else is at fault, that of the message's sender, so that
    /// what one sends leaves room for what another does. Empty where the alarm names a partner, whose share it is, or no
    /// message that is here.
    private func share(of alarm: Alarm) throws -> String {
        guard alarm.partner == nil, let message = alarm.messageID else { return "" }
        return try database.first("SELECT sender FROM message WHERE id = ?", [message.column]) { $0.text(0) } ?? ""
    }

    private func isCrowded(_ alarm: Alarm, share: String) throws -> Bool {
        guard let message = alarm.messageID else { return false }
        let isOpen = try database.first(
            "SELECT 1 FROM alarm WHERE code = ? AND partner = ? AND message_id = ? AND cleared_at IS NULL",
            [alarm.code.rawValue, alarm.partner?.text ?? "", message.column]
        ) { _ in true }
        guard isOpen == nil else { return false }
        let open = try database.first(
            "SELECT count(*) FROM (\(AlarmQueries.ofShare))",
            [alarm.code.rawValue, alarm.partner?.text ?? "", share, limits.alarmsMaximumOpen]
        ) { $0.count(0) }
        return open == limits.alarmsMaximumOpen
    }

    /// Clears exactly this alarm: that of the message, or the one of no message.
    mutating func clear(_ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp) throws {
        let cleared = try database.change(
            """
            UPDATE alarm SET cleared_at = ?
            WHERE code = ? AND partner = ? AND cleared_at IS NULL AND message_id = ?
            """,
            [at.milliseconds, code.rawValue, partner?.text ?? "", messageID?.column ?? Data()])
        if cleared > 0 { tell(.alarmsChanged) }
    }

    /// Clears the alarms of a code and partner, whatever their message.
    mutating func clearAll(_ code: AlarmCode, partner: OIN?, at: Timestamp) throws {
        let cleared = try database.change(
            "UPDATE alarm SET cleared_at = ? WHERE code = ? AND partner = ? AND cleared_at IS NULL",
            [at.milliseconds, code.rawValue, partner?.text ?? ""])
        if cleared > 0 { tell(.alarmsChanged) }
    }
}

/// What was ever raised grows for good; what is open is few, and is looked at with every tally.
enum AlarmQueries {
    /// With the case of each. A message that others hold and that has not come is known by the word of the partner that the
    /// alarm is about, which stands in the same case.
    static func list(includingCleared: Bool) -> String {
        """
        SELECT a.code, a.partner, a.message_id, a.detail, a.raised_at, a.count, a.cleared_at,
            coalesce(m.case_reference, (
                SELECT s.case_reference FROM co_recipient_word w JOIN message s ON s.id = w.said_in
                WHERE w.message_id = a.message_id AND w.speaker = a.partner ORDER BY w.ordinal LIMIT 1))
        FROM alarm a
        LEFT JOIN message m ON m.id = a.message_id AND m.type_code <> '\(ChannelRecovery.lostType.code)'
        \(includingCleared ? "" : "WHERE a.cleared_at IS NULL") ORDER BY a.ordinal
        """
    }

    /// The open ones that count on one share. Its parameters: a code, a partner, a sender, and at most how many.
    static let ofShare =
        "SELECT 1 FROM alarm WHERE code = ? AND partner = ? AND sender = ? AND cleared_at IS NULL LIMIT ?"

    /// - Its parameter: a message. Whether an alarm about it is open.
    static let isOpenOfMessage = "EXISTS (SELECT 1 FROM alarm WHERE message_id = m.id AND cleared_at IS NULL)"
}

extension Schema {
    static let openAlarms = """
        CREATE INDEX alarm_open_order ON alarm (ordinal) WHERE cleared_at IS NULL;
        CREATE INDEX alarm_of_message ON alarm (message_id) WHERE cleared_at IS NULL;
        """

    /// The sender of the message of an alarm that names no partner; empty otherwise. It is no part of what an alarm is: one of a
    /// code, partner and message is open at a time.
    static let alarmShares = """
        ALTER TABLE alarm ADD COLUMN sender TEXT NOT NULL DEFAULT '';
        UPDATE alarm SET sender = coalesce((SELECT sender FROM message WHERE id = alarm.message_id), '')
            WHERE partner = '' AND cleared_at IS NULL;
        CREATE INDEX alarm_share ON alarm (code, partner, sender) WHERE cleared_at IS NULL;
        """
}

extension Database {
    func alarms(includingCleared: Bool) throws -> [AlarmEntry] {
        try all(AlarmQueries.list(includingCleared: includingCleared), []) { row in
            AlarmEntry(
                alarm: Alarm(
                    code: try row.word(0), partner: row.text(1).isEmpty ? nil : try row.oin(1),
                    messageID: row.bytes(2).isEmpty ? nil : try row.identifier(2), detail: row.text(3),
                    at: row.timestamp(4)),
                caseReference: try row.optionalIdentifier(7), count: row.count(5),
                clearedAt: row.optionalTimestamp(6))
        }
    }
}

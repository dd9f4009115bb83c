package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func looksDue(by moment: Timestamp, maximumItems: Int) async throws -> [MessageID] {
        try await read {
            try $0.all(ObligationQueries.due, [moment.milliseconds, maximumItems]) { try $0.identifier(0) }
        }
    }

    package func look(
        at messages: [MessageID], by rules: ObligationRules, now: Now
    ) async throws -> [(message: MessageID, step: TakenStep)] {
        try await write(at: now.wall) { try $0.look(at: messages, by: rules, now: now.wall) }
    }

    package func watched(after message: MessageID?, maximumItems: Int) async throws -> [MessageID] {
        try await read {
            try $0.all(
                "SELECT message_id FROM message_clock WHERE message_id > ? ORDER BY message_id LIMIT ?",
                [message?.column ?? Data(), maximumItems]
            ) { try $0.identifier(0) }
        }
    }

    package func obligationFacts(of message: MessageID, by rules: ObligationRules) async throws -> ObligationFacts? {
        try await read { database in
            guard let type = try database.messageType(of: message) else { return nil }
            return try database.obligationFacts(for: message, expecting: rules.expectedCodes(after: type))
        }
    }

    package func noteTold(
        _ message: MessageID, to partner: OIN, role: String, told: Timestamp, by actor: ActorID, at: Timestamp
    ) async throws -> Bool {
        try await write(at: at) { try $0.noteTold(message, to: partner, role: role, told: told, by: actor) }
    }

    package func messages(
        in references: [CaseReference], ofTypes codes: [String]?, maximumItems: Int
    ) async throws -> [CaseMessage] {
        try await read { try $0.messages(in: references, ofTypes: codes, maximumItems: maximumItems) }
    }
}

extension Schema {
    /// What is looked at, and what was told. That nothing is forgotten rests on the rows of deliveries and inbox, from which
    /// obligations are derived; a clock here only says when to look.
    static let obligations = """
        CREATE TABLE message_clock (
            message_id BLOB PRIMARY KEY REFERENCES message (id),
            case_reference BLOB NOT NULL CHECK (length(case_reference) = 16),
            look_at INTEGER NOT NULL,
            -- Whether a step was taken: what happens in its case has it looked at anew.
            is_escalated INTEGER NOT NULL DEFAULT 0 CHECK (is_escalated IN (0, 1))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX message_clock_due ON message_clock (look_at);
        CREATE INDEX message_clock_escalated ON message_clock (case_reference) WHERE is_escalated = 1;
        CREATE TABLE escalation (
            ordinal INTEGER PRIMARY KEY,
            message_id BLOB NOT NULL REFERENCES message (id),
            -- Empty where this organisation owes it.
            debtor TEXT NOT NULL,
            -- Empty for what was told by telephone.
            subject TEXT NOT NULL,
            step TEXT NOT NULL CHECK (step IN ('remind', 'deputy', 'management', 'duty-officer', 'told-by-telephone')),
            contact TEXT NOT NULL,
            actor TEXT NOT NULL,
            at INTEGER NOT NULL,
            CHECK ((step = 'told-by-telephone') = (subject = ''))
        ) STRICT;
        CREATE INDEX escalation_of_message ON escalation (message_id, ordinal);
        CREATE UNIQUE INDEX escalation_step ON escalation (message_id, debtor, subject, step)
            WHERE step <> 'told-by-telephone';
        CREATE TRIGGER escalation_final BEFORE UPDATE ON escalation
            BEGIN SELECT RAISE(ABORT, 'what was told is kept as it was'); END;
        CREATE TRIGGER escalation_kept BEFORE DELETE ON escalation
            BEGIN SELECT RAISE(ABORT, 'what was told is kept as it was'); END;
        CREATE INDEX message_of_case ON message (case_reference, type_code, ordinal);
        INSERT INTO message_clock (message_id, case_reference, look_at)
            SELECT id, case_reference, 0 FROM message WHERE
                EXISTS (SELECT 1 FROM delivery WHERE message_id = message.id)
                OR EXISTS (SELECT 1 FROM inbox WHERE message_id = message.id);
        """
}

extension Schema {
    /// What a handover or a placement asks for was over, by the rules of before, with an outcome or a later one of anybody. It is
    /// owed again where it did not come, and nothing would look at it.
    static let arrivalsOwedAgain = """
        INSERT OR IGNORE INTO message_clock (message_id, case_reference, look_at)
            SELECT id, case_reference, 0 FROM message WHERE type_code IN ('PLC-02', 'TRF-02') AND (
                EXISTS (SELECT 1 FROM delivery WHERE message_id = message.id)
                OR EXISTS (SELECT 1 FROM inbox WHERE message_id = message.id));
        """
}

enum ObligationQueries {
    /// - Its parameters: by when, and how many.
    static let due = "SELECT message_id FROM message_clock WHERE look_at <= ? ORDER BY look_at LIMIT ?"
    /// Has what was escalated in a case looked at anew. Its parameter: a message of the case.
    static let wake = """
        UPDATE message_clock SET look_at = 0 WHERE is_escalated = 1
            AND case_reference = (SELECT case_reference FROM message WHERE id = ?)
        """
    /// - Its parameters: a case, a type's code, and the message behind which they came.
    static let answers = """
        SELECT id, sender, is_outgoing, wanted, kept_at FROM message
        WHERE case_reference = ? AND type_code = ? AND ordinal > (SELECT ordinal FROM message WHERE id = ?)
        ORDER BY ordinal
        """
}

extension Database {
    func messageType(of message: MessageID) throws -> MessageType? {
        try first("SELECT type_code, type_version FROM message WHERE id = ?", [message.column]) { row in
            try row.value(0, MessageType(code: row.text(0), version: row.count(1)))
        }
    }

    func obligationFacts(for message: MessageID, expecting codes: [String]) throws -> ObligationFacts? {
        let next = MessageSummary.columnCount
        return try first(
            """
            SELECT \(MessageSummary.columns), m.is_outgoing, m.kept_at,
                (SELECT state FROM inbox i WHERE i.message_id = m.id)
            FROM message m WHERE m.id = ?
            """,
            [message.column]
        ) { row in
            let summary = try MessageSummary(row, from: 0)
            let told = try escalations(of: message)
            return ObligationFacts(
                message: summary, isOutgoing: row.flag(next), keptAt: row.timestamp(next + 1),
                sent: try obligationDeliveries(of: message),
                inbox: row.isNull(next + 2) ? nil : try row.word(next + 2),
                asked: try asked(by: message),
                answers: try codes.flatMap { try answers(to: summary, ofType: $0) }, taken: told.taken,
                alarms: try all(
                    "SELECT partner FROM alarm WHERE message_id = ? AND code = ? AND cleared_at IS NULL ORDER BY partner",
                    [message.column, AlarmCode.acknowledgementOverdue.rawValue]
                ) { $0.text(0).isEmpty ? nil : try $0.oin(0) }, escalations: told.open)
        }
    }

    private func obligationDeliveries(of message: MessageID) throws -> [ObligationFacts.Sent] {
        try all(
            """
            SELECT partner, recipient_role, transport, follow_up, accepted_at, receipted_at FROM delivery
            WHERE message_id = ? ORDER BY ordinal
            """,
            [message.column]
        ) { row in
            ObligationFacts.Sent(
                recipient: Party(oin: try row.oin(0), role: try row.word(1)), transport: try row.word(2),
                followUp: try row.word(3), acceptedAt: row.timestamp(4), receiptedAt: row.optionalTimestamp(5))
        }
    }

    private func answers(to message: MessageSummary, ofType code: String) throws -> [ObligationFacts.Answer] {
        try all(ObligationQueries.answers, [message.caseReference.column, code, message.id.column]) { row in
            let (id, keptAt): (MessageID, Timestamp) = (try row.identifier(0), row.timestamp(4))
            // What is of its own type may take its place.
            let asked = code == message.type.code ? try asked(by: id) : []
            guard row.flag(2) else {
                return ObligationFacts.Answer(
                    code: code, sender: try row.oin(1), isAcknowledged: true, keptAt: keptAt, asked: asked)
            }
            let wanted = try row.value(3, AcknowledgementLevel(rawValue: row.count(3)))
            return ObligationFacts.Answer(
                code: code, sender: nil,
                isAcknowledged: try obligationDeliveries(of: id).areAcknowledged(wanted), keptAt: keptAt, asked: asked)
        }
    }

    func messages(
        in references: [CaseReference], ofTypes codes: [String]?, maximumItems: Int
    ) throws -> [CaseMessage] {
        let next = MessageSummary.columnCount
        func places(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
        let choice = codes.map { "AND m.type_code IN (\(places($0.count)))" } ?? "AND m.is_handed_over = 1"
        return try all(
            """
            SELECT \(MessageSummary.columns), m.is_outgoing, m.kept_at, i.state, i.role, i.moved_at
            FROM message m LEFT JOIN inbox i ON i.message_id = m.id
            WHERE m.case_reference IN (\(places(references.count))) \(choice) ORDER BY m.ordinal DESC LIMIT ?
            """,
            StatementArguments(references.map(\.column)) + StatementArguments(codes ?? []) + [maximumItems]
        ) { row in
            CaseMessage(
                message: try MessageSummary(row, from: 0), isOutgoing: row.flag(next), keptAt: row.timestamp(next + 1),
                inbox: row.isNull(next + 2)
                    ? nil
                    : InboxStanding(
                        state: try row.word(next + 2), role: row.text(next + 3),
                        movedAt: row.optionalTimestamp(next + 4)))
        }.reversed()
    }
}

extension LedgerTransaction {
    func messageType(of message: MessageID) throws -> MessageType? { try database.messageType(of: message) }

    func obligationFacts(for message: MessageID, expecting codes: [String]) throws -> ObligationFacts? {
        try database.obligationFacts(for: message, expecting: codes)
    }

    func watch(_ message: MessageID) throws {
        try database.change(
            """
            INSERT OR IGNORE INTO message_clock (message_id, case_reference, look_at)
            SELECT id, case_reference, ? FROM message WHERE id = ?
            """,
            [(at + limits.obligationFirstLook).milliseconds, message.column])
        try database.change(ObligationQueries.wake, [message.column])
    }

    func watch(_ key: DeliveryKey) throws {
        let message: MessageID? = try database.first(
            "SELECT message_id FROM delivery WHERE partner = ? AND number = ?",
            [key.partner.text, try key.number.column()]
        ) { try $0.identifier(0) }
        if let message { try watch(message) }
    }

    func lookAgain(at message: MessageID, when: Timestamp?, isEscalated: Bool) throws {
        guard let when else {
            try database.change("DELETE FROM message_clock WHERE message_id = ?", [message.column])
            return
        }
        try database.changeOne(
            "clock of \(message)", "UPDATE message_clock SET look_at = ?, is_escalated = ? WHERE message_id = ?",
            [when.milliseconds, isEscalated, message.column])
    }
}

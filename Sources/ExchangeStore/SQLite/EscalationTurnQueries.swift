package import ExchangeCore
import GRDB

extension SQLiteLedger {
    package func waitingEscalations(
        for name: ConsumerName, maximumItems: Int
    ) async throws -> [NumberedEscalation] {
        try await read { database in
            guard let consumer = try database.consumer(name), consumer.feed == .escalations else { return [] }
            return try consumer.waiting(maximumItems: maximumItems) { priority, maximumItems in
                try database.lanes(of: priority, for: name).map { lane in
                    WaitingLane(
                        turn: lane.turn,
                        entries: try database.escalations(
                            in: lane.lane, of: priority, after: max(lane.number, consumer.position[priority]),
                            maximumItems: maximumItems))
                }
            }
        }
    }

    package func confirmEscalation(
        _ number: Int64, of name: ConsumerName, key: Bytes16, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation {
        try await write(at: at) { transaction in
            let database = transaction.database
            guard let consumer = try database.consumer(name) else { return .unknownConsumer }
            guard consumer.key == key, consumer.feed == .escalations else { return .foreignCursor }
            guard let taken = try database.escalation(number) else { return .cursorAhead }
            let (priority, mine) = (taken.message.priority, taken.lane)
            let lanes = try database.lanes(of: priority, for: name)
            let before = lanes.first { $0.lane == mine }?.number ?? 0
            guard number > max(before, consumer.position[priority]) else {
                return .confirmed(consumer, isRepeated: true)
            }
            try transaction.takeTurn(of: mine, priority, by: name, upTo: number)
            var position = consumer.position
            position[priority] =
                try lanes.compactMap { lane in
                    try database.firstNumber(
                        in: lane.lane, of: priority,
                        after: max(lane.lane == mine ? number : lane.number, consumer.position[priority]))
                }.min().map { $0 - 1 } ?? database.lastEscalation()
            let moved = try transaction.move(consumer, to: position)
            try transaction.append(AuditLeaf(.consumerConfirmed, at: at, note: "\(name) \(number) \(actor)"))
            return .confirmed(moved, isRepeated: false)
        }
    }
}

/// How far a consumer is in one lane of a priority.
private struct LanePlace {
    let lane: EscalationLane
    /// The last entry that it took; 0 where there is none.
    let number: Int64
    let turn: Int64
}

enum EscalationTurnQueries {
    /// The lanes of a priority, found one after the other through the index, and how far a consumer is in each. Its parameters:
    /// the priority's rank, and the consumer.
    static let lanes = """
        WITH RECURSIVE found (name) AS (
            SELECT min(lane) FROM escalation WHERE priority_rank = ?1
            UNION ALL
            SELECT (SELECT min(lane) FROM escalation WHERE priority_rank = ?1 AND lane > found.name)
                FROM found WHERE found.name IS NOT NULL
        )
        SELECT found.name, coalesce(c.number, 0), coalesce(c.turn, 0) FROM found
        LEFT JOIN consumer_lane c ON c.consumer = ?2 AND c.priority_rank = ?1 AND c.lane = found.name
        WHERE found.name IS NOT NULL
        """
    /// - Its parameters: a priority's rank, a lane, the number before the first, and how many.
    static let ofLane =
        EscalationQueries.numbered
        + " WHERE e.priority_rank = ? AND e.lane = ? AND e.ordinal > ? ORDER BY e.ordinal LIMIT ?"
    /// - Its parameters: a priority's rank, a lane, and the number before the first.
    static let firstOfLane = "SELECT min(ordinal) FROM escalation WHERE priority_rank = ? AND lane = ? AND ordinal > ?"
}

extension Schema {
    /// Whose doing each entry is, and how far each consumer is that takes one of each in turn.
    static let escalationLanes = """
        ALTER TABLE escalation ADD COLUMN lane TEXT NOT NULL DEFAULT '';
        DROP TRIGGER escalation_final;
        UPDATE escalation SET lane = CASE debtor
            WHEN '' THEN 'sent-by ' || (SELECT sender FROM message WHERE id = escalation.message_id)
            ELSE 'owed-by ' || debtor END;
        CREATE TRIGGER escalation_final BEFORE UPDATE ON escalation
            BEGIN SELECT RAISE(ABORT, 'what was told is kept as it was'); END;
        CREATE INDEX escalation_lane ON escalation (priority_rank, lane, ordinal);
        CREATE TABLE consumer_lane (
            consumer TEXT NOT NULL REFERENCES consumer (name) ON DELETE CASCADE,
            priority_rank INTEGER NOT NULL CHECK (priority_rank BETWEEN 0 AND 3),
            lane TEXT NOT NULL CHECK (lane <> ''),
            -- The last entry of the lane that it took.
            number INTEGER NOT NULL CHECK (number > 0),
            -- Rises with each entry that the consumer takes, of whichever lane.
            turn INTEGER NOT NULL CHECK (turn > 0),
            PRIMARY KEY (consumer, priority_rank, lane)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER consumer_lane_never_back BEFORE UPDATE ON consumer_lane
            WHEN NEW.number <= OLD.number OR NEW.turn <= OLD.turn
            BEGIN SELECT RAISE(ABORT, 'what was confirmed is not handed out again'); END;
        """
}

extension Database {
    fileprivate func lanes(of priority: Priority, for name: ConsumerName) throws -> [LanePlace] {
        try all(EscalationTurnQueries.lanes, [priority.rank, name.text]) { row in
            LanePlace(lane: EscalationLane(kept: row.text(0)), number: row.integer(1), turn: row.integer(2))
        }
    }

    fileprivate func escalations(
        in lane: EscalationLane, of priority: Priority, after number: Int64, maximumItems: Int
    ) throws -> [NumberedEscalation] {
        try all(EscalationTurnQueries.ofLane, [priority.rank, lane.text, number, maximumItems]) {
            try NumberedEscalation($0)
        }
    }

    fileprivate func firstNumber(in lane: EscalationLane, of priority: Priority, after number: Int64) throws -> Int64? {
        try first(EscalationTurnQueries.firstOfLane, [priority.rank, lane.text, number]) {
            $0.isNull(0) ? nil : $0.integer(0)
        } ?? nil
    }

    fileprivate func escalation(_ number: Int64) throws -> NumberedEscalation? {
        try first(EscalationQueries.one, [number]) { try NumberedEscalation($0) }
    }
}

extension LedgerTransaction {
    fileprivate func takeTurn(
        of lane: EscalationLane, _ priority: Priority, by name: ConsumerName, upTo number: Int64
    ) throws {
        try database.change(
            """
            INSERT INTO consumer_lane (consumer, priority_rank, lane, number, turn)
            SELECT ?1, ?2, ?3, ?4, coalesce(max(turn), 0) + 1 FROM consumer_lane WHERE consumer = ?1
            ON CONFLICT (consumer, priority_rank, lane) DO UPDATE SET number = excluded.number, turn = excluded.turn
            """, [name.text, priority.rank, lane.text, number])
    }
}

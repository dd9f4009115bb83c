package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func consumers() async throws -> [Consumer] { try await read { try $0.consumers() } }

    package func consumer(_ name: ConsumerName) async throws -> Consumer? {
        try await read { try $0.consumer(name) }
    }

    package func addConsumer(
        _ name: ConsumerName, of feed: FeedName, fromStart: Bool, key: Bytes16, by actor: ActorID, now: Timestamp
    ) async throws -> ConsumerAddition {
        // "From now on" is behind all that is there to see.
        if feed == .inbox, !fromStart { try await numberArrivals(now) }
        return try await write(at: now) { transaction in
            let database = transaction.database
            if let known = try database.consumer(name) { return .known(known) }
            // The node's own are few, and not for others to keep out.
            guard
                try name.isOwn
                    || database.consumers().count(where: { !$0.name.isOwn })
                        < transaction.limits.consumersMaximum
            else {
                return .tooMany(transaction.limits.consumersMaximum)
            }
            let position = fromStart ? .start : try database.lastPosition(of: feed)
            let consumer = Consumer(
                name: name, feed: feed, key: key, position: position, createdAt: now, confirmedAt: nil,
                actor: actor.text)
            try transaction.add(consumer)
            try transaction.append(AuditLeaf(.consumerAdded, at: now, note: "\(name) \(actor)"))
            return .added(consumer)
        }
    }

    package func removeConsumer(_ name: ConsumerName, by actor: ActorID, at: Timestamp) async throws -> Bool {
        try await write(at: at) { transaction in
            guard try transaction.database.change("DELETE FROM consumer WHERE name = ?", [name.text]) > 0 else {
                return false
            }
            try transaction.append(AuditLeaf(.consumerRemoved, at: at, note: "\(name) \(actor)"))
            return true
        }
    }

    package func lastPosition(of feed: FeedName) async throws -> FeedPosition {
        try await read { try $0.lastPosition(of: feed) }
    }

    package func confirm(
        _ cursor: FeedCursor, of name: ConsumerName, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation {
        try await write(at: at) { transaction in
            let database = transaction.database
            guard let consumer = try database.consumer(name) else { return .unknownConsumer }
            guard consumer.key == cursor.key else { return .foreignCursor }
            guard !(try database.lastPosition(of: consumer.feed).isBehind(cursor.position)) else { return .cursorAhead }
            guard consumer.position.isBehind(cursor.position) else {
                return .confirmed(consumer, isRepeated: true)
            }
            let moved = try transaction.move(consumer, to: cursor.position)
            try transaction.append(
                AuditLeaf(.consumerConfirmed, at: at, note: "\(name) \(moved.position) \(actor)"))
            return .confirmed(moved, isRepeated: false)
        }
    }

    package func inboxFeed(
        after position: FeedPosition, maximumItems: Int, now: Timestamp
    ) async throws -> [FeedEntry<InboxEntry>] {
        try await numberArrivals(now)
        return try await read { database in
            try FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
                try database.all(
                    FeedQueries.inbox, [priority.rank, number, count, now.milliseconds]
                ) { (number: $0.integer(MessageSummary.columnCount + 8), entry: try InboxEntry($0)) }
            }
        }
    }

    package func deliveryFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<DeliveryEntry>] {
        try await read { database in
            try FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
                try database.all(FeedQueries.deliveries, [priority.rank, number, count]) {
                    (number: $0.integer(ListQueries.deliveryColumnCount), entry: try DeliveryEntry($0))
                }
            }
        }
    }

    /// Gives their numbers to the messages that everybody may see by now: one that still waits for the message before it
    /// comes later, and then behind what was handed out meanwhile. In transactions that others can get in between.
    private func numberArrivals(_ now: Timestamp) async throws {
        let limit = limits.feedMaximumNumbersPerOperation
        while try await read({ try $0.hasUnnumbered(now) }) {
            try await write(at: now) { try $0.numberArrivals(now, maximumItems: limit) }
        }
    }
}

/// The statements of the feeds. Each reads a range of one index, so that a page costs as much as it holds.
enum FeedQueries {
    /// - Its parameters: a priority's rank, the number before the first, how many, and `now`.
    static let inbox = """
        SELECT \(ListQueries.inboxColumns), i.feed_number
        FROM inbox i JOIN message m ON m.id = i.message_id
        WHERE i.priority_rank = ?1 AND i.feed_number > ?2 ORDER BY i.feed_number LIMIT ?3
        """
    /// - Its parameters: a priority's rank, the number before the first, and how many.
    static let deliveries = """
        SELECT \(ListQueries.deliveryColumns), d.feed_number
        FROM delivery d JOIN message m ON m.id = d.message_id
        WHERE d.priority_rank = ?1 AND d.feed_number > ?2 ORDER BY d.feed_number LIMIT ?3
        """
    /// Those that are there for everybody to see and have no number yet. A clock that stands before a reception was set
    /// back, and waiting on would hide a message.
    /// - Its parameters: `now`, and how many.
    static let unnumbered = """
        SELECT ordinal FROM inbox WHERE feed_number IS NULL AND (available_at <= ?1 OR received_at > ?1)
        ORDER BY turn LIMIT ?2
        """
}

extension LedgerTransaction {
    fileprivate func add(_ consumer: Consumer) throws {
        try database.change(
            """
            INSERT INTO consumer (name, feed, key, routine, urgent, asap, stat, created_at, actor)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                consumer.name.text, consumer.feed.rawValue, Data(consumer.key.bytes), consumer.position[.routine],
                consumer.position[.urgent], consumer.position[.asap], consumer.position[.stat],
                consumer.createdAt.milliseconds, consumer.actor,
            ])
    }

    func move(_ consumer: Consumer, to position: FeedPosition) throws -> Consumer {
        let furthest = consumer.position.furthest(position)
        try database.changeOne(
            "consumer \(consumer.name)",
            "UPDATE consumer SET routine = ?, urgent = ?, asap = ?, stat = ?, confirmed_at = ? WHERE name = ?",
            [
                furthest[.routine], furthest[.urgent], furthest[.asap], furthest[.stat], at.milliseconds,
                consumer.name.text,
            ])
        return Consumer(
            name: consumer.name, feed: consumer.feed, key: consumer.key, position: furthest,
            createdAt: consumer.createdAt, confirmedAt: at, actor: consumer.actor)
    }

    fileprivate func numberArrivals(_ now: Timestamp, maximumItems: Int) throws {
        let arrived = try database.all(FeedQueries.unnumbered, [now.milliseconds, maximumItems]) { $0.integer(0) }
        var last = try database.lastNumber(of: .inbox)
        for ordinal in arrived {
            last += 1
            try database.change("UPDATE inbox SET feed_number = ? WHERE ordinal = ?", [last, ordinal])
        }
        try database.changeOne(
            "feed inbox", "UPDATE feed SET last_number = ? WHERE name = 'inbox'", [last])
    }
}

extension Database {
    private static var consumerColumns: String {
        "name, feed, key, routine, urgent, asap, stat, created_at, confirmed_at, actor"
    }

    fileprivate func consumers() throws -> [Consumer] {
        try all("SELECT \(Self.consumerColumns) FROM consumer ORDER BY name") { try Consumer($0) }
    }

    func consumer(_ name: ConsumerName) throws -> Consumer? {
        try first("SELECT \(Self.consumerColumns) FROM consumer WHERE name = ?", [name.text]) { try Consumer($0) }
    }

    fileprivate func lastNumber(of feed: FeedName) throws -> Int64 {
        // Nothing of it is ever erased, so that the row itself has the number.
        if feed == .escalations { return try lastEscalation() }
        return try first("SELECT last_number FROM feed WHERE name = ?", [feed.rawValue]) { $0.integer(0) } ?? 0
    }

    /// The place behind all that was ever handed out: a delivery's last change took the number of the one before with it.
    fileprivate func lastPosition(of feed: FeedName) throws -> FeedPosition {
        FeedPosition(all: try lastNumber(of: feed))
    }

    fileprivate func hasUnnumbered(_ now: Timestamp) throws -> Bool {
        try first(FeedQueries.unnumbered, [now.milliseconds, 1]) { _ in true } ?? false
    }
}

extension Consumer {
    fileprivate init(_ row: StoredRow) throws(StoreError) {
        var position = FeedPosition.start
        position[.routine] = row.integer(3)
        position[.urgent] = row.integer(4)
        position[.asap] = row.integer(5)
        position[.stat] = row.integer(6)
        self.init(
            name: try row.value(0, ConsumerName(row.text(0))), feed: try row.word(1),
            key: try row.value(2, Bytes16(row.bytes(2))), position: position, createdAt: row.timestamp(7),
            confirmedAt: row.optionalTimestamp(8), actor: row.text(9))
    }
}

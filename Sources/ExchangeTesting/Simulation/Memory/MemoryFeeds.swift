import ExchangeCore
import ExchangeStore

extension MemoryTransaction {
    mutating func addConsumer(
        _ name: ConsumerName, of feed: FeedName, fromStart: Bool, key: Bytes16, by actor: ActorID, now: Timestamp
    ) throws -> ConsumerAddition {
        if let known = store.consumers[name] { return .known(known) }
        let all = store.consumers.ascending.map(\.value)
        // The node's own are few, and not for others to keep out.
        guard name.isOwn || all.count(where: { !$0.name.isOwn }) < limits.consumersMaximum else {
            return .tooMany(limits.consumersMaximum)
        }
        guard !all.contains(where: { $0.key == key }) else { throw StoreError.invariant("a consumer's key is its own") }
        let consumer = Consumer(
            name: name, feed: feed, key: key, position: fromStart ? .start : store.lastPosition(of: feed),
            createdAt: now, confirmedAt: nil, actor: actor.text)
        store.consumers[name] = consumer
        append(AuditLeaf(.consumerAdded, at: now, note: "\(name) \(actor)"))
        return .added(consumer)
    }

    mutating func removeConsumer(_ name: ConsumerName, by actor: ActorID) -> Bool {
        guard store.consumers.contains(name) else { return false }
        store.consumers[name] = nil
        forgetTurns(of: name)
        append(AuditLeaf(.consumerRemoved, at: at, note: "\(name) \(actor)"))
        return true
    }

    mutating func confirm(_ cursor: FeedCursor, of name: ConsumerName, by actor: ActorID) -> Confirmation {
        guard let consumer = store.consumers[name] else { return .unknownConsumer }
        guard consumer.key == cursor.key else { return .foreignCursor }
        guard !store.lastPosition(of: consumer.feed).isBehind(cursor.position) else { return .cursorAhead }
        guard consumer.position.isBehind(cursor.position) else { return .confirmed(consumer, isRepeated: true) }
        let moved = Consumer(
            name: name, feed: consumer.feed, key: consumer.key, position: consumer.position.furthest(cursor.position),
            createdAt: consumer.createdAt, confirmedAt: at, actor: consumer.actor)
        store.consumers[name] = moved
        append(AuditLeaf(.consumerConfirmed, at: at, note: "\(name) \(moved.position) \(actor)"))
        return .confirmed(moved, isRepeated: false)
    }

    /// Gives their numbers to messages that everybody may see by now.
    mutating func numberArrivals(_ now: Timestamp) {
        for row in store.unnumberedRows(now, atMost: limits.feedMaximumNumbersPerOperation) {
            store.lastInboxFeedNumber += 1
            var changed = row
            changed.feedNumber = store.lastInboxFeedNumber
            store.put(changed, insteadOf: row)
        }
    }
}

extension MemoryStore {
    /// The place behind all that was ever handed out.
    func lastPosition(of feed: FeedName) -> FeedPosition {
        switch feed {
        case .inbox: FeedPosition(all: lastInboxFeedNumber)
        case .deliveries: FeedPosition(all: lastDeliveryFeedNumber)
        case .escalations: FeedPosition(all: Int64(escalations.count))
        }
    }

    /// Those that are there for everybody to see and have no number yet, in their order.
    func unnumberedRows(_ now: Timestamp, atMost count: Int) -> [StoredInboxEntry] {
        var rows: [StoredInboxEntry] = []
        for (_, id) in unnumbered.ascending {
            guard rows.count < count else { break }
            if let row = inbox[id], row.isShown(at: now) { rows.append(row) }
        }
        return rows
    }

    func inboxFeed(after position: FeedPosition, maximumItems: Int, now: Timestamp) -> [FeedEntry<InboxEntry>] {
        FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
            inboxFeed.ascending(after: Pair(priority.rank, number)).rows(atMost: count) { $0.first == priority.rank }
                .compactMap { key, id in
                    inbox[id].flatMap { entry(of: $0, now: now) }.map { (number: key.second, entry: $0) }
                }
        }
    }

    func deliveryFeed(after position: FeedPosition, maximumItems: Int) -> [FeedEntry<DeliveryEntry>] {
        FeedEntry.page(after: position, maximumItems: maximumItems) { priority, number, count in
            deliveryFeed.ascending(after: Pair(priority.rank, number)).rows(atMost: count) {
                $0.first == priority.rank
            }.compactMap { key, ordinal in
                deliveries[ordinal].flatMap(entry).map { (number: key.second, entry: $0) }
            }
        }
    }
}

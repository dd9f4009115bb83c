package import ExchangeCore
package import ExchangeStore

/// How far a consumer is in one lane.
struct LanePlace: Sendable {
    /// The last entry that it took.
    let number: Int64
    /// Rises with each entry that the consumer takes, of whichever lane.
    let turn: Int64
}

extension MemoryLedger {
    package func waitingEscalations(
        for name: ConsumerName, maximumItems: Int
    ) async throws -> [NumberedEscalation] {
        let store = try read()
        guard let consumer = store.consumers[name], consumer.feed == .escalations else { return [] }
        return consumer.waiting(maximumItems: maximumItems) { priority, maximumItems in
            store.lanes(of: priority).map { lane in
                let place = store.consumerLanes[Triple(name, priority.rank, lane)]
                return WaitingLane(
                    turn: place?.turn ?? 0,
                    entries: store.escalations(
                        in: lane, of: priority, after: max(place?.number ?? 0, consumer.position[priority]),
                        maximumItems: maximumItems))
            }
        }
    }

    package func confirmEscalation(
        _ number: Int64, of name: ConsumerName, key: Bytes16, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation {
        try write(at: at) { $0.confirmEscalation(number, of: name, key: key, by: actor) }
    }
}

extension MemoryTransaction {
    fileprivate mutating func confirmEscalation(
        _ number: Int64, of name: ConsumerName, key: Bytes16, by actor: ActorID
    ) -> Confirmation {
        guard let consumer = store.consumers[name] else { return .unknownConsumer }
        guard consumer.key == key, consumer.feed == .escalations else { return .foreignCursor }
        guard let taken = store.numbered(number) else { return .cursorAhead }
        let (priority, mine) = (taken.message.priority, taken.lane)
        func place(_ lane: EscalationLane) -> Int64 {
            max(store.consumerLanes[Triple(name, priority.rank, lane)]?.number ?? 0, consumer.position[priority])
        }
        guard number > place(mine) else { return .confirmed(consumer, isRepeated: true) }
        let turns = store.consumerLanes.ascending(from: Triple(name, 0, .beforeAll)).rows { $0.first == name }
        store.consumerLanes[Triple(name, priority.rank, mine)] = LanePlace(
            number: number, turn: (turns.map(\.value.turn).max() ?? 0) + 1)
        var position = consumer.position
        position[priority] =
            store.lanes(of: priority).compactMap { lane in
                store.escalations(in: lane, of: priority, after: place(lane), maximumItems: 1).first?.number
            }.min().map { $0 - 1 } ?? Int64(store.escalations.count)
        let moved = Consumer(
            name: name, feed: consumer.feed, key: consumer.key, position: position, createdAt: consumer.createdAt,
            confirmedAt: at, actor: consumer.actor)
        store.consumers[name] = moved
        append(AuditLeaf(.consumerConfirmed, at: at, note: "\(name) \(number) \(actor)"))
        return .confirmed(moved, isRepeated: false)
    }

    /// With a consumer goes how far it was.
    mutating func forgetTurns(of name: ConsumerName) {
        for row in store.consumerLanes.ascending(from: Triple(name, 0, .beforeAll)).rows(while: { $0.first == name }) {
            store.consumerLanes[row.key] = nil
        }
    }
}

extension MemoryStore {
    /// The lanes of a priority, found one after the other.
    fileprivate func lanes(of priority: Priority) -> [EscalationLane] {
        var found: [EscalationLane] = []
        while let next = escalationLanes.ascending(
            after: Triple(priority.rank, found.last ?? .beforeAll, found.isEmpty ? 0 : .max)
        ).rows(atMost: 1, while: { $0.first == priority.rank }).first {
            found.append(next.key.second)
        }
        return found
    }

    fileprivate func escalations(
        in lane: EscalationLane, of priority: Priority, after number: Int64, maximumItems: Int
    ) -> [NumberedEscalation] {
        escalationLanes.ascending(after: Triple(priority.rank, lane, number)).rows(atMost: maximumItems) {
            $0.first == priority.rank && $0.second == lane
        }.compactMap { numbered($0.key.third) }
    }
}

extension EscalationLane {
    fileprivate static let beforeAll = EscalationLane(kept: "")
}

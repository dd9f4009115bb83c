import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// What the organisation's systems follow: fetch, confirm, never again.
struct ConsumerViews: Sendable {
    /// Entries of one page, where a request does not say.
    static let pageDefaultItems = 100
    /// Each entry of the inbox has its content, of up to 64 KiB.
    static let pageMaximumItems = 500
    /// A page ends with the entry that makes it larger: it lies in memory until its caller has taken it.
    private static let pageMaximumBytes = 2 << 20
    /// What may wait for one consumer is counted up to here.
    private static let pendingMaximumItems = 1000
    /// Entries that a stream reads at once.
    private static let streamMaximumItems = 50
    /// How often something is sent on a stream on which nothing happens.
    private static let heartbeat = Milliseconds.seconds(15)
    private static let reconnectMilliseconds = 2000

    let views: LocalViews
    private var context: NodeContext { views.context }
    private var watch: LedgerWatch { views.watch }

    func all() async throws -> JSONValue {
        var rows: [JSONValue] = []
        for consumer in try await context.ledger.consumers() { rows.append(try await render(consumer)) }
        return ["items": .array(rows)]
    }

    func one(_ name: ConsumerName) async throws -> JSONValue { try await render(try await known(name)) }

    func add(
        _ name: ConsumerName, of feed: FeedName, fromStart: Bool, by actor: ActorID
    ) async throws -> (view: JSONValue, isNew: Bool) {
        switch try await context.ledger.addConsumer(
            name, of: feed, fromStart: fromStart, key: context.randomness.bytes16(), by: actor, now: context.now.wall)
        {
        case .added(let consumer): return (try await render(consumer), true)
        case .known(let consumer):
            guard consumer.feed == feed else {
                throw NodeError(
                    .consumerConflict,
                    "\(name) follows the feed `\(consumer.feed.rawValue)`; use another name, or remove it first")
            }
            return (try await render(consumer), false)
        case .tooMany(let maximum):
            throw NodeError(
                .consumerLimitReached, "there are \(maximum) consumers already; remove one that nobody uses any more")
        }
    }

    /// - Parameter caller: who made it, or who operates the node: another system would miss what it had not confirmed.
    func remove(_ name: ConsumerName, for caller: Caller) async throws -> JSONValue {
        let consumer = try await known(name)
        guard caller.rights == .operator || caller.actor.text == consumer.actor else {
            throw NodeError(
                .notPermitted, "\(consumer.actor) made \(name); have it or the node's operator remove it")
        }
        guard try await context.ledger.removeConsumer(name, by: caller.actor, at: context.now.wall) else {
            throw unknown(name)
        }
        context.logger.notice(
            "a consumer was removed", metadata: ["consumer": "\(name)", "actor": "\(caller.actor)"])
        return ["removed": .string(name.text)]
    }

    func confirm(_ cursor: FeedCursor, of name: ConsumerName, by actor: ActorID) async throws -> JSONValue {
        switch try await context.ledger.confirm(cursor, of: name, by: actor, at: context.now.wall) {
        case .confirmed(let consumer, let isRepeated):
            return ["cursor": .string(consumer.cursor.description), "repeated": .bool(isRepeated)]
        case .unknownConsumer: throw unknown(name)
        case .foreignCursor:
            throw NodeError(
                .cursorInvalid,
                "this cursor is of another consumer, or of one of this name that was removed; nothing was confirmed. Fetch, "
                    + "and confirm what you were given")
        case .cursorAhead: throw ahead
        }
    }

    private var ahead: NodeError {
        NodeError(
            .cursorInvalid,
            "nothing was ever handed out up to this cursor: the node's store may have been put back; nothing was confirmed. "
                + "Fetch again, and call the node's operator")
    }

    /// The next entries that were not confirmed; waits until there is one, the time is over, or the node stops.
    func page(of name: ConsumerName, maximumItems: Int, waitingFor span: Milliseconds) async throws -> JSONValue {
        let consumer = try await known(name)
        let (entries, hasMore) = try await watch.look(
            for: span, every: LedgerWatch.handOverLook, saying: "a consumer waits",
            ["consumer": "\(name)", "seconds": "\(span.wholeSeconds)"],
            until: { !$0.entries.isEmpty }
        ) {
            try await page(of: consumer, after: consumer.position, maximumItems: maximumItems)
        }
        return [
            "items": .array(entries.map { .object($0.object) }),
            "cursor": .string((entries.last?.cursor ?? consumer.cursor).description), "more": .bool(hasMore),
        ]
    }

    /// Server-sent events (HTML Living Standard §9.2), from what was confirmed on or from where a stream broke off. It
    /// confirms nothing.
    ///
    /// - Parameters:
    ///   - last: the cursor of the last event that the caller has.
    ///   - isAllowed: asked before each look, for a stream makes no further request: its caller may be let in no more.
    func stream(
        of name: ConsumerName, after last: String?, while isAllowed: @escaping @Sendable () async -> Bool
    ) async throws -> ResponseBody {
        let consumer = try await known(name)
        var start = consumer.position
        if let last {
            guard let cursor = FeedCursor(last), cursor.key == consumer.key else {
                throw NodeError(
                    .cursorInvalid, "Last-Event-ID is no cursor of this consumer; leave it out to begin anew")
            }
            guard !(try await context.ledger.lastPosition(of: consumer.feed).isBehind(cursor.position)) else {
                throw ahead
            }
            start = start.furthest(cursor.position)
        }
        let first = start
        return ResponseBody { writer in
            var position = first
            try await writer.write(ByteBuffer(string: "retry: \(Self.reconnectMilliseconds)\n\n"))
            while !watch.isEnding {
                guard await isAllowed(), try await context.ledger.consumer(name)?.key == consumer.key else { break }
                let (entries, _) = try await page(
                    of: consumer, after: position, maximumItems: Self.streamMaximumItems)
                for entry in entries {
                    let data = try JSONWriter.write(.object(entry.object), limits: .localAnswer)
                    var text = ByteBuffer(string: "id: \(entry.cursor)\nevent: \(consumer.feed.entryName)\ndata: ")
                    text.writeBytes(data)
                    text.writeString("\n\n")
                    try await writer.write(text)
                    position = entry.cursor.position
                }
                guard entries.isEmpty else { continue }
                let hasMore = try await watch.look(
                    for: Self.heartbeat, every: LedgerWatch.handOverLook, saying: "a stream waits",
                    ["consumer": "\(name)"], until: { $0 }
                ) {
                    try await hasEntries(of: consumer, after: position)
                }
                // Otherwise nobody notices that the other end is gone.
                if !hasMore, !watch.isEnding { try await writer.write(ByteBuffer(string: ": nothing new\n\n")) }
            }
            try await writer.finish(nil)
        }
    }

    struct Entry: Sendable {
        let cursor: FeedCursor
        /// Names this entry among all of its feed, whatever came before or after it.
        let name: String
        let object: JSONObject
    }

    private func hasEntries(of consumer: Consumer, after position: FeedPosition) async throws -> Bool {
        try await !places(of: consumer, after: position, maximumItems: 1).isEmpty
    }

    /// The entries of a page, and whether more waits. It ends early where it is large, or the node is to stop: whoever is
    /// handed a part has a cursor for that part.
    func page(
        of consumer: Consumer, after position: FeedPosition, maximumItems: Int
    ) async throws -> (entries: [Entry], hasMore: Bool) {
        // One more than the page holds: only so it is known that more waits behind a full one.
        let places = try await places(of: consumer, after: position, maximumItems: maximumItems + 1)
        var entries: [Entry] = []
        var byteCount = 0
        for place in places.prefix(maximumItems) {
            guard entries.isEmpty || (byteCount <= Self.pageMaximumBytes && !watch.isEnding) else {
                return (entries, true)
            }
            let entry = try await entry(of: consumer, at: place, withContent: true)
            byteCount += try JSONWriter.write(.object(entry.object), limits: .localAnswer).count
            entries.append(entry)
        }
        return (entries, places.count > maximumItems)
    }

    /// The next entry.
    ///
    /// - Parameter withContent: whether a received message has what is inside its signature.
    func next(of consumer: Consumer, withContent: Bool) async throws -> Entry? {
        guard let place = try await places(of: consumer, after: consumer.position, maximumItems: 1).first else {
            return nil
        }
        return try await entry(of: consumer, at: place, withContent: withContent)
    }

    /// What stands at one place of a feed.
    private enum Place: Sendable {
        case message(FeedEntry<InboxEntry>)
        case delivery(FeedEntry<DeliveryEntry>)
        case escalation(FeedEntry<NumberedEscalation>)

        var position: FeedPosition {
            switch self {
            case .message(let entry): entry.position
            case .delivery(let entry): entry.position
            case .escalation(let entry): entry.position
            }
        }

        var priority: Priority {
            switch self {
            case .message(let entry): entry.entry.message.priority
            case .delivery(let entry): entry.entry.message.priority
            case .escalation(let entry): entry.entry.message.priority
            }
        }
    }

    private func places(
        of consumer: Consumer, after position: FeedPosition, maximumItems: Int
    ) async throws -> [Place] {
        switch consumer.feed {
        case .inbox:
            try await context.ledger.inboxFeed(
                after: position, maximumItems: maximumItems, now: context.now.wall
            ).map(Place.message)
        case .deliveries:
            try await context.ledger.deliveryFeed(after: position, maximumItems: maximumItems).map(Place.delivery)
        case .escalations:
            try await context.ledger.escalationFeed(after: position, maximumItems: maximumItems).map(Place.escalation)
        }
    }

    private func entry(of consumer: Consumer, at place: Place, withContent: Bool) async throws -> Entry {
        let value: JSONValue
        switch place {
        case .message(let entry):
            let directory = context.community.directory
            value = .object(
                withContent
                    ? try await views.whole(entry.entry) : Rendering.inbox(entry.entry, directory: directory))
        case .delivery(let entry):
            guard let row = try await views.render([entry.entry]).first else {
                preconditionFailure("a delivery is one row")
            }
            value = row
        case .escalation(let entry):
            value = EscalationRendering.document(entry.entry, directory: context.community.directory)
        }
        let cursor = FeedCursor(key: consumer.key, position: place.position)
        var object = JSONObject()
        object["cursor"] = .string(cursor.description)
        object[consumer.feed.entryName] = value
        let number = "\(place.priority)-\(place.position[place.priority])"
        return Entry(cursor: cursor, name: "\(consumer.key.bytes.hexadecimal).\(number)", object: object)
    }

    private func known(_ name: ConsumerName) async throws -> Consumer {
        guard let consumer = try await context.ledger.consumer(name) else { throw unknown(name) }
        return consumer
    }

    private func unknown(_ name: ConsumerName) -> NodeError {
        NodeError(
            .consumerUnknown, "there is no consumer \(name); make it with PUT \(AgencyAPI.root)/consumers/\(name)")
    }

    private func render(_ consumer: Consumer) async throws -> JSONValue {
        let pending = try await pending(of: consumer)
        return [
            "name": .string(consumer.name.text), "feed": .string(consumer.feed.rawValue),
            "cursor": .string(consumer.cursor.description),
            "actor": .string(consumer.actor), "created": .string(consumer.createdAt.description),
            "confirmed": consumer.confirmedAt.map { .string($0.description) } ?? .null,
            "pending": .integer(Int64(pending.count)),
            "pendingSince": pending.since.map { .string($0.description) } ?? .null,
        ]
    }

    /// What a consumer has not confirmed, counted up to a limit, and since when the oldest of it waits.
    private func pending(of consumer: Consumer) async throws -> (count: Int, since: Timestamp?) {
        let times: [Timestamp]
        switch consumer.feed {
        case .inbox:
            times = try await context.ledger.inboxFeed(
                after: consumer.position, maximumItems: Self.pendingMaximumItems, now: context.now.wall
            ).map(\.entry.availableAt)
        case .deliveries:
            times = try await context.ledger.deliveryFeed(
                after: consumer.position, maximumItems: Self.pendingMaximumItems
            ).map { entry in
                let entry = entry.entry
                return [
                    entry.acceptedAt, entry.receiptedAt, entry.ownedAt, entry.declinedAt, entry.concludedAt,
                ].compactMap { $0 }.max() ?? entry.acceptedAt
            }
        case .escalations:
            // Some are taken in turns: what lies behind their position is not all that waits.
            times = try await context.ledger.waitingEscalations(
                for: consumer.name, maximumItems: Self.pendingMaximumItems
            ).map(\.entry.at)
        }
        return (times.count, times.min())
    }
}

extension FeedName {
    /// What one entry is, in a page and as the type of an event.
    var entryName: String {
        switch self {
        case .inbox: "message"
        case .deliveries: "delivery"
        case .escalations: "escalation"
        }
    }
}

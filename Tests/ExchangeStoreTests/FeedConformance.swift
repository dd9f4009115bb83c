import ExchangeCore
import GRDB
import Testing

@testable import ExchangeStore

/// How the organisation's systems follow what comes and what changes: fetch, confirm, never again.
@Suite(.temporaryFolder) struct FeedConformance {
    private static let wait = NodeLimits().predecessorWait
    private static let caseSystem = name("case-system")
    private static let desk = name("duty-desk")

    private static func name(_ text: String) -> ConsumerName {
        guard let name = ConsumerName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    private static func key(_ number: UInt64) -> Bytes16 { Bytes16(high: 7, low: number) }

    /// Makes a consumer that begins with the first entry.
    private static func follow(
        _ ledger: any ExchangeLedger, _ name: ConsumerName = caseSystem, _ feed: FeedName = .inbox, key: UInt64 = 1
    ) async throws -> Consumer {
        let addition = try await ledger.addConsumer(
            name, of: feed, fromStart: true, key: Self.key(key), by: .user(7), now: Sample.start)
        guard case .added(let consumer) = addition else { throw Unexpected(what: "\(addition)") }
        return consumer
    }

    private struct Unexpected: Error { let what: String }

    /// What a consumer is handed next: the ordinals of the sample messages.
    private static func fetch(
        _ ledger: any ExchangeLedger, after position: FeedPosition, maximumItems: Int = 100,
        at now: Timestamp = Sample.start
    ) async throws -> (ordinals: [Int], entries: [FeedEntry<InboxEntry>]) {
        let ordinals = try Dictionary(
            uniqueKeysWithValues: (1...9).map { (try Sample.message($0, from: Community.avim).id, $0) })
        let entries = try await ledger.inboxFeed(after: position, maximumItems: maximumItems, now: now)
        return (entries.map { ordinals[$0.entry.message.id] ?? 0 }, entries)
    }

    @Test(arguments: StoreForm.all)
    func `what a consumer confirmed is not handed to it again, also by another opening`(form: StoreForm) async throws {
        var ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.receive(ordinal, number: UInt64(ordinal)) }
        let consumer = try await Self.follow(ledger)
        let first = try await Self.fetch(ledger, after: consumer.position, maximumItems: 2)
        #expect(first.ordinals == [1, 2])
        // Fetched and not confirmed: the same again.
        #expect(try await Self.fetch(ledger, after: consumer.position, maximumItems: 2).ordinals == [1, 2])
        let last = try #require(first.entries.last)
        let cursor = FeedCursor(key: consumer.key, position: last.position)
        let confirmation = try await ledger.confirm(cursor, of: Self.caseSystem, by: .user(7), at: Sample.start)
        guard case .confirmed(let moved, isRepeated: false) = confirmation else {
            throw Unexpected(what: "\(confirmation)")
        }
        #expect(moved.confirmedAt == Sample.start)
        #expect(try await Self.fetch(ledger, after: moved.position).ordinals == [3])
        try await ledger.close()
        ledger = try await form.open()
        let kept = try #require(try await ledger.consumer(Self.caseSystem))
        #expect(kept == moved)
        #expect(try await Self.fetch(ledger, after: kept.position).ordinals == [3])
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `to confirm twice, or less than before, takes nothing back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...3 { try await ledger.receive(ordinal, number: UInt64(ordinal)) }
        let consumer = try await Self.follow(ledger)
        let places = try await Self.fetch(ledger, after: .start).entries.map(\.position)
        for place in [places[2], places[2], places[0]] {
            let cursor = FeedCursor(key: consumer.key, position: place)
            _ = try await ledger.confirm(cursor, of: Self.caseSystem, by: .user(7), at: Sample.start)
        }
        let kept = try #require(try await ledger.consumer(Self.caseSystem))
        #expect(kept.position == places[2])
        // Further in one priority, and not in another: a page that was fetched before, confirmed late.
        try await ledger.receive(4, number: 4, priority: .stat)
        let pressing = try #require(try await Self.fetch(ledger, after: .start).entries.first).position
        _ = try await ledger.confirm(
            FeedCursor(key: consumer.key, position: pressing), of: Self.caseSystem, by: .user(7), at: Sample.start)
        let moved = try #require(try await ledger.consumer(Self.caseSystem))
        #expect(moved.position == places[2].furthest(pressing))
    }

    @Test(arguments: StoreForm.all)
    func `consumers are as far as they are, each by itself`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let one = try await Self.follow(ledger)
        let other = try await Self.follow(ledger, Self.desk, key: 2)
        let place = try #require(try await Self.fetch(ledger, after: .start).entries.last).position
        _ = try await ledger.confirm(
            FeedCursor(key: one.key, position: place), of: one.name, by: .user(7), at: Sample.start)
        #expect(try await ledger.consumers().map(\.name) == [Self.caseSystem, Self.desk])
        #expect(try await ledger.consumer(other.name)?.position == .start)
    }

    @Test(arguments: StoreForm.all)
    func `the cursor of another consumer, or of one that was removed, confirms nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let one = try await Self.follow(ledger)
        let other = try await Self.follow(ledger, Self.desk, key: 2)
        let place = try #require(try await Self.fetch(ledger, after: .start).entries.last).position
        let cursor = FeedCursor(key: one.key, position: place)
        #expect(try await ledger.confirm(cursor, of: other.name, by: .user(7), at: Sample.start) == .foreignCursor)
        #expect(try await ledger.removeConsumer(one.name, by: .user(7), at: Sample.start))
        #expect(try await ledger.confirm(cursor, of: one.name, by: .user(7), at: Sample.start) == .unknownConsumer)
        #expect(try await !ledger.removeConsumer(one.name, by: .user(7), at: Sample.start))
        _ = try await Self.follow(ledger, key: 3)
        #expect(try await ledger.confirm(cursor, of: one.name, by: .user(7), at: Sample.start) == .foreignCursor)
    }

    @Test(arguments: StoreForm.all)
    func `a cursor beyond what was ever handed out confirms nothing`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let consumer = try await Self.follow(ledger)
        var place = try #require(try await Self.fetch(ledger, after: .start).entries.last).position
        place[.stat] = 2
        let cursor = FeedCursor(key: consumer.key, position: place)
        #expect(try await ledger.confirm(cursor, of: consumer.name, by: .user(7), at: Sample.start) == .cursorAhead)
    }

    @Test(arguments: StoreForm.all)
    func `what presses comes first, and confirming it leaves the rest to come`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        try await ledger.receive(2, number: 2, priority: .stat)
        try await ledger.receive(3, number: 3, priority: .urgent)
        let all = try await Self.fetch(ledger, after: .start)
        #expect(all.ordinals == [2, 3, 1])
        try await ledger.receive(4, number: 4, priority: .stat)
        #expect(try await Self.fetch(ledger, after: all.entries[0].position).ordinals == [4, 3, 1])
        #expect(try await Self.fetch(ledger, after: all.entries[2].position).ordinals == [4])
    }

    @Test(arguments: StoreForm.all)
    func `a message that waits for the one before comes behind what was confirmed meanwhile`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.receive(2, number: 2, predecessor: 1)
        try await ledger.receive(5, number: 5)
        let before = try await Self.fetch(ledger, after: .start)
        #expect(before.ordinals == [5])
        let place = try #require(before.entries.last).position
        // Its predecessor never came: it is handed out flagged, and not passed over.
        let end = Sample.start + Self.wait
        let after = try await Self.fetch(ledger, after: place, at: end)
        #expect(after.ordinals == [2])
        let missing = try Sample.message(1, from: Community.avim).id
        #expect(after.entries.first?.entry.missingPredecessor == missing)
    }

    @Test(arguments: StoreForm.all)
    func `a case that arrives backward is handed out forward`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in [3, 2] { try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: ordinal - 1) }
        #expect(try await Self.fetch(ledger, after: .start).ordinals.isEmpty)
        try await ledger.receive(1, number: 1)
        #expect(try await Self.fetch(ledger, after: .start).ordinals == [1, 2, 3])
    }

    @Test(arguments: StoreForm.all)
    func `a consumer of what comes from now on is not handed what was there`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1)
        let addition = try await ledger.addConsumer(
            Self.caseSystem, of: .inbox, fromStart: false, key: Self.key(1), by: .user(7), now: Sample.start)
        guard case .added(let consumer) = addition else { throw Unexpected(what: "\(addition)") }
        try await ledger.receive(2, number: 2)
        #expect(try await Self.fetch(ledger, after: consumer.position).ordinals == [2])
    }

    @Test(arguments: StoreForm.all)
    func `to make a consumer again changes nothing of it`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let consumer = try await Self.follow(ledger)
        let again = try await ledger.addConsumer(
            consumer.name, of: .deliveries, fromStart: false, key: Self.key(9), by: .user(7), now: Sample.start)
        #expect(again == .known(consumer))
    }

    @Test(arguments: StoreForm.all)
    func `there are no more consumers than there may be, and the node's own have their place`(
        form: StoreForm
    ) async throws {
        var limits = StoreLimits()
        limits.consumersMaximum = 1
        let ledger = try await form.open(limits: limits)
        _ = try await Self.follow(ledger)
        let addition = try await ledger.addConsumer(
            Self.desk, of: .inbox, fromStart: true, key: Self.key(2), by: .user(7), now: Sample.start)
        #expect(addition == .tooMany(1))
        let own = try await ledger.addConsumer(
            .inboxHook, of: .inbox, fromStart: true, key: Self.key(3), by: .node, now: Sample.start)
        guard case .added = own else { throw Unexpected(what: "\(own)") }
    }

    @Test(arguments: StoreForm.all)
    func `many arrivals get their numbers in more than one operation, and none is left out`(
        form: StoreForm
    ) async throws {
        var limits = StoreLimits()
        limits.feedMaximumNumbersPerOperation = 2
        let ledger = try await form.open(limits: limits)
        for ordinal in 1...5 { try await ledger.receive(ordinal, number: UInt64(ordinal)) }
        #expect(try await Self.fetch(ledger, after: .start).ordinals == [1, 2, 3, 4, 5])
    }

    @Test(arguments: StoreForm.all)
    func `a delivery that changes again stands once, at its last change`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...2 { try await ledger.accept(ordinal) }
        #expect(try await ledger.deliveryFeed(after: .start, maximumItems: 9).isEmpty)
        for number in [1, 2] {
            try await ledger.recordAnswers(
                [
                    AnswerRecord(
                        number: SequenceNumber(UInt64(number)), answer: .receipt(Array("receipt".utf8)), jitter: 0)
                ],
                from: Community.avim, now: Sample.now())
        }
        let first = try await ledger.deliveryFeed(after: .start, maximumItems: 9)
        #expect(first.map(\.entry.key.number.value) == [1, 2])
        #expect(first.allSatisfy { $0.entry.transport == .receipted })
        let owned = ReceivedAcknowledgement(
            messageID: try Sample.message(1).id, messageDigest: try Sample.message(1).digest, step: .owned,
            role: "duty-officer")
        try await ledger.receive(8, number: 1, acknowledgement: owned)
        let second = try await ledger.deliveryFeed(after: .start, maximumItems: 9)
        #expect(second.map(\.entry.key.number.value) == [2, 1])
        // Whoever had confirmed the receipt of the first is told of what came after.
        let behind = try await ledger.deliveryFeed(after: first[1].position, maximumItems: 9)
        #expect(behind.map(\.entry.followUp) == [.owned])
    }

    @Test(arguments: StoreForm.all)
    func `an attempt that failed is no change of a delivery`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.recordAttempt(
            [SequenceNumber(1)], to: Community.avim, detail: "refused", at: Sample.start)
        #expect(try await ledger.deliveryFeed(after: .start, maximumItems: 9).isEmpty)
    }

    @Test func `what was answered before there were feeds stands in the feed too`() async throws {
        let ledger = try await Sample.openSQLite()
        for ordinal in 1...3 { try await ledger.accept(ordinal) }
        for number in [3, 1] {
            try await ledger.recordAnswers(
                [
                    AnswerRecord(
                        number: SequenceNumber(UInt64(number)), answer: .receipt(Array("receipt".utf8)), jitter: 0)
                ],
                from: Community.avim, now: Sample.now())
        }
        try await ledger.close()
        // The store as it was before: without what the migration made.
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try await queue.write { database in
            for sql in [
                "DROP TRIGGER delivery_changed", "DROP INDEX delivery_feed",
                "ALTER TABLE delivery DROP COLUMN feed_number",
                "DROP TRIGGER inbox_number_final", "DROP INDEX inbox_feed", "DROP INDEX inbox_unnumbered",
                "ALTER TABLE inbox DROP COLUMN feed_number", "DROP TABLE feed", "DROP TABLE consumer",
                "DELETE FROM grdb_migrations WHERE identifier = 'consumers'",
            ] { try database.execute(sql: sql) }
        }
        try queue.close()
        let again = try await Sample.openSQLite()
        let feed = try await again.deliveryFeed(after: .start, maximumItems: 9)
        #expect(feed.map(\.entry.key.number.value) == [1, 3])
        let last = try await again.lastPosition(of: .deliveries)
        #expect(last[.routine] == 2)
    }

    @Test func `no hand on the file moves a consumer back, or a message in the feed`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.receive(1, number: 1)
        let consumer = try await Self.follow(ledger)
        let place = try #require(try await Self.fetch(ledger, after: .start).entries.last).position
        _ = try await ledger.confirm(
            FeedCursor(key: consumer.key, position: place), of: consumer.name, by: .user(7), at: Sample.start)
        for sql in [
            "UPDATE consumer SET routine = 0", "UPDATE inbox SET feed_number = 9", "UPDATE feed SET last_number = 0",
        ] {
            let error = await #expect(throws: StoreError.self, "\(sql)") {
                try await ledger.write(at: Sample.start) { try $0.database.change(sql) }
            }
            #expect(error?.code == .invariantViolated, "\(sql)")
        }
    }

    @Test(arguments: ["", "-", "a-", "-a", "a--b", "A", "a b", "ä", "a_b", String(repeating: "a", count: 65)])
    func `a consumer's name is lower-case letters, digits and single hyphens`(text: String) {
        #expect(ConsumerName(text) == nil)
    }

    @Test func `a cursor is read as it was written, and no other text is one`() throws {
        var place = FeedPosition.start
        place[.asap] = 12
        let cursor = FeedCursor(key: Self.key(0xABCDEF), position: place)
        #expect(FeedCursor(cursor.description) == cursor)
        let text = cursor.description
        for wrong in [
            "", ".", text + "-1", text.uppercased(), " " + text, text.replacing("12", with: "012"), "x" + text,
        ] {
            #expect(FeedCursor(wrong) == nil, "\(wrong)")
        }
    }

    @Test(arguments: [FeedQueries.inbox, FeedQueries.deliveries])
    func `a page of a feed reads a range of one index`(sql: String) async throws {
        let ledger = try await Sample.openSQLite()
        let plan = try await ledger.read { database in
            try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN \(sql)",
                arguments: sql == FeedQueries.inbox ? [1, 0, 9, 0] : [1, 0, 9]
            ).map { $0["detail"] as String }
        }
        #expect(plan.first?.contains("_feed (priority_rank=? AND feed_number>?)") == true, "\(plan)")
        #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
    }
}

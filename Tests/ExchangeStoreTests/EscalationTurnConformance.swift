import ExchangeCore
import ExchangeStore
import Testing

/// Whose entry of the ladder is handed over next, where one is handed over after the other.
@Suite(.temporaryFolder) struct EscalationTurnConformance {
    private static let rules = ObligationRules(policy: EscalationPolicy(), ownRoles: [], expected: [:])
    private static let desk: ConsumerName = {
        guard let name = ConsumerName("duty-desk") else { preconditionFailure("a name of a consumer") }
        return name
    }()
    private static let key = Bytes16(high: 7, low: 1)

    private static func at(_ span: Milliseconds) -> Timestamp { Sample.start + span }

    private static func look(_ ledger: any ExchangeLedger, after span: Milliseconds) async throws {
        let ids = try await ledger.looksDue(by: at(span), maximumItems: 99)
        _ = try await ledger.look(at: ids, by: rules, now: Sample.now(at(span)))
    }

    private static func addDesk(_ ledger: any ExchangeLedger, key: Bytes16 = key) async throws {
        _ = try await ledger.addConsumer(
            desk, of: .escalations, fromStart: false, key: key, by: .node, now: Sample.start)
    }

    private static func waiting(_ ledger: any ExchangeLedger) async throws -> [Int64] {
        try await ledger.waitingEscalations(for: desk, maximumItems: 99).map(\.number)
    }

    /// Hands the next over.
    private static func take(_ ledger: any ExchangeLedger) async throws -> Int64 {
        let next = try #require(try await ledger.waitingEscalations(for: desk, maximumItems: 1).first)
        let taken = try await ledger.confirmEscalation(next.number, of: desk, key: key, by: .node, at: Sample.start)
        guard case .confirmed(_, isRepeated: false) = taken else {
            Issue.record("\(taken)")
            return 0
        }
        return next.number
    }

    private static func position(_ ledger: any ExchangeLedger) async throws -> FeedPosition {
        try #require(try await ledger.consumer(desk)).position
    }

    /// Four messages of AVIM that nobody takes, and one of COA behind them: the entries 1 to 4, and 5.
    private static func flood(_ ledger: any ExchangeLedger) async throws {
        try await addDesk(ledger)
        for ordinal in 1...4 { try await ledger.receive(ordinal, number: UInt64(ordinal), priority: .stat) }
        try await ledger.receive(
            9, number: 1, priority: .stat, by: Community.coa, from: Community.coa, at: at(.seconds(1)))
        try await look(ledger, after: .minutes(31))
    }

    @Test(arguments: StoreForm.all)
    func `many late messages of one sender leave the next turn to another, and each entry is taken once`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.flood(ledger)
        #expect(try await Self.waiting(ledger) == [1, 5, 2, 3, 4])
        var taken: [Int64] = []
        for _ in 1...5 { taken.append(try await Self.take(ledger)) }
        #expect(taken == [1, 5, 2, 3, 4])
        #expect(try await Self.waiting(ledger) == [])
        #expect(try await Self.position(ledger)[.stat] == 5)
        #expect(
            try await ledger.escalationFeed(after: Self.position(ledger), maximumItems: 9).isEmpty,
            "the feed itself is in the order of the numbers")
    }

    @Test(arguments: StoreForm.all)
    func `whose turn it is outlives a restart, and its position passes nothing that waits`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        try await Self.flood(ledger)
        #expect(try await Self.take(ledger) == 1)
        #expect(try await Self.take(ledger) == 5)
        #expect(try await Self.position(ledger)[.stat] == 1, "2 to 4 wait")
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await Self.waiting(ledger) == [2, 3, 4])
        // The next of COA's comes while AVIM's wait: its turn was longer ago than AVIM's next but one.
        try await ledger.receive(
            10, number: 2, priority: .stat, by: Community.coa, from: Community.coa, at: Self.at(.minutes(31)))
        try await Self.look(ledger, after: .minutes(62))
        let late = try await ledger.escalations(after: nil, maximumItems: 99)
        let next = try #require(late.first { $0.message.sender.oin == Community.coa && $0.number > 5 }?.number)
        #expect(try await Self.take(ledger) == 2)
        #expect(try await Self.take(ledger) == next)
        #expect(try await Self.take(ledger) == 3)
        #expect(try await Self.position(ledger)[.stat] == 3)
        let rest = try await Self.waiting(ledger)
        var taken: [Int64] = []
        for _ in rest { taken.append(try await Self.take(ledger)) }
        #expect(taken == rest && Set(taken + [1, 5, 2, next, 3]).count == late.count)
        #expect(try await Self.position(ledger) != .start)
        #expect(try await ledger.escalationFeed(after: Self.position(ledger), maximumItems: 99).isEmpty)
        try await ledger.close()
    }

    @Test(arguments: StoreForm.all)
    func `what one owes and what it sends have a turn each, and what presses goes first`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.addDesk(ledger)
        for ordinal in 1...3 { try await ledger.receive(ordinal, number: UInt64(ordinal), priority: .asap) }
        try await ledger.accept(5, priority: .asap, at: Self.at(.seconds(1)))
        try await ledger.accept(6, priority: .stat, at: Self.at(.seconds(2)))
        // Nobody took AVIM's in four hours, and AVIM receipted nothing in one.
        try await Self.look(ledger, after: .hours(4) + .minutes(1))
        let entries = try await ledger.waitingEscalations(for: Self.desk, maximumItems: 99)
        #expect(entries.first?.message.id == (try Sample.message(6, priority: .stat).id))
        #expect(
            Set(entries.dropFirst().prefix(2).map(\.lane)) == [
                EscalationLane(debtor: nil, sender: Community.avim),
                EscalationLane(debtor: Community.avim, sender: Community.nidos),
            ])
        #expect(try await ledger.waitingEscalations(for: Self.desk, maximumItems: 2).count == 2)
    }

    @Test(arguments: StoreForm.all)
    func `an entry that is not there, was taken, or is of a consumer of before moves nothing`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await Self.flood(ledger)
        #expect(try await Self.take(ledger) == 1)
        func confirm(_ number: Int64, key: Bytes16 = Self.key) async throws -> ExchangeStore.Confirmation {
            try await ledger.confirmEscalation(number, of: Self.desk, key: key, by: .node, at: Sample.start)
        }
        #expect(try await confirm(99) == .cursorAhead)
        #expect(try await confirm(2, key: Bytes16(high: 7, low: 2)) == .foreignCursor)
        guard case .confirmed(_, isRepeated: true) = try await confirm(1) else {
            Issue.record("it was taken before")
            return
        }
        #expect(try await Self.waiting(ledger) == [5, 2, 3, 4])
        #expect(try await ledger.removeConsumer(Self.desk, by: .node, at: Sample.start))
        #expect(try await confirm(2) == .unknownConsumer)
        #expect(try await Self.waiting(ledger) == [])
        // Made anew it has had no turn, and what was taken before it is not told again.
        try await Self.addDesk(ledger, key: Bytes16(high: 7, low: 3))
        #expect(try await Self.waiting(ledger) == [])
    }
}

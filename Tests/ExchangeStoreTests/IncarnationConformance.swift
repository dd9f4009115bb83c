import ExchangeCore
import Testing

@testable import ExchangeStore

/// What is kept of a partner's incarnations.
@Suite(.temporaryFolder) struct IncarnationConformance {
    private static func incarnation(_ low: UInt64) -> IncarnationID { IncarnationID(Bytes16(high: 0, low: low)) }

    private static func seen(_ low: UInt64, after predecessor: UInt64?, at number: UInt64) -> SeenIncarnation {
        SeenIncarnation(
            incarnation: incarnation(low), predecessor: predecessor.map(incarnation),
            highest: ChannelPosition(number: SequenceNumber(number), runningDigest: Sample.digest("\(number)")),
            firstSeen: Sample.start)
    }

    private static func facts(
        _ low: UInt64, after predecessors: UInt64..., of partner: OIN = Community.avim, in ledger: any ExchangeLedger
    ) async throws -> IncarnationFacts {
        try await ledger.incarnationFacts(
            incarnation(low), after: predecessors.map { claim($0) }, of: partner)
    }

    private static func claim(_ low: UInt64, last number: UInt64 = 0) -> PredecessorClaim {
        PredecessorClaim(
            incarnation: incarnation(low),
            last: ChannelPosition(number: SequenceNumber(number), runningDigest: .zero))
    }

    @Test(arguments: StoreForm.all)
    func `what an incarnation signed is never taken back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.keepIncarnation(Self.seen(9, after: nil, at: 5), skipping: [], of: Community.avim)
        for number: UInt64 in [5, 7, 6] {
            try await ledger.keepIncarnation(Self.seen(2, after: 9, at: number), skipping: [], of: Community.avim)
        }
        let facts = try await Self.facts(2, after: 9, in: ledger)
        #expect(facts.latest == Self.seen(2, after: 9, at: 7))
        #expect(facts.highest == SequenceNumber(7))
    }

    @Test(arguments: StoreForm.all)
    func `an incarnation is found with its follower, its sibling and its predecessor`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for (low, predecessor) in [(9, nil), (2, 9), (5, 2)] as [(UInt64, UInt64?)] {
            try await ledger.keepIncarnation(
                Self.seen(low, after: predecessor, at: low), skipping: [], of: Community.avim)
        }
        try await ledger.keepIncarnation(Self.seen(7, after: 5, at: 70), skipping: [], of: Community.coa)
        let first = try await Self.facts(9, in: ledger)
        #expect(first.isSeen)
        #expect(first.follower == Self.seen(2, after: 9, at: 2))
        #expect(first.successor == Self.seen(2, after: 9, at: 2))
        #expect(first.predecessors.isEmpty)
        let last = try await Self.facts(5, after: 2, in: ledger)
        #expect(last.isSeen)
        #expect(last.follower == nil)
        #expect(last.latest == Self.seen(5, after: 2, at: 5))
        let clone = try await Self.facts(6, after: 9, in: ledger)
        #expect(!clone.isSeen)
        #expect(
            clone.predecessors == [
                NamedPredecessor(Self.claim(9), isSeen: true, successor: Self.incarnation(2))
            ])
        let stranger = try await Self.facts(6, after: 7, in: ledger)
        #expect(stranger.predecessors == [NamedPredecessor(Self.claim(7), isSeen: false, successor: nil)])
        #expect(stranger.successor == nil)
        #expect(stranger.highest == SequenceNumber(9))
        let none = try await Self.facts(5, after: 2, of: Community.nidos, in: ledger)
        #expect(none.latest == nil)
        #expect(!none.isSeen)
        #expect(none.highest == .none)
    }

    @Test(arguments: StoreForm.all)
    func `one that was skipped is known with the first that skipped it, whoever names it later`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await ledger.keepIncarnation(Self.seen(9, after: nil, at: 1), skipping: [], of: Community.avim)
        try await ledger.keepIncarnation(
            Self.seen(2, after: 9, at: 2), skipping: [Self.incarnation(4), Self.incarnation(3)], of: Community.avim)
        // Signing again adds nothing; and another grows from one that was skipped, and skips one too.
        try await ledger.keepIncarnation(
            Self.seen(2, after: 9, at: 3), skipping: [Self.incarnation(8)], of: Community.avim)
        try await ledger.keepIncarnation(
            Self.seen(5, after: 3, at: 3), skipping: [Self.incarnation(4)], of: Community.avim)
        let facts = try await Self.facts(6, after: 8, 4, 3, 9, in: ledger)
        #expect(facts.predecessors.map(\.isSeen) == [false, false, false, true])
        let second = Self.incarnation(2)
        #expect(facts.predecessors.map(\.successor) == [nil, second, second, second])
        #expect(try await Self.facts(3, in: ledger).successor == Self.seen(2, after: 9, at: 3))
        let other = try await Self.facts(6, after: 4, of: Community.coa, in: ledger)
        #expect(other.predecessors.map(\.isKnown) == [false])
    }

    @Test(arguments: StoreForm.all)
    func `a number that only a manifest named counts as signed`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.keepIncarnation(Self.seen(1, after: nil, at: 2), skipping: [], of: Community.avim)
        try await ledger.receive(1, number: 8)
        #expect(try await Self.facts(1, in: ledger).highest == SequenceNumber(8))
    }

    @Test func `beyond the limit the oldest are forgotten, but neither the last nor the one that signed the most`()
        async throws
    {
        var limits = StoreLimits()
        limits.incarnationsMaximumPerPartner = 5
        let ledger = try await Sample.openSQLite(limits: limits)
        try await ledger.keepIncarnation(Self.seen(1, after: nil, at: 10), skipping: [], of: Community.coa)
        for low: UInt64 in 1...20 {
            let seen = Self.seen(low, after: low == 1 ? nil : low - 1, at: low == 3 ? 50 : 10)
            let named = [100 + low] + (low == 1 ? [] : [low - 1])
            let tally = Tally(
                node: Community.avim, partner: Community.nidos, incarnation: seen.incarnation,
                predecessors: named.map { Self.claim($0, last: 10) },
                created: Sample.start, isRecovering: false, issued: seen.highest, received: .start, safe: .none,
                gaps: [])
            _ = try await ledger.takeTally(tally, signed: [1], askedAt: nil, now: Sample.now())
        }
        var kept: [UInt64] = []
        for low: UInt64 in 1...20 where try await Self.facts(low, in: ledger).isSeen { kept.append(low) }
        #expect(kept == [3, 17, 18, 19, 20])
        let rows = try await Rows.of(ledger)
        #expect(rows["tally"]?.count == 5)
        #expect(rows["seen_incarnation"]?.count == 6)
        #expect(rows["skipped_incarnation"]?.count == 5, "what was skipped goes with those that skipped it")
        // A store that comes back from between is still seen for what it is.
        let facts = try await ledger.incarnationFacts(
            Self.incarnation(99), after: [Self.claim(4, last: 40)], of: Community.avim)
        let judgement = IncarnationHistory.judge(facts, now: Sample.start)
        #expect(judgement == .rolledBack(lost: NumberRange(SequenceNumber(41), SequenceNumber(50))))
    }

    @Test func `a question about an incarnation reads no more rows where there are many`() async throws {
        let ledger = try await Sample.openSQLite()
        let questions = [
            (
                "SELECT incarnation FROM seen_incarnation WHERE partner = 'x' ORDER BY ordinal DESC LIMIT 1",
                "seen_incarnation_order (partner=?)"
            ),
            (
                "SELECT incarnation FROM seen_incarnation WHERE partner = 'x' AND ordinal > 7 ORDER BY ordinal LIMIT 1",
                "seen_incarnation_order (partner=? AND ordinal>?)"
            ),
            (
                "SELECT max(highest_number) FROM seen_incarnation WHERE partner = 'x'",
                "seen_incarnation_highest (partner=?)"
            ),
            (
                "SELECT min(ordinal) FROM seen_incarnation WHERE partner = 'x' AND predecessor = x'00'",
                "seen_incarnation_successor (partner=? AND predecessor=?)"
            ),
            (
                "SELECT successor FROM skipped_incarnation WHERE partner = 'x' AND incarnation = x'00'",
                "PRIMARY KEY (partner=? AND incarnation=?)"
            ),
            (
                "DELETE FROM skipped_incarnation WHERE partner = 'x' AND successor = x'00'",
                "skipped_incarnation_successor (partner=? AND successor=?)"
            ),
        ]
        for (sql, range) in questions {
            let plan = try await ledger.read { database in
                try database.all("EXPLAIN QUERY PLAN \(sql)") { $0.text(3) }.joined(separator: "; ")
            }
            #expect(plan.contains(range), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }
}

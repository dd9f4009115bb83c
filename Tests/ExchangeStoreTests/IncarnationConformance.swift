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
        _ low: UInt64, after predecessor: UInt64? = nil, of partner: OIN = Community.avim, in ledger: any ExchangeLedger
    ) async throws -> IncarnationFacts {
        try await ledger.incarnationFacts(incarnation(low), after: predecessor.map(incarnation), of: partner)
    }

    @Test(arguments: StoreForm.all)
    func `what an incarnation signed is never taken back`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.keepIncarnation(Self.seen(9, after: nil, at: 5), of: Community.avim)
        for number: UInt64 in [5, 7, 6] {
            try await ledger.keepIncarnation(Self.seen(2, after: 9, at: number), of: Community.avim)
        }
        let facts = try await Self.facts(2, after: 9, in: ledger)
        #expect(facts.latest == Self.seen(2, after: 9, at: 7))
        #expect(facts.highest == SequenceNumber(7))
    }

    @Test(arguments: StoreForm.all)
    func `an incarnation is found with its follower, its sibling and its predecessor`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for (low, predecessor) in [(9, nil), (2, 9), (5, 2)] as [(UInt64, UInt64?)] {
            try await ledger.keepIncarnation(Self.seen(low, after: predecessor, at: low), of: Community.avim)
        }
        try await ledger.keepIncarnation(Self.seen(7, after: 5, at: 70), of: Community.coa)
        let first = try await Self.facts(9, in: ledger)
        #expect(first.isSeen)
        #expect(first.follower == Self.seen(2, after: 9, at: 2))
        #expect(first.successor == Self.seen(2, after: 9, at: 2))
        #expect(first.sibling == nil)
        let last = try await Self.facts(5, after: 2, in: ledger)
        #expect(last.isSeen)
        #expect(last.follower == nil)
        #expect(last.latest == Self.seen(5, after: 2, at: 5))
        let clone = try await Self.facts(6, after: 9, in: ledger)
        #expect(!clone.isSeen)
        #expect(clone.sibling == Self.incarnation(2))
        #expect(clone.isPredecessorSeen)
        let stranger = try await Self.facts(6, after: 7, in: ledger)
        #expect(stranger.sibling == nil)
        #expect(stranger.successor == nil)
        #expect(!stranger.isPredecessorSeen)
        #expect(stranger.highest == SequenceNumber(9))
        let none = try await Self.facts(5, after: 2, of: Community.nidos, in: ledger)
        #expect(none.latest == nil)
        #expect(!none.isSeen)
        #expect(none.highest == .none)
    }

    @Test(arguments: StoreForm.all)
    func `a number that only a manifest named counts as signed`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.keepIncarnation(Self.seen(1, after: nil, at: 2), of: Community.avim)
        try await ledger.receive(1, number: 8)
        #expect(try await Self.facts(1, in: ledger).highest == SequenceNumber(8))
    }

    @Test func `beyond the limit the oldest are forgotten, but neither the last nor the one that signed the most`()
        async throws
    {
        var limits = StoreLimits()
        limits.incarnationsMaximumPerPartner = 5
        let ledger = try await Sample.openSQLite(limits: limits)
        try await ledger.keepIncarnation(Self.seen(1, after: nil, at: 10), of: Community.coa)
        for low: UInt64 in 1...20 {
            let seen = Self.seen(low, after: low == 1 ? nil : low - 1, at: low == 3 ? 50 : 10)
            let tally = Tally(
                node: Community.avim, partner: Community.nidos, incarnation: seen.incarnation,
                predecessor: seen.predecessor.map { PredecessorClaim(incarnation: $0, last: seen.highest) },
                created: Sample.start, isRecovering: false, issued: seen.highest, received: .start, safe: .none,
                gaps: [])
            _ = try await ledger.takeTally(tally, signed: [1], isAnswer: false, now: Sample.now())
        }
        var kept: [UInt64] = []
        for low: UInt64 in 1...20 where try await Self.facts(low, in: ledger).isSeen { kept.append(low) }
        #expect(kept == [3, 17, 18, 19, 20])
        let rows = try await Rows.of(ledger)
        #expect(rows["tally"]?.count == 5)
        #expect(rows["seen_incarnation"]?.count == 6)
        // A store that comes back from between is still seen for what it is.
        let claim = PredecessorClaim(
            incarnation: Self.incarnation(4), last: ChannelPosition(number: SequenceNumber(40), runningDigest: .zero))
        let judgement = IncarnationHistory.judge(
            predecessor: claim, facts: try await Self.facts(99, after: 4, in: ledger), now: Sample.start)
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
                """
                SELECT incarnation FROM seen_incarnation WHERE partner = 'x' AND predecessor = x'00'
                ORDER BY ordinal LIMIT 1
                """, "seen_incarnation_successor (partner=? AND predecessor=?)"
            ),
            (
                "SELECT max(highest_number) FROM seen_incarnation WHERE partner = 'x'",
                "seen_incarnation_highest (partner=?)"
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

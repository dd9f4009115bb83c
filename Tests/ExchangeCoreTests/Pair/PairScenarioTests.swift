import ExchangeCore
import Testing

/// Single stories between two cores, told without faults of the network.
@Suite struct PairScenarioTests {
    private static func submission(_ key: String, _ pair: inout Pair) -> Submission {
        Submission(
            key: key, caseReference: CaseReference(random: pair.random.bytes16()), priority: .asap, wanted: .receipt)
    }

    /// A pair in which `count` messages went from left to right and were settled.
    private static func settled(_ count: Int) -> Pair {
        var pair = Pair(seed: TestSeed.base, faults: .none)
        for number in 0..<count { pair.enqueue(submission("before-\(number)", &pair), at: .left, in: 10) }
        pair.run(to: 5_000)
        return pair
    }

    @Test func `the witness sees a node that speaks before it persists`() {
        var found = false
        for seed in TestSeed.base..<TestSeed.base + 5 where !found {
            var pair = Pair(seed: seed)
            pair.speaksBeforeSync = true
            pair.makeWork(submissionsPerSide: 4)
            _ = pair.run()
            found = pair.breaches().contains {
                $0.contains("not on its disk") || $0.contains("before it is on its disk")
            }
        }
        #expect(found, "a checker that finds nothing checks nothing")
    }

    @Test func `a node that is restored from an old copy is seen at its first tally`() {
        var pair = Self.settled(3)
        let backup = pair.nodes[Seat.left.rawValue].ledger.durable
        for number in 0..<4 { pair.enqueue(Self.submission("after-\(number)", &pair), at: .left, in: 10) }
        pair.run(to: 70_000)
        #expect(pair.nodes[Seat.right.rawValue].ledger.durable.receivedLast.number == SequenceNumber(7))
        pair.crash(.left)
        pair.nodes[Seat.left.rawValue].ledger.restore(backup)
        pair.run(to: 100_000)
        #expect(
            pair.disagreements.contains {
                $0.hasPrefix("right: partner-rolled-back") && $0.contains("numbers 4 to 7 are here and missing there")
            }, "\(pair.disagreements)")
    }

    @Test func `a node that is restored from a copy made while it ran is seen by the answers that it lost`() {
        var pair = Self.settled(3)
        let backup = pair.nodes[Seat.right.rawValue].ledger.durable
        for number in 0..<4 { pair.enqueue(Self.submission("after-\(number)", &pair), at: .left, in: 10) }
        pair.run(to: 10_000)
        pair.crash(.right)
        pair.nodes[Seat.right.rawValue].ledger.restore(backup)
        pair.run(to: 120_000)
        #expect(
            pair.disagreements.contains {
                $0.hasPrefix("left: partner-rolled-back") && $0.contains("lost numbers 4 to 7, which it had answered")
            }, "\(pair.disagreements)")
    }

    @Test func `a number that is given again after a rollback overwrites nothing`() {
        var pair = Self.settled(3)
        let backup = pair.nodes[Seat.left.rawValue].ledger.durable
        pair.enqueue(Self.submission("lost", &pair), at: .left, in: 10)
        pair.run(to: 10_000)
        let before = pair.nodes[Seat.right.rawValue].ledger.durable.slots[4]
        pair.crash(.left)
        pair.nodes[Seat.left.rawValue].ledger.restore(backup)
        pair.enqueue(Self.submission("again", &pair), at: .left, in: 30_000)
        pair.run(to: 60_000)
        let right = pair.nodes[Seat.right.rawValue].ledger
        #expect(before != nil && right.durable.slots[4] == before)
        #expect(right.violations.isEmpty)
        #expect(right.durable.alarms.contains { $0.key.code == .numberConflict })
        let left = pair.nodes[Seat.left.rawValue].ledger.durable
        #expect(left.outgoing.last?.transport == .open, "its sender keeps it")
    }

    @Test func `an id that is used twice is a conflict at both ends, and the first message stands`() throws {
        var pair = Self.settled(1)
        let first = try #require(pair.nodes[Seat.left.rawValue].ledger.durable.outgoing.first)
        var twin = Self.submission("twin", &pair)
        twin.twinOf = first.item.messageID
        pair.enqueue(twin, at: .left, in: 10)
        pair.run(to: 10_000)
        let left = pair.nodes[Seat.left.rawValue].ledger.durable
        let right = pair.nodes[Seat.right.rawValue].ledger.durable
        #expect(left.outgoing.map(\.transport) == [.receipted, .refused])
        #expect(right.receivedByID[first.item.messageID]?.summary.digest == first.item.messageDigest)
        #expect(right.alarms[.init(code: .messageIDConflict, messageID: first.item.messageID)] == 1)
        #expect(left.alarms[.init(code: .deliveryRefused, messageID: first.item.messageID)] == 1)
        #expect(right.inboxOrder == [first.item.messageID])
    }
}

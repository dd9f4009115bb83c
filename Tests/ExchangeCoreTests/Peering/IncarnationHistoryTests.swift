import ExchangeCore
import Testing

@Suite struct IncarnationHistoryTests {
    private static func seen(
        _ incarnation: UInt64, after predecessor: UInt64?, skipping skipped: [UInt64] = [], highest: UInt64
    ) -> KeptIncarnation {
        KeptIncarnation(
            seen: SeenIncarnation(
                incarnation: Sample.incarnation(incarnation), predecessor: predecessor.map { Sample.incarnation($0) },
                highest: ChannelPosition(number: SequenceNumber(highest), runningDigest: Sample.digest(1)),
                firstSeen: Sample.wall),
            skipped: skipped.map { Sample.incarnation($0) })
    }

    private static func claim(_ incarnation: UInt64, last: UInt64) -> PredecessorClaim {
        PredecessorClaim(
            incarnation: Sample.incarnation(incarnation),
            last: ChannelPosition(number: SequenceNumber(last), runningDigest: Sample.digest(1)))
    }

    private static func judge(
        _ incarnation: UInt64, _ claim: PredecessorClaim?, _ seen: [KeptIncarnation], received: UInt64 = 0,
        after span: Milliseconds = ProtocolLimits.overtakenMaximum
    ) -> IncarnationJudgement {
        judge(incarnation, after: claim.map { [$0] } ?? [], seen, received: received, after: span)
    }

    private static func judge(
        _ incarnation: UInt64, after claims: [PredecessorClaim], _ seen: [KeptIncarnation], received: UInt64 = 0,
        after span: Milliseconds = ProtocolLimits.overtakenMaximum
    ) -> IncarnationJudgement {
        IncarnationHistory.judge(
            facts(incarnation, after: claims, seen, received: received), now: Sample.wall + span)
    }

    private static func facts(
        _ incarnation: UInt64, after claims: [PredecessorClaim], _ seen: [KeptIncarnation], received: UInt64 = 0
    ) -> IncarnationFacts {
        IncarnationFacts(
            Sample.incarnation(incarnation), after: claims, among: seen, received: SequenceNumber(received))
    }

    @Test func `a number that only a manifest named proves a rollback too`() {
        let lost = NumberRange(SequenceNumber(11), SequenceNumber(12))
        #expect(
            Self.judge(2, Self.claim(1, last: 10), [Self.seen(1, after: nil, highest: 10)], received: 12)
                == .rolledBack(lost: lost))
    }

    @Test func `the first incarnation that is seen is lawful, whatever it names`() {
        #expect(Self.judge(1, nil, []) == .successor)
        #expect(Self.judge(5, Self.claim(4, last: 12), []) == .successor)
    }

    @Test func `the incarnation that signed last is current`() {
        #expect(Self.judge(1, nil, [Self.seen(1, after: nil, highest: 3)]) == .current)
    }

    @Test(arguments: [10, 11, 400] as [UInt64])
    func `a successor names its predecessor at or beyond what it signed to us`(last: UInt64) {
        #expect(Self.judge(2, Self.claim(1, last: last), [Self.seen(1, after: nil, highest: 10)]) == .successor)
    }

    @Test func `a short predecessor proves a rollback and names what is lost`() {
        let lost = NumberRange(SequenceNumber(8), SequenceNumber(10))
        #expect(
            Self.judge(2, Self.claim(1, last: 7), [Self.seen(1, after: nil, highest: 10)]) == .rolledBack(lost: lost))
    }

    @Test func `two successors of one predecessor prove a clone`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12)]
        #expect(Self.judge(3, Self.claim(1, last: 10), seen) == .cloned(other: Sample.incarnation(2)))
    }

    @Test func `an incarnation that comes back after its successor is the older of two copies`() {
        let seen = [
            Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12),
            Self.seen(3, after: 2, highest: 12),
        ]
        #expect(Self.judge(1, nil, seen) == .superseded(by: Sample.incarnation(2)))
        #expect(Self.judge(2, Self.claim(1, last: 10), seen) == .superseded(by: Sample.incarnation(3)))
        #expect(Self.judge(3, Self.claim(2, last: 12), seen) == .current)
    }

    @Test func `an incarnation whose successor was first seen just now was overtaken on its way`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12)]
        let almost = ProtocolLimits.overtakenMaximum - Milliseconds(1)
        #expect(Self.judge(1, nil, seen, after: almost) == .overtaken(by: Sample.incarnation(2)))
        #expect(Self.judge(1, nil, seen) == .superseded(by: Sample.incarnation(2)))
    }

    @Test func `a clock that was set back hides no clone`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12)]
        #expect(Self.judge(1, nil, seen, after: Milliseconds(-1)) == .superseded(by: Sample.incarnation(2)))
    }

    @Test func `an incarnation that comes to light after its successor was overtaken, or is the older of two copies`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(3, after: 2, highest: 12)]
        for claim in [Self.claim(1, last: 10), nil] {
            #expect(Self.judge(2, claim, seen, after: .zero) == .overtaken(by: Sample.incarnation(3)))
            #expect(Self.judge(2, claim, seen) == .cloned(other: Sample.incarnation(3)))
        }
    }

    @Test func `whoever restarts one of two copies again and again does not hide the other`() {
        let fresh = KeptIncarnation(
            seen: SeenIncarnation(
                incarnation: Sample.incarnation(3), predecessor: Sample.incarnation(2), highest: .start,
                firstSeen: Sample.wall + ProtocolLimits.overtakenMaximum))
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12), fresh]
        #expect(Self.judge(1, nil, seen) == .superseded(by: Sample.incarnation(2)))
        #expect(Self.judge(2, Self.claim(1, last: 10), seen) == .overtaken(by: Sample.incarnation(3)))
    }

    @Test func `a predecessor that was never seen proves nothing where no number is missing`() {
        let seen = [Self.seen(1, after: nil, highest: 10)]
        #expect(Self.judge(9, Self.claim(8, last: 10), seen) == .unproven)
        #expect(Self.judge(9, nil, seen) == .unproven, "and neither does a partner that names none")
    }

    @Test func `a short predecessor proves a rollback also where it was never seen`() {
        let seen = [Self.seen(1, after: nil, highest: 10)]
        let lost = NumberRange(SequenceNumber(4), SequenceNumber(10))
        #expect(Self.judge(9, Self.claim(8, last: 3), seen) == .rolledBack(lost: lost))
    }

    // MARK: Openings that nobody here heard

    @Test(arguments: [1, 2, 3, 31] as [UInt64])
    func `starts that nobody here heard are lawful, and each of them is known afterwards`(unheard: UInt64) {
        let seen = [Self.seen(1, after: nil, highest: 10)]
        let claims = (0...unheard).reversed().map { Self.claim(1 + $0, last: 10 + $0) }
        let facts = Self.facts(100, after: claims, seen)
        #expect(IncarnationHistory.judge(facts, now: Sample.wall + ProtocolLimits.overtakenMaximum) == .successor)
        #expect(facts.predecessor?.claim.incarnation == Sample.incarnation(1))
        #expect(facts.skipped == claims.dropLast().map(\.incarnation))
    }

    @Test func `the newest predecessor that was seen counts, whatever is named beyond it`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(2, after: 1, highest: 12)]
        let claims = [
            Self.claim(3, last: 12), Self.claim(2, last: 12), Self.claim(1, last: 10), Self.claim(7, last: 0),
        ]
        let facts = Self.facts(4, after: claims, seen)
        #expect(IncarnationHistory.judge(facts, now: Sample.wall) == .successor)
        #expect(facts.predecessor?.claim == Self.claim(2, last: 12))
        #expect(facts.skipped == [Sample.incarnation(3)])
    }

    @Test func `two incarnations that grew from one prove a clone behind starts that nobody here heard`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(4, after: 1, skipping: [3, 2], highest: 12)]
        let clone = IncarnationJudgement.cloned(other: Sample.incarnation(4))
        #expect(Self.judge(9, after: [Self.claim(8, last: 13), Self.claim(1, last: 10)], seen) == clone)
        #expect(Self.judge(9, after: [Self.claim(1, last: 10)], seen) == clone)
    }

    @Test
    func `a copy that grew from one that was never heard is a clone, also where nothing older in its list is known`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(4, after: 1, skipping: [3, 2], highest: 12)]
        let clone = IncarnationJudgement.cloned(other: Sample.incarnation(4))
        let short = [Self.claim(8, last: 12), Self.claim(2, last: 12)]
        #expect(Self.judge(9, after: short, seen) == clone)
        #expect(Self.judge(9, after: short + [Self.claim(1, last: 10)], seen) == clone)
        // One that was unproven knew no more of it either: its own list ended with 9.
        let cut = seen + [Self.seen(40, after: 9, skipping: Array(10...39), highest: 12)]
        let older = [Self.claim(20, last: 12), Self.claim(8, last: 12), Self.claim(7, last: 12)]
        #expect(Self.judge(50, after: older, cut) == .cloned(other: Sample.incarnation(40)))
    }

    @Test func `one that was skipped and comes after all was overtaken, and later on is the older of two copies`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(4, after: 1, skipping: [3, 2], highest: 12)]
        for (skipped, claims) in [
            (2, [Self.claim(1, last: 10)]), (3, [Self.claim(2, last: 11), Self.claim(1, last: 10)]),
        ] as [(UInt64, [PredecessorClaim])] {
            #expect(Self.judge(skipped, after: claims, seen, after: .zero) == .overtaken(by: Sample.incarnation(4)))
            #expect(Self.judge(skipped, after: claims, seen) == .cloned(other: Sample.incarnation(4)))
        }
    }

    @Test func `whoever restarts one of two copies again and again does not hide one that was skipped`() {
        let fresh = KeptIncarnation(
            seen: SeenIncarnation(
                incarnation: Sample.incarnation(5), predecessor: Sample.incarnation(4), highest: .start,
                firstSeen: Sample.wall + ProtocolLimits.overtakenMaximum))
        let seen = [
            Self.seen(1, after: nil, highest: 10), Self.seen(4, after: 1, skipping: [3, 2], highest: 12), fresh,
        ]
        #expect(Self.judge(2, Self.claim(1, last: 10), seen) == .cloned(other: Sample.incarnation(4)))
    }

    @Test func `a rollback shows behind starts that nobody here heard, whatever these have issued since`() {
        let lost = NumberRange(SequenceNumber(8), SequenceNumber(10))
        let claims = [Self.claim(3, last: 30), Self.claim(2, last: 12), Self.claim(1, last: 7)]
        #expect(Self.judge(4, after: claims, [Self.seen(1, after: nil, highest: 10)]) == .rolledBack(lost: lost))
    }

    @Test func `a list in which nothing is known is unproven, also a full one, and all of it is known afterwards`() {
        let seen = [Self.seen(1, after: nil, highest: 10)]
        let claims = (1...UInt64(ProtocolLimits.tallyMaximumPredecessors)).map { Self.claim(100 - $0, last: 10) }
        let facts = Self.facts(100, after: claims, seen)
        #expect(IncarnationHistory.judge(facts, now: Sample.wall) == .unproven)
        #expect(facts.predecessor?.claim.incarnation == Sample.incarnation(68))
        #expect(facts.skipped.count == claims.count - 1)
        let kept = seen + [Self.seen(100, after: 68, skipping: Array(69...99), highest: 10)]
        #expect(Self.judge(101, after: [Self.claim(100, last: 10)] + claims.dropLast(), kept) == .successor)
        #expect(Self.judge(90, after: [], kept) == .cloned(other: Sample.incarnation(100)))
    }

    @Test func `where nothing in a list is known, its oldest proves a rollback`() {
        let lost = NumberRange(SequenceNumber(4), SequenceNumber(10))
        let claims = [Self.claim(8, last: 20), Self.claim(7, last: 3)]
        #expect(Self.judge(9, after: claims, [Self.seen(1, after: nil, highest: 10)]) == .rolledBack(lost: lost))
    }
}

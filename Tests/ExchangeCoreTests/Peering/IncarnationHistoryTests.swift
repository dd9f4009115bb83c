import ExchangeCore
import Testing

@Suite struct IncarnationHistoryTests {
    private static func seen(_ incarnation: UInt64, after predecessor: UInt64?, highest: UInt64) -> SeenIncarnation {
        SeenIncarnation(
            incarnation: Sample.incarnation(incarnation), predecessor: predecessor.map { Sample.incarnation($0) },
            highest: ChannelPosition(number: SequenceNumber(highest), runningDigest: Sample.digest(1)),
            firstSeen: Sample.wall)
    }

    private static func claim(_ incarnation: UInt64, last: UInt64) -> PredecessorClaim {
        PredecessorClaim(
            incarnation: Sample.incarnation(incarnation),
            last: ChannelPosition(number: SequenceNumber(last), runningDigest: Sample.digest(1)))
    }

    private static func judge(
        _ incarnation: UInt64, _ claim: PredecessorClaim?, _ seen: [SeenIncarnation], received: UInt64 = 0,
        after span: Milliseconds = ProtocolLimits.requestTimeout
    ) -> IncarnationJudgement {
        IncarnationHistory.judge(
            predecessor: claim,
            facts: IncarnationFacts(
                Sample.incarnation(incarnation), after: claim?.incarnation, among: seen,
                received: SequenceNumber(received)),
            now: Sample.wall + span)
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
        let almost = ProtocolLimits.requestTimeout - Milliseconds(1)
        #expect(Self.judge(1, nil, seen, after: almost) == .overtaken(by: Sample.incarnation(2)))
        #expect(Self.judge(1, nil, seen) == .superseded(by: Sample.incarnation(2)))
    }

    @Test func `an incarnation that comes to light after its successor was overtaken, or is the older of two copies`() {
        let seen = [Self.seen(1, after: nil, highest: 10), Self.seen(3, after: 2, highest: 12)]
        for claim in [Self.claim(1, last: 10), nil] {
            #expect(Self.judge(2, claim, seen, after: .zero) == .overtaken(by: Sample.incarnation(3)))
            #expect(Self.judge(2, claim, seen) == .cloned(other: Sample.incarnation(3)))
        }
    }

    @Test func `whoever restarts one of two copies again and again does not hide the other`() {
        let fresh = SeenIncarnation(
            incarnation: Sample.incarnation(3), predecessor: Sample.incarnation(2), highest: .start,
            firstSeen: Sample.wall + ProtocolLimits.requestTimeout)
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
}

import ExchangeCore
import Testing

@testable import SignalExchange

/// How often one partner is answered, and how often what fails is tried.
@Suite struct CaseAnsweringTests {
    @Test func `a partner is answered so often within an hour, and what is over later`() throws {
        let (one, other) = (
            try #require(OIN("00000099000000001000")), try #require(OIN("00000099000000002000"))
        )
        let start = MonotonicTime(milliseconds: 1000)
        var standing = CaseAnswering.Standing(maximumPerHour: 2)
        for minute in [0, 10] as [Int64] {
            let now = start + .minutes(minute)
            #expect(standing.mayAnswer(one, at: now))
            standing.note(one, at: now)
        }
        #expect(!standing.mayAnswer(one, at: start + .minutes(59)))
        #expect(standing.mayAnswer(other, at: start + .minutes(59)), "another has its own share")
        #expect(standing.mayAnswer(one, at: start + .minutes(60)), "the first is an hour ago")
        standing.note(one, at: start + .minutes(60))
        #expect(!standing.mayAnswer(one, at: start + .minutes(69)))
    }

    private static func query(_ number: UInt64) -> MessageID {
        MessageID(at: Timestamp(milliseconds: 1000), random: Bytes16(high: 0, low: number))
    }

    @Test func `a query that cannot be answered is tried again after growing spans, up to an hour, without an end`() {
        var standing = CaseAnswering.Standing(maximumPerHour: 2)
        var now = MonotonicTime(milliseconds: 1000)
        var spans: [Milliseconds] = []
        standing.settle(Self.query(1), .failed, at: now)
        for _ in 1...9 {
            let before = now
            while standing.failures(dueAt: now).isEmpty { now = now + .seconds(10) }
            spans.append(Milliseconds(now.milliseconds - before.milliseconds))
            standing.settle(Self.query(1), .failed, at: now)
        }
        #expect(spans == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600].map { .seconds($0) })
        standing.settle(Self.query(1), .done, at: now)
        #expect(standing.failures(dueAt: now + .hours(2)) == [] && !standing.hasFailed(Self.query(1)))
    }

    @Test func `what came behind a query that cannot be answered is not looked at again, and what is put off is`() {
        var standing = CaseAnswering.Standing(maximumPerHour: 2)
        let now = MonotonicTime(milliseconds: 1000)
        var place: MessageID?
        func look(_ outcomes: [CaseAnswering.Outcome]) {
            place = standing.settledUpTo
            for (index, outcome) in outcomes.enumerated() {
                let query = Self.query(UInt64(index + 1))
                standing.settle(query, outcome, at: now)
                standing.pass(query, outcome, behind: place)
                place = query
            }
        }
        look([.done, .failed, .done, .putOff, .failed, .done])
        #expect(standing.settledUpTo == Self.query(3))
        #expect(standing.failures(dueAt: now + .seconds(30)) == [Self.query(2), Self.query(5)])
        // Once the fourth is answered, the fifth stands among what failed, and nothing is looked at again.
        for (number, outcome) in [(4, .done), (5, .failed), (6, .done)] as [(UInt64, CaseAnswering.Outcome)] {
            standing.pass(Self.query(number), outcome, behind: standing.settledUpTo)
        }
        #expect(standing.settledUpTo == Self.query(6))
    }

    @Test func `so much is remembered as failed and no more, and the rest is looked at with each look`() {
        var standing = CaseAnswering.Standing(maximumPerHour: 2)
        let now = MonotonicTime(milliseconds: 1000)
        let most = UInt64(CaseAnswering.Standing.failuresMaximumItems)
        for number in 1...most + 1 { standing.settle(Self.query(number), .failed, at: now) }
        #expect(standing.hasFailed(Self.query(most)) && !standing.hasFailed(Self.query(most + 1)))
        standing.pass(Self.query(most + 1), .failed, behind: nil)
        #expect(standing.settledUpTo == nil)
    }
}

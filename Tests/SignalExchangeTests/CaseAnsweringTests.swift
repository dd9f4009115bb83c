import ExchangeCore
import Testing

@testable import SignalExchange

/// How often one partner is answered.
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
}

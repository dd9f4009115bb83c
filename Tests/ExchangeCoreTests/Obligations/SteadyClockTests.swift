import ExchangeCore
import Testing

struct SteadyClockTests {
    private static let start: Int64 = 1_800_000_000_000

    /// A reading `seconds` after the start, of a wall clock that is off.
    private static func now(_ seconds: Int64, off: Int64 = 0) -> Now {
        Now(
            monotonic: MonotonicTime(milliseconds: seconds * 1000),
            wall: Timestamp(milliseconds: start + (seconds + off) * 1000))
    }

    private static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: start + seconds * 1000) }

    @Test(arguments: [Int64(3600), -3600, 30]) func `a clock that is set for a moment changes nothing`(off: Int64) {
        var clock = SteadyClock()
        #expect(clock.read(Self.now(0)) == Self.time(0))
        #expect(clock.read(Self.now(60, off: off)) == Self.time(60))
        #expect(clock.read(Self.now(120, off: off)) == Self.time(120))
        #expect(clock.read(Self.now(180)) == Self.time(180), "set right again")
        #expect(clock.read(Self.now(900)) == Self.time(900))
        #expect(clock.read(Self.now(960, off: off)) == Self.time(960), "the second jump settles anew")
    }

    @Test func `a clock that stays where it was set is believed after ten minutes`() {
        var clock = SteadyClock()
        _ = clock.read(Self.now(0))
        #expect(clock.read(Self.now(1, off: 3600)) == Self.time(1))
        #expect(clock.read(Self.now(600, off: 3600)) == Self.time(600))
        #expect(clock.read(Self.now(601, off: 3600)) == Self.time(601 + 3600))
        #expect(clock.read(Self.now(602, off: 3600)) == Self.time(602 + 3600))
    }

    @Test func `a clock that is kept right by seconds is followed`() {
        var clock = SteadyClock()
        for minute in Int64(0)..<100 {
            #expect(clock.read(Self.now(minute * 60, off: minute)) == Self.time(minute * 60 + minute))
        }
    }
}

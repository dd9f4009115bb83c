import ExchangeCore
import SignalExchange
import Testing

/// What a caller causes is said, and does not fill the log.
@Suite struct RepeatedWarningsTests {
    private static let partner = OIN("00000099000000002000")
    private static let start = MonotonicTime(milliseconds: 1000)

    @Test func `a line is written once in a minute, and then with how many were kept back`() {
        let warnings = RepeatedWarnings()
        #expect(warnings.admit("refused", from: Self.partner, at: Self.start) == 0)
        let last = Self.start + Milliseconds(RepeatedWarnings.window.count - 1)
        for moment in [Self.start, last] { #expect(warnings.admit("refused", from: Self.partner, at: moment) == nil) }
        let next = Self.start + RepeatedWarnings.window
        #expect(warnings.admit("refused", from: Self.partner, at: next) == 2)
        #expect(warnings.admit("other", from: Self.partner, at: next) == 0)
        #expect(warnings.admit("refused", from: Self.partner, at: next + RepeatedWarnings.window) == 0)
    }

    @Test func `whoever says something else each time is not heard for ever, and keeps nobody else back`() {
        let warnings = RepeatedWarnings()
        let written = (0..<1000).count { warnings.admit("cause \($0)", from: nil, at: Self.start) != nil }
        #expect(written == RepeatedWarnings.linesMaximumPerCaller)
        #expect(warnings.admit("cause", from: Self.partner, at: Self.start) == 0)
        #expect(warnings.admit("cause", from: nil, at: Self.start + RepeatedWarnings.window) == 1000 - written)
    }
}

import ExchangeCore
import SignalExchange
import Testing

/// The details of refusals and alarms, cut to what the wire takes.
@Suite struct DetailTests {
    private static let limit = ProtocolLimits.detailMaximumBytes

    @Test func `a text within the limit stays as it is`() {
        for text in ["", "short", String(repeating: "a", count: Self.limit)] { #expect(text.shortened == text) }
    }

    @Test func `a longer text is cut at a scalar, as near to the limit as it can be`() {
        // Scalars of one to four bytes, at every place against the limit.
        for scalar in ["a", "é", "€", "🇳"] {
            for lead in 0..<4 {
                let text = String(repeating: "x", count: lead) + String(repeating: scalar, count: Self.limit)
                let cut = text.shortened
                #expect(text.utf8.starts(with: cut.utf8))
                #expect(cut.utf8.count <= Self.limit)
                #expect(cut.utf8.count > Self.limit - scalar.utf8.count)
                #expect(cut.unicodeScalars.allSatisfy { $0 != "\u{FFFD}" })
            }
        }
    }

    /// One character may have any number of scalars, and a run of flags is one long question of where a character ends.
    @Test func `a long text is cut at once, whatever it is made of`() {
        let count = 1 << 16
        for scalar in ["\u{301}", "🇳", "\u{200D}"] {
            let text = "e" + String(repeating: scalar, count: count)
            let clock = ContinuousClock()
            let start = clock.now
            let cut = text.shortened
            #expect(clock.now - start < .seconds(1), "\(count) times U+\(scalar.unicodeScalars.first?.value ?? 0)")
            #expect(cut.utf8.count > Self.limit - 4)
        }
    }
}

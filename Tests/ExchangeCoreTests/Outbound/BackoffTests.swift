import ExchangeCore
import Testing

@Suite struct BackoffTests {
    @Test(arguments: [(1, 1_000), (2, 2_000), (3, 4_000), (8, 128_000), (9, 256_000), (10, 300_000), (10_000, 300_000)])
    func `the bound doubles from a second up to five minutes`(failures: Int, bound: Int64) {
        #expect(Backoff.delay(afterFailures: failures, jitter: UInt64(bound)) == Milliseconds(bound))
        #expect(Backoff.delay(afterFailures: failures, jitter: UInt64(bound) + 1) == .zero)
        var random = TestSeed.random
        for _ in 0..<1_000 {
            let delay = Backoff.delay(afterFailures: failures, jitter: random.next())
            #expect(delay >= .zero && delay <= Milliseconds(bound))
        }
    }

    @Test func `jitter fills the whole span evenly`() {
        var random = TestSeed.random
        var buckets = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let delay = Backoff.delay(afterFailures: 20, jitter: random.next())
            buckets[min(9, Int(delay.count / 30_000))] += 1
        }
        // 1,000 expected in each; seven standard deviations are about 210.
        #expect(buckets.allSatisfy { (790...1_210).contains($0) }, "\(buckets)")
    }

    @Test func `a count of failures below one is taken as one`() {
        #expect(Backoff.delay(afterFailures: 0, jitter: 1_000) == .seconds(1))
        #expect(Backoff.delay(afterFailures: .min, jitter: 1_000) == .seconds(1))
        #expect(Backoff.delay(afterFailures: .max, jitter: .max) <= ProtocolLimits.retryMaximum)
    }
}

import ExchangeCore
import Testing

/// Two cores through loss, duplication, reordering and crashes. `EXCHANGE_TEST_SEED` repeats a run: a failure names
/// the seed of its own run.
@Suite struct PairTests {
    static let runs: UInt64 = 200

    @Test func `whatever the network and the disks do, what was accepted arrives once, with one receipt`() async {
        var counts = PairCounts()
        await withTaskGroup(of: PairCounts.self) { group in
            // Two lanes: a run is single-threaded, and runs share nothing.
            for lane: UInt64 in 0..<2 {
                group.addTask { Self.run(from: TestSeed.base + lane, until: TestSeed.base + Self.runs) }
            }
            for await lane in group { counts.add(lane) }
        }
        print("Pair, \(Self.runs) runs: \(counts.summary)")
        #expect(counts.missing.isEmpty, "faults that never happened: \(counts.missing)")
    }

    /// Every second seed of a range; ends at the first run that fails.
    private static func run(from first: UInt64, until end: UInt64) -> PairCounts {
        var counts = PairCounts()
        for seed in stride(from: first, to: end, by: 2) {
            var pair = Pair(seed: seed)
            pair.makeWork(submissionsPerSide: 12)
            let isSettled = pair.run()
            #expect(isSettled, "seed \(seed): not settled at \(pair.time) ms: \(pair.openSummary)")
            let breaches = pair.breaches()
            #expect(breaches.isEmpty, "seed \(seed): \(breaches.prefix(5))")
            counts.add(pair.counts)
            if !isSettled || !breaches.isEmpty { break }
        }
        return counts
    }

    @Test func `a run repeats from its seed`() {
        let traces = (0..<2).map { _ in
            var pair = Pair(seed: TestSeed.base)
            pair.makeWork(submissionsPerSide: 14)
            _ = pair.run()
            return "\(pair.time) \(pair.counts.summary) \(pair.nodes.map(\.ledger.durable.leafChain))"
        }
        #expect(traces[0] == traces[1])
    }
}

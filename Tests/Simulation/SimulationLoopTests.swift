import ExchangeCore
import ExchangeTesting
import Synchronization
import Testing

@Suite struct SimulationLoopTests {
    /// An actor of its own, as the runtime has them: it runs where the task that calls it runs.
    private actor Counter {
        var words: [String] = []
        func note(_ word: String) { words.append(word) }
    }

    /// Some tasks that meet in an actor, in groups and at timers; in which order, the seed says.
    private func order(_ seed: UInt64) -> [String] {
        let loop = SimulationLoop(SeededRandom(seed: seed))
        let found = Mutex<[String]>([])
        loop.begin {
            let counter = Counter()
            await withTaskGroup { group in
                for name in ["a", "b", "c", "d"] {
                    group.addTask {
                        await counter.note(name)
                        try? await loop.wait(.seconds(1))
                        await counter.note(name.uppercased())
                    }
                }
            }
            let words = await counter.words
            found.withLock { $0 = words }
        }
        loop.run(until: MonotonicTime(milliseconds: 10_000))
        return found.withLock(\.self)
    }

    @Test func `one seed gives one order`() {
        for seed in 1...20 as ClosedRange<UInt64> { #expect(order(seed) == order(seed)) }
    }

    @Test func `other seeds give other orders of the same work`() {
        let orders = (1...20).map { order($0) }
        #expect(Set(orders).count > 5)
        #expect(Set(orders.map { $0.sorted() }).count == 1)
    }

    @Test func `time goes on only when nothing is left to do, and straight to the next timer`() {
        let loop = SimulationLoop(SeededRandom(seed: 1))
        let times = Mutex<[Int64]>([])
        for span in [3_600_000, 5, 70_000] as [Int64] {
            loop.begin {
                try? await loop.wait(Milliseconds(span))
                times.withLock { $0.append(loop.now.milliseconds) }
            }
        }
        loop.run(until: MonotonicTime(milliseconds: 3_000_000))
        #expect(times.withLock(\.self) == [5, 70_000])
        #expect(loop.now == MonotonicTime(milliseconds: 3_000_000))
        loop.run(until: MonotonicTime(milliseconds: 4_000_000))
        #expect(times.withLock(\.self) == [5, 70_000, 3_600_000])
    }

    @Test func `a wait ends at once when its task is cancelled`() {
        let loop = SimulationLoop(SeededRandom(seed: 1))
        let ended = Mutex<Int64?>(nil)
        let task = loop.begin {
            do {
                try await loop.wait(.hours(1))
            } catch {
                ended.withLock { $0 = loop.now.milliseconds }
            }
        }
        loop.call(in: .seconds(2)) { task.cancel() }
        loop.run(until: MonotonicTime(milliseconds: 10_000))
        #expect(ended.withLock(\.self) == 2_000)
    }

    @Test func `a timer that is called off does not go off`() {
        let loop = SimulationLoop(SeededRandom(seed: 1))
        let calls = Mutex(0)
        let timer = loop.call(in: .seconds(1)) { calls.withLock { $0 += 1 } }
        loop.call(in: .seconds(1)) { calls.withLock { $0 += 10 } }
        loop.cancel(timer)
        loop.run(until: MonotonicTime(milliseconds: 10_000))
        #expect(calls.withLock(\.self) == 10)
    }

    @Test func `a loop stops where it is enough, and goes on from there`() {
        let loop = SimulationLoop(SeededRandom(seed: 1))
        let calls = Mutex(0)
        for second in 1...5 as ClosedRange<Int64> {
            loop.call(in: .seconds(second)) { calls.withLock { $0 += 1 } }
        }
        #expect(loop.run(until: MonotonicTime(milliseconds: 10_000)) { calls.withLock { $0 == 2 } })
        #expect(loop.now == MonotonicTime(milliseconds: 2_000))
        #expect(!loop.run(until: MonotonicTime(milliseconds: 10_000)))
        #expect(calls.withLock(\.self) == 5)
    }

    @Test func `a purpose draws its own lots`() {
        var (one, other) = (SeededRandom(seed: 1, for: "network"), SeededRandom(seed: 1, for: "disk"))
        var again = SeededRandom(seed: 1, for: "network")
        let words = (0..<10).map { _ in one.next() }
        #expect(words == (0..<10).map { _ in again.next() })
        #expect(words != (0..<10).map { _ in other.next() })
    }

    @Test func `a trace is another where one line is another`() {
        func hash(_ lines: [String]) -> TraceHash {
            let trace = Trace()
            for line in lines { trace.note(MonotonicTime(milliseconds: 1), line) }
            return trace.hash
        }
        #expect(hash(["a", "b"]) == hash(["a", "b"]))
        #expect(hash(["a", "b"]) != hash(["b", "a"]))
        #expect(hash(["ab"]) != hash(["a", "b"]))
    }
}

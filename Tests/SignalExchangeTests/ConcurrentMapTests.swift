import ExchangeCore
import ExchangeTesting
import SignalExchange
import Synchronization
import Testing

@Suite struct ConcurrentMapTests {
    @Test func `all items of a batch are under way at once, and keep their order`() async throws {
        let all = Latch<Void>()
        let begun = Atomic(0)
        // Long, because all tests share the threads of tasks, and some hold one for seconds.
        let values = try await within(.minutes(5), "all 64 items to begin") {
            try await Array(0..<64).mapConcurrently { item in
                if begun.add(1, ordering: .relaxed).newValue == 64 { all.settle(()) }
                try await all.wait()
                return item * 2
            }
        }
        #expect(values == (0..<64).map { $0 * 2 })
    }

    @Test func `what one item fails with is thrown`() async {
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await [1, 2, 3].mapConcurrently { item in
                if item == 2 { throw Refused() }
            }
        }
    }
}

package import ExchangeCore
import Synchronization

/// Rings when the ledger changed, for those who wait for something in it.
package final class ChangeBell: Sendable {
    private struct State {
        var count: UInt64 = 0
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How often it has rung. Read it before looking at the ledger, and wait beyond it after.
    package var count: UInt64 { state.withLock { $0.count } }

    package func ring() {
        let waiting = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns when it has rung more often than `seen`, or at the deadline.
    package func wait(beyond seen: UInt64, until deadline: MonotonicTime, clock: NodeClock) async {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = Task {
            try await clock.wait(until: deadline)
            release(waiter)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.count == seen, !Task.isCancelled, clock.now.monotonic < deadline else { return true }
                    state.waiting[waiter] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            release(waiter)
        }
        timer.cancel()
    }

    private func release(_ waiter: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
    }
}

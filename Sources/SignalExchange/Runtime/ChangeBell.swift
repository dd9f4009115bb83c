package import ExchangeCore
import ServiceLifecycle
import Synchronization

/// Rings when the ledger changed, for those who wait for something in it.
package final class ChangeBell: Sendable {
    private enum Waiter {
        /// About to wait; who rings or releases meanwhile takes it out, and it does not begin.
        case coming
        case here(CheckedContinuation<Void, Never>)

        func resume() { if case .here(let continuation) = self { continuation.resume() } }
    }

    private struct State {
        var count: UInt64 = 0
        var waiting: [UInt64: Waiter] = [:]
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
        for waiter in waiting.values { waiter.resume() }
    }

    /// Returns when it has rung more often than `seen`, at the deadline, when the task is cancelled, or when the node is
    /// asked to stop.
    package func wait(beyond seen: UInt64, until deadline: MonotonicTime, clock: NodeClock) async {
        let waiter = state.withLock { state -> UInt64? in
            guard state.count == seen else { return nil }
            state.nextWaiter += 1
            state.waiting[state.nextWaiter] = .coming
            return state.nextWaiter
        }
        guard let waiter else { return }
        let timer = Task {
            try await clock.wait(until: deadline)
            release(waiter)
        }
        await withTaskCancellationOrGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.waiting[waiter] != nil else { return true }
                    state.waiting[waiter] = .here(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancelOrGracefulShutdown: {
            self.release(waiter)
        }
        timer.cancel()
    }

    private func release(_ waiter: UInt64) {
        state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume()
    }
}

import Synchronization

/// Settled once, awaited by any number. A waiting task that is cancelled stops waiting.
package final class Latch<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// What it was settled with; `nil` until then.
    package var value: Value? { state.withLock(\.value) }

    /// The first value counts; later ones are dropped.
    package func settle(_ value: Value) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    /// - Throws: `CancellationError` where the task is cancelled before the latch is settled.
    package func wait() async throws -> Value {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Value, any Error>? in
                    if let value = state.value { return .success(value) }
                    // Cancelled before it came here: the handler below has found nobody to wake.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiting[waiter] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume(throwing: CancellationError())
        }
    }
}

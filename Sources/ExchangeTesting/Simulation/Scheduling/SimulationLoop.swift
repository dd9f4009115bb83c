package import ExchangeCore
import Foundation
import Synchronization

/// Runs all work of a simulation on one thread, in an order that a seed gives.
///
/// It is a task executor: whatever task begins on it stays on it, with its child tasks and the actors that it calls
/// (SE-0417). Of the jobs that are ready it takes one by lot; when none is, time goes on to the next timer. So nothing
/// ever waits, and the same seed gives the same order.
package final class SimulationLoop: TaskExecutor {
    private struct State {
        var ready: [UnownedJob] = []
        var timers = Table<Pair<Int64, Int64>, @Sendable () -> Void>()
        var lastTimer: Int64 = 0
        var now: Int64 = 0
        var random: SeededRandom
        var jobs = 0
    }

    /// Something that is to happen, and may be called off.
    package struct Timer: Sendable { fileprivate let key: Pair<Int64, Int64> }

    private let state: Mutex<State>
    /// Work that another thread brings would come when it likes.
    private let thread = ObjectIdentifier(Thread.current)

    /// The thread that makes it is the one that runs it.
    package init(_ random: SeededRandom) { state = Mutex(State(random: random)) }

    package var now: MonotonicTime { MonotonicTime(milliseconds: state.withLock(\.now)) }
    /// How many jobs ran.
    package var jobs: Int { state.withLock(\.jobs) }

    package func enqueue(_ job: consuming ExecutorJob) {
        precondition(
            ObjectIdentifier(Thread.current) == thread,
            "work came from outside the simulation: its order is not the seed's")
        let job = UnownedJob(job)
        state.withLock { $0.ready.append(job) }
    }

    /// Begins a task in the simulation.
    @discardableResult
    package func begin(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }

    /// Has something happen at a moment; at once where that is past.
    @discardableResult
    package func call(at moment: MonotonicTime, _ body: @escaping @Sendable () -> Void) -> Timer {
        state.withLock { state in
            state.lastTimer += 1
            let key = Pair(max(moment.milliseconds, state.now), state.lastTimer)
            state.timers[key] = body
            return Timer(key: key)
        }
    }

    @discardableResult
    package func call(in span: Milliseconds, _ body: @escaping @Sendable () -> Void) -> Timer {
        call(at: now + span, body)
    }

    package func cancel(_ timer: Timer) { state.withLock { $0.timers[timer.key] = nil } }

    /// Returns at a moment, or throws when the task is cancelled.
    package func wait(until moment: MonotonicTime) async throws {
        let reply = Reply<Void>()
        let timer = call(at: moment) { reply.settle(.success(())) }
        try await withTaskCancellationHandler {
            try await reply.value
        } onCancel: {
            cancel(timer)
            reply.settle(.failure(CancellationError()))
        }
    }

    package func wait(_ span: Milliseconds) async throws { try await wait(until: now + span) }

    /// Goes on until nothing is left to do before a moment, or somebody says that it is enough. The clock then stands at
    /// the moment, or where it was enough.
    ///
    /// - Parameter isOver: asked each time before the clock moves on.
    /// - Returns: whether it was enough.
    @discardableResult
    package func run(until moment: MonotonicTime, orWhen isOver: () -> Bool = { false }) -> Bool {
        while true {
            runReady()
            if isOver() { return true }
            guard let call = nextTimer(until: moment.milliseconds) else { return false }
            call()
        }
    }

    private func runReady() {
        while let job = nextJob() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func nextJob() -> UnownedJob? {
        state.withLock { state in
            guard !state.ready.isEmpty else { return nil }
            state.jobs += 1
            let index = state.ready.count == 1 ? 0 : Int(state.random.next() % UInt64(state.ready.count))
            state.ready.swapAt(index, state.ready.count - 1)
            return state.ready.removeLast()
        }
    }

    private func nextTimer(until moment: Int64) -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let (key, body) = state.timers.first, key.first <= moment else {
                state.now = max(state.now, moment)
                return nil
            }
            state.timers[key] = nil
            state.now = key.first
            return body
        }
    }
}

/// What one task waits for, and another gives once.
package final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
    }

    private let state = Mutex(State.open)

    package init() {}

    /// The first settles it; what comes later is nobody's.
    ///
    /// - Returns: whether this was the first.
    @discardableResult
    package func settle(_ result: Result<Value, any Error>) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, any Error>?) in
            switch state {
            case .open:
                state = .settled(result)
                return (true, nil)
            case .awaited(let continuation):
                state = .settled(result)
                return (true, continuation)
            case .settled: return (false, nil)
            }
        }
        continuation?.resume(with: result)
        return isFirst
    }

    /// Waited for once.
    package var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Value, any Error>? = state.withLock { state in
                    if case .settled(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }
}

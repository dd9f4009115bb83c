package import ExchangeCore
import SignalExchange

/// Something was not there in time.
public struct DeadlineExceeded: Error, CustomStringConvertible {
    /// What was waited for, as the end of a sentence that begins with "waited for".
    public let what: String
    package let span: Milliseconds

    public var description: String { "waited for \(what) for \(span.count) ms, and it did not come" }
}

/// Runs `body`, and cancels it when the span is over.
///
/// - Parameter what: what is waited for, for the error.
/// - Throws: ``DeadlineExceeded``, or what `body` throws.
package func within<Value: Sendable>(
    _ span: Milliseconds, _ what: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await pass(span)
            return nil
        }
        defer { group.cancelAll() }
        // The first of two tasks always comes.
        guard let first = try await group.next(), let value = first else {
            throw DeadlineExceeded(what: what, span: span)
        }
        return value
    }
}

/// Asks again and again until there is an answer: for what a node has no signal for. Put a deadline around it.
///
/// - Parameter interval: at least 50 ms, so that asking does not become the load.
package func poll<Value: Sendable>(
    every interval: Milliseconds = Milliseconds(50), _ ask: () async throws -> Value?
) async throws -> Value {
    precondition(interval >= Milliseconds(50), "asking more often than every 50 ms becomes the load")
    while true {
        if let answer = try await ask() { return answer }
        try await pass(interval)
    }
}

/// Lets time pass. Not for waiting: only where a span is itself what is shown or measured.
package func pass(_ span: Milliseconds) async throws {
    let clock = NodeClock()
    try await clock.wait(until: clock.now.monotonic + span)
}

/// Why something could not be done with a ``LocalExchange``, with a code that is stable and what to do next.
///
/// What a node says against a request is a `NodeError` of `SignalExchange`; what did not come in time is a
/// ``DeadlineExceeded``.
public struct LocalExchangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable codes; `docs/testing.md` explains each.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// There are 2 to ``LocalExchange/maximumNodes`` nodes.
        case nodeCountInvalid = "node-count-invalid"
        /// No node has this name.
        case nodeUnknown = "node-unknown"
        /// The program `exchange-node` is not where it was looked for.
        case executableMissing = "executable-missing"
        /// The node runs, and was to be started.
        case nodeRunning = "node-running"
        /// The node ended before it listened.
        case nodeFailed = "node-failed"
        /// A message that a node is asked about is not in its store.
        case messageUnknown = "message-unknown"
        /// A file is not there, or too short for the byte that was to be changed.
        case fileUnusable = "file-unusable"
        /// The delivery has another answer than the one that was waited for.
        case answeredOtherwise = "answered-otherwise"
    }

    public let code: Code
    /// What is wrong, and what to do next.
    public let message: String

    public var description: String { "\(code.rawValue): \(message)" }

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

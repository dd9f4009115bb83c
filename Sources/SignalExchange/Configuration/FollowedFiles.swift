import Logging
import Synchronization

/// A value that is read out of files, and again when one of them is another than before. Where they cannot be used, the
/// last good value stays in force, or a value for that case; it is told in the log once.
final class FollowedFiles<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var stamps: [FileStamp?]
        var value: Value
    }

    private let paths: [String]
    private let fallback: Value?
    private let read: @Sendable () throws(NodeError) -> Value
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter fallback: what is in force while the files cannot be used; the last good value where it is `nil`.
    /// - Throws: what `read` throws, where the files cannot be used from the start.
    init(
        _ paths: [String], logger: Logger, fallback: Value? = nil,
        _ read: @escaping @Sendable () throws(NodeError) -> Value
    ) throws(NodeError) {
        self.paths = paths
        self.logger = logger
        self.read = read
        self.fallback = fallback
        // Looked at before they are read: what changes in between is read again.
        let stamps = paths.map { FileStamp(of: $0) }
        state = Mutex(State(stamps: stamps, value: try read()))
    }

    var current: Value {
        let stamps = paths.map { FileStamp(of: $0) }
        return state.withLock { state in
            guard stamps != state.stamps else { return state.value }
            state.stamps = stamps
            do {
                state.value = try read()
            } catch {
                if let fallback { state.value = fallback }
                logger.error(
                    "a file cannot be used; \(fallback == nil ? "its last good content stays in force" : "nobody comes in")",
                    metadata: ["cause": "\(error)"])
            }
            return state.value
        }
    }
}

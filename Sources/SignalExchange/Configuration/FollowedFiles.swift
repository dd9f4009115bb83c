import Logging
import Synchronization

/// A value that is read out of files, and again when one of them is another than before. Where they cannot be used, the
/// last good value stays in force, or a value for that case; it is told in the log once.
final class FollowedFiles<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var stamps: [FileStamp?]
        /// Those of files that could not be used, once that was said.
        var refused: [FileStamp?]?
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
        state.withLock { state in
            let stamps = paths.map { FileStamp(of: $0) }
            guard stamps != state.stamps else { return state.value }
            do {
                state.value = try read()
                state.stamps = stamps
                state.refused = nil
            } catch {
                if let fallback { state.value = fallback }
                // Tried again with each look, for it may have been of the moment; said once.
                if state.refused != stamps {
                    logger.error("a file cannot be used; \(whileUnusable)", metadata: ["cause": "\(error)"])
                }
                state.refused = stamps
            }
            return state.value
        }
    }

    private var whileUnusable: String {
        fallback == nil ? "its last good content stays in force" : "until it can, nothing that it allows is allowed"
    }
}

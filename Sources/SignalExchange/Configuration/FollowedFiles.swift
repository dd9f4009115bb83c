import Logging
import Synchronization

/// A value that is read out of files, and again when one of them is another than before. One that cannot be used leaves
/// the last good value in force, and is told in the log once.
final class FollowedFiles<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var stamps: [FileStamp?]
        var value: Value
    }

    private let paths: [String]
    private let read: @Sendable () throws(NodeError) -> Value
    private let logger: Logger
    private let state: Mutex<State>

    /// - Throws: what `read` throws, where the files cannot be used from the start.
    init(
        _ paths: [String], logger: Logger, _ read: @escaping @Sendable () throws(NodeError) -> Value
    ) throws(NodeError) {
        self.paths = paths
        self.logger = logger
        self.read = read
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
                logger.error(
                    "a file cannot be used; its last good content stays in force", metadata: ["cause": "\(error)"])
            }
            return state.value
        }
    }
}

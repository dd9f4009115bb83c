import Foundation

/// The lines of standard input, read on a thread of their own, so that waiting for one keeps nothing else.
struct StandardInput: Sendable {
    /// Ends with the input, and where the task that reads it is cancelled. For one reader.
    let lines: AsyncStream<String>

    init() {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        Thread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }.start()
    }
}

package import ExchangeCore
import Logging
import Synchronization

/// Keeps callers from filling the disk of the log: what one of them causes is said once a minute, and then how often it
/// happened besides.
package final class RepeatedWarnings: Sendable {
    package static let window = Milliseconds.minutes(1)
    /// Distinct lines that one caller may cause in a window; a caller can put what it likes into most causes.
    package static let linesMaximumPerCaller = 32

    private struct Window {
        let began: MonotonicTime
        var lines: Set<String> = []
        var keptBack = 0
    }

    /// All that are not known are one caller.
    private let windows = Mutex<[OIN?: Window]>([:])

    package init() {}

    /// - Returns: how many lines of this caller were kept back in the window before, with the first of a window, else 0;
    ///   `nil` where this one is not to be written.
    package func admit(_ line: String, from caller: OIN?, at now: MonotonicTime) -> Int? {
        windows.withLock { windows in
            var keptBack = 0
            var window = windows[caller] ?? Window(began: now)
            if now >= window.began + Self.window {
                keptBack = window.keptBack
                window = Window(began: now)
            }
            defer { windows[caller] = window }
            guard window.lines.count < Self.linesMaximumPerCaller, window.lines.insert(line).inserted else {
                window.keptBack += 1
                return nil
            }
            return keptBack
        }
    }
}

extension NodeContext {
    /// Tells of what a caller causes, and can cause without an end.
    ///
    /// - Parameter caller: the partner whose doing it is; `nil` for who is not known.
    func warn(_ message: String, cause: String, from caller: OIN?, level: Logger.Level = .warning) {
        guard let keptBack = repeatedWarnings.admit("\(message): \(cause)", from: caller, at: now.monotonic) else {
            return
        }
        var metadata: Logger.Metadata = ["cause": "\(cause)"]
        if let caller { metadata["partner"] = "\(caller)" }
        if keptBack > 0 { metadata["keptBack"] = "\(keptBack)" }
        logger.log(level: level, "\(message)", metadata: metadata)
    }
}

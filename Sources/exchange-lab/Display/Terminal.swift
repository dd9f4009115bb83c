import ExchangeCore
import Foundation
import SignalExchange

/// Standard output: lines that stay, and on a terminal a last line that changes.
actor Terminal {
    /// The last line must fit: a line that wraps cannot be taken back.
    private static let statusMaximumColumns = 79

    nonisolated let palette: Palette
    nonisolated let isInteractive: Bool
    private let clock = NodeClock()
    private let start: MonotonicTime
    private var status = ""

    /// - Parameter allowsColour: colours are used where this is true, the output is a terminal, and `NO_COLOR` is not
    ///   set (no-color.org).
    init(allowsColour: Bool) {
        isInteractive = isatty(STDOUT_FILENO) == 1
        let isForbidden = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        palette = Palette(usesColour: allowsColour && isInteractive && !isForbidden)
        start = clock.now.monotonic
    }

    /// Since the start.
    private var elapsed: Milliseconds { Milliseconds(clock.now.monotonic.milliseconds - start.milliseconds) }

    func line(_ text: String = "") {
        write(erasure + text + "\n" + status)
    }

    /// A line that begins with the seconds since the start.
    func event(_ text: String) {
        line(palette(TextColumn.right(elapsed.seconds, 6), .dim) + "  " + text)
    }

    /// The line at the bottom; shown on a terminal only.
    func show(status text: String) {
        guard isInteractive else { return }
        let cut = String(text.prefix(Self.statusMaximumColumns))
        guard cut != status else { return }
        write("\r\u{1B}[K" + cut)
        status = cut
    }

    func clearStatus() {
        write(erasure)
        status = ""
    }

    private var erasure: String { status.isEmpty ? "" : "\r\u{1B}[K" }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

extension Milliseconds {
    /// `12.3`
    var seconds: String {
        let tenths = (count + 50) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// Text in columns of a fixed width; what is longer is not cut.
enum TextColumn {
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

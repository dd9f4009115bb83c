import Foundation

/// A process that is stopped as by SIGSTOP: its machine answers connections and nothing behind them does, which is what
/// a partner sees of a node that hangs.
///
/// The pause cannot outlive us. A shell keeps it, and lets the process go on when its own input ends.
package final class ProcessPause: Sendable {
    private let shell: ChildProcess
    private let identifier: Int32

    /// Returns when the process is stopped.
    package init(of identifier: Int32) async throws {
        self.identifier = identifier
        shell = try ChildProcess(
            URL(filePath: "/bin/sh"),
            ["-c", #"kill -STOP "$1" && echo stopped && read -r end; kill -CONT "$1""#, "sh", "\(identifier)"],
            output: .lines)
        for await line in shell.lines where line == "stopped" { return }
        throw Failure(end: try await shell.waitForEnd())
    }

    deinit { kill(identifier, SIGCONT) }

    /// Returns when the process goes on.
    package func end() async throws {
        shell.closeInput()
        _ = try await shell.waitForEnd()
    }

    package struct Failure: Error, CustomStringConvertible {
        package let end: ChildProcess.End
        package var description: String { "a process could not be stopped: the shell that does it \(end)" }
    }
}

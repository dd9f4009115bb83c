import Foundation

/// A command that is run to its end, with what it said on both its outputs.
package struct Command: Sendable {
    package let end: ChildProcess.End
    package let said: String

    package var succeeded: Bool { end == .exited(status: 0) }

    /// - Parameter name: looked for in `PATH`.
    package static func run(_ name: String, _ arguments: [String]) async throws -> Command {
        let child = try ChildProcess(
            URL(filePath: "/usr/bin/env"), [name] + arguments, output: .lines, errors: .lines)
        child.closeInput()
        var said: [String] = []
        for await line in child.lines { said.append(line) }
        return Command(end: try await child.waitForEnd(), said: said.joined(separator: "\n"))
    }
}

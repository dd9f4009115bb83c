package import ExchangeCore
package import Foundation
package import SignalExchange

/// An `exchange-node run` on one folder: started, killed, paused and started again.
package actor NodeProcess {
    /// What a node prints when both its faces listen.
    package struct Readiness: Hashable, Sendable {
        package let oin: String
        package let port: Int
        package let socketPath: String
    }

    /// Beyond a node's own limit for stopping (10 s).
    private static let stopMaximum = Milliseconds.seconds(15)

    private let executable: URL
    private let folder: NodeFolder
    private let arguments: [String]
    private var child: ChildProcess?
    private var pause: ProcessPause?
    /// Every process that ever was this node, the present one last.
    package private(set) var identifiers: [Int32] = []

    /// The node's log, of all its runs.
    package nonisolated var log: URL { URL(filePath: folder.file("node.log")) }

    /// - Parameter arguments: added to `run --folder … --exit-with-parent`.
    package init(executable: URL, folder: NodeFolder, arguments: [String] = []) {
        self.executable = executable
        self.folder = folder
        self.arguments = arguments
    }

    /// `exchange-node` beside the program that runs now: SwiftPM puts all products of a package into one folder.
    package static var builtExecutable: URL {
        let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return own.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "exchange-node")
    }

    package var isRunning: Bool { child?.hasEnded == false }
    /// Whether it has said that it listens, and runs.
    package var isReady: Bool { isRunning && hasListened }
    /// How it ended that was started last; `nil` while it runs.
    package var ended: ChildProcess.End? { child?.ended }
    private var hasListened = false

    /// Returns when the node says that it listens.
    ///
    /// - Parameter launcher: a command that becomes the one that follows it, such as `nsenter`; its first word is looked
    ///   for in `PATH`.
    /// - Throws: ``Failure`` with the end of its log where it stops instead, `DeadlineExceeded`.
    @discardableResult
    package func start(
        within span: Milliseconds = .seconds(30), through launcher: [String] = []
    ) async throws -> Readiness {
        precondition(!isRunning, "a node is started once at a time")
        let command = launcher.isEmpty ? [] : launcher + [executable.path]
        let child = try ChildProcess(
            launcher.isEmpty ? executable : URL(filePath: "/usr/bin/env"),
            command + ["run", "--folder", folder.path, "--exit-with-parent"] + arguments,
            // A backtrace takes seconds in which the port and the store stay taken.
            environment: ["SWIFT_BACKTRACE": "enable=no"], output: .lines, errors: .file(log))
        self.child = child
        hasListened = false
        identifiers.append(child.identifier)
        let ready = try await readiness(of: child, within: span)
        guard let ready else {
            let end = try await child.waitForEnd()
            throw Failure(folder: folder.path, end: end, log: lastLines(8))
        }
        hasListened = true
        return ready
    }

    /// SIGKILL. Returns when nothing of the process is left.
    package func kill() async throws {
        pause = nil
        try await end(with: SIGKILL)
    }

    /// SIGTERM, as an operator would. Returns how the node ended.
    @discardableResult
    package func stop() async throws -> ChildProcess.End? {
        try await resume()
        return try await end(with: SIGTERM)
    }

    /// From now on the node answers nothing, and its connections stay open.
    package func pauseRunning() async throws {
        guard let child, pause == nil else { return }
        pause = try await ProcessPause(of: child.identifier)
    }

    package func resume() async throws {
        try await pause?.end()
        pause = nil
    }

    /// The last lines of the log.
    package nonisolated func lastLines(_ count: Int) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }

    @discardableResult
    private func end(with signal: Int32) async throws -> ChildProcess.End? {
        guard let child else { return nil }
        child.send(signal: signal)
        do {
            return try await within(Self.stopMaximum, "\(folder.path) to stop") { try await child.waitForEnd() }
        } catch let error as DeadlineExceeded {
            child.send(signal: SIGKILL)
            throw error
        }
    }

    private func readiness(of child: ChildProcess, within span: Milliseconds) async throws -> Readiness? {
        try await within(span, "\(folder.path) to listen") {
            for await line in child.lines {
                if let readiness = Readiness(line) { return readiness }
            }
            return nil
        }
    }

    /// The node ended before it listened.
    package struct Failure: Error, CustomStringConvertible {
        package let folder: String
        package let end: ChildProcess.End
        package let log: String

        package var description: String { "the node in \(folder) \(end):\n\(log)" }
    }
}

extension NodeProcess.Readiness {
    private struct Line: Decodable {
        let ready: Bool
        let oin: String
        let port: Int
        let socket: String
    }

    /// Returns `nil` for a line that does not tell readiness.
    init?(_ line: String) {
        guard let read = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), read.ready else { return nil }
        self.init(oin: read.oin, port: read.port, socketPath: read.socket)
    }
}

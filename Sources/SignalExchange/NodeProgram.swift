import ExchangeCMS
import ExchangeCore
import Foundation
import Logging

/// A node as a process of its own: log, readiness, and an end that follows its parent's.
package struct NodeProgram: Sendable {
    private let folder: NodeFolder
    private let flags: [String: String]
    private let exitsWithParent: Bool

    package init(folder: NodeFolder, flags: [String: String], exitsWithParent: Bool) {
        self.folder = folder
        self.flags = flags
        self.exitsWithParent = exitsWithParent
    }

    package func run() async throws {
        // Sockets, stores and keys are this user's alone, whatever the shell allowed.
        umask(0o077)
        let configuration = try await NodeConfiguration.load(from: folder, flags: flags)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = configuration.logLevel
            return handler
        }
        let node = try await ExchangeNode.open(
            folder: folder, configuration: configuration, logger: Logger(label: "exchange-node"))
        if exitsWithParent { ParentWatch.start() }
        try await node.run { [configuration] in
            OperatorConsole.announceReady(configuration)
            fflush(nil)
        }
    }
}

/// Ends the process as SIGTERM would when standard input ends, which it does when the parent is gone, however it went.
private enum ParentWatch {
    static func start() {
        let thread = Thread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            kill(getpid(), SIGTERM)
        }
        thread.start()
    }
}

package import Foundation
import Synchronization

/// One process of ours, from its start to its end. It cannot outlive its last reference.
///
/// It starts in a process group of its own, so that Ctrl-C in a terminal reaches the parent alone, and with no file of
/// the parent's open but the three that it is given.
package final class ChildProcess: Sendable {
    package enum End: Hashable, Sendable, CustomStringConvertible {
        case exited(status: Int32)
        case killed(signal: Int32)

        package var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .killed(let signal): "was ended by signal \(signal)"
            }
        }
    }

    /// Where an output goes.
    package enum Output: Sendable {
        case nowhere
        /// Into ``ChildProcess/lines``.
        case lines
        /// Appended to a file, which is made where it is not there.
        case file(URL)
    }

    package let identifier: Int32
    /// What it writes to outputs that go to ``Output/lines``, line by line; ends with the outputs. For one reader.
    package let lines: AsyncStream<String>
    private let process: Process
    private let lifeline: Lifeline
    private let end: Latch<End>

    /// - Parameter environment: added to ours.
    /// - Throws: what Foundation throws where the program cannot be started.
    package convenience init(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], output: Output = .nowhere,
        errors: Output = .nowhere
    ) throws {
        // One at a time: a process that starts while another's pipes are being made would inherit them, and then
        // outlive us, waiting for an end of input that it holds itself.
        let started = try Self.starting.withLock { _ in
            let process = Process()
            let (lifeline, reader, end) = (Lifeline(), LineReader(), Latch<End>())
            process.executableURL = executable
            process.arguments = arguments
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardInput = lifeline.pipe
            let files = [try Self.handle(for: output, reader), try Self.handle(for: errors, reader)]
            process.standardOutput = files[0]
            process.standardError = files[1]
            process.terminationHandler = { process in
                lifeline.close()
                end.settle(
                    process.terminationReason == .exit
                        ? .exited(status: process.terminationStatus) : .killed(signal: process.terminationStatus))
            }
            try process.run()
            // The child has its own. Foundation keeps a process that has ended, with all that it was given.
            for case let (.file, file as FileHandle) in zip([output, errors], files) { try? file.close() }
            return (process, lifeline, reader, end)
        }
        self.init(started.0, lifeline: started.1, reader: started.2, end: started.3)
    }

    private init(_ process: Process, lifeline: Lifeline, reader: LineReader, end: Latch<End>) {
        reader.begin()
        identifier = process.processIdentifier
        lines = reader.lines
        self.process = process
        self.lifeline = lifeline
        self.end = end
    }

    deinit {
        if end.value == nil { kill(identifier, SIGKILL) }
    }

    private static let starting = Mutex(())

    package var hasEnded: Bool { end.value != nil }
    /// How it ended; `nil` while it runs.
    package var ended: End? { end.value }

    /// Does nothing where the process has ended.
    package func send(signal: Int32) {
        if end.value == nil { kill(identifier, signal) }
    }

    /// Writes a line to its standard input.
    ///
    /// - Throws: what writing throws, where the process reads no more.
    package func say(_ line: String) throws {
        try lifeline.write(Data((line + "\n").utf8))
    }

    /// Ends its standard input.
    package func closeInput() { lifeline.close() }

    /// Returns when the process has ended and was reaped.
    package func waitForEnd() async throws -> End { try await end.wait() }

    private static func handle(for output: Output, _ reader: LineReader) throws -> Any {
        switch output {
        case .nowhere: return FileHandle.nullDevice
        case .lines: return reader.pipe
        case .file(let url):
            if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
            let handle = try FileHandle(forWritingTo: url)
            try handle.seekToEnd()
            return handle
        }
    }
}

/// Standard input, open as long as we and the child live: a child that reads it to its end notices our death, however we
/// died.
private final class Lifeline: Sendable {
    let pipe = Pipe()
    private let isOpen = Mutex(true)

    /// - Throws: what writing throws, where nobody reads any more.
    func write(_ data: Data) throws {
        try isOpen.withLock { isOpen in
            guard isOpen else { throw POSIXError(.EPIPE) }
            try pipe.fileHandleForWriting.write(contentsOf: data)
        }
    }

    /// A second call does nothing: the number of the file may be another's by then.
    func close() {
        isOpen.withLock { isOpen in
            if isOpen { try? pipe.fileHandleForWriting.close() }
            isOpen = false
        }
    }
}

/// Cuts what comes through a pipe into lines, on a thread of its own: Foundation's `readabilityHandler` lets the event
/// loop of libdispatch look at a file after its descriptor was closed.
private final class LineReader: Sendable {
    let pipe = Pipe()
    let lines: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (lines, continuation) = AsyncStream.makeStream() }

    /// To be called after the start: from then on only the child holds the writing end, and its end is ours.
    func begin() {
        try? pipe.fileHandleForWriting.close()
        Thread { [self] in
            var pending = Data()
            while true {
                let data = pipe.fileHandleForReading.availableData
                pending += data
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<end], as: UTF8.self))
                    pending = Data(pending[pending.index(after: end)...])
                }
                guard !data.isEmpty else { break }
            }
            if !pending.isEmpty { continuation.yield(String(decoding: pending, as: UTF8.self)) }
            try? pipe.fileHandleForReading.close()
            continuation.finish()
        }.start()
    }
}

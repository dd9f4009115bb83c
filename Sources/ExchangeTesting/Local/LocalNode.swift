import ExchangeCatalogue
import ExchangeCore
public import Foundation
import SignalExchange

/// One node of a ``LocalExchange``: an `exchange-node run` as a process of its own, with a folder of its own.
///
/// Whatever goes to the node itself throws `NodeError`, with `node-not-running` where it is down. Waits throw
/// ``DeadlineExceeded``.
public struct LocalNode: Sendable {
    package let handle: NodeHandle

    /// The name in the exchange, such as `nidos`; also that of its folder.
    public var name: String { handle.member.slug }
    /// The organisation number, 20 positions.
    public var oin: String { handle.member.oin.text }
    /// The organisation's role, such as `guardian`: what messages are addressed to.
    public var role: String { handle.member.role.rawValue }
    /// Where the node listens for partners, over mutual TLS 1.3, as host and port. Its partners call it through relays.
    public var endpoint: String { "\(PortHolder.host):\(handle.port)" }
    /// The Unix socket of its local API (`docs/operations.md`).
    public var socket: URL { URL(filePath: handle.folder.file("node.sock")) }
    /// The node's folder, for `exchange-node … --folder`.
    public var folder: URL { URL(filePath: handle.folder.path) }
    /// What the node has logged in all its runs.
    public var log: URL { handle.process.log }

    // MARK: Running

    public var isRunning: Bool { get async { await handle.process.isRunning } }

    /// Returns when the node listens.
    ///
    /// - Throws: ``LocalExchangeError`` `node-running`, or `node-failed` with the end of its log; ``DeadlineExceeded``
    ///   after 30 s.
    public func start() async throws {
        guard await !isRunning else {
            throw LocalExchangeError(.nodeRunning, "\(name) runs; stop or kill it first, or restart it")
        }
        try await handle.startExplained()
    }

    /// Asks the node to stop, as an operator would (SIGTERM), and returns when it has: within 10 s. Does nothing where it
    /// is down.
    public func stop() async throws { try await handle.process.stop() }

    /// Ends the node in whatever it does (SIGKILL), as a crash would, and returns when nothing of it runs. Does nothing
    /// where it is down.
    public func kill() async throws { try await handle.process.kill() }

    /// Stops the node where it runs, and starts it on the same folder and port.
    public func restart() async throws {
        try await stop()
        try await start()
    }

    /// From now on the node answers nothing and its connections stay open (SIGSTOP): what partners see of one that hangs.
    public func pause() async throws { try await handle.process.pauseRunning() }

    public func resume() async throws { try await handle.process.resume() }

    // MARK: Sending

    /// Hands a message to the node. When this returns it is on the node's disk.
    ///
    /// - Parameter key: the idempotency key: the same key and message make one message, however often they are sent. A
    ///   new one where it is `nil`.
    /// - Throws: `NodeError` `submission-invalid` or `recipient-unknown`, which name what is wrong; nothing is queued then.
    @discardableResult
    public func send(_ submission: LocalSubmission, key: String? = nil) async throws -> LocalMessage {
        let id = try await handle.api.submit(
            Array(submission.json.utf8), key: key ?? UUID().uuidString.lowercased())
        return LocalMessage(id: id.description, sender: name)
    }

    // MARK: The inbox

    /// Returns when a message is in this node's inbox.
    ///
    /// The node itself keeps the request until then, so that there is no delay between the two.
    /// - Parameter span: more than zero; waits of more than 600 s are asked for anew.
    /// - Returns: the whole message as JSON, with its content under `body`.
    @discardableResult
    public func waitForInbox(_ message: LocalMessage, within span: Duration = .seconds(20)) async throws -> String {
        let id = try Self.id(of: message)
        _ = try await handle.api.waitForInbox(id, within: span.milliseconds)
        return String(decoding: try JSONWriter.write(try await handle.api.inboxEntry(id)), as: UTF8.self)
    }

    /// Takes a message of the inbox in the name of a duty role; its sender is told.
    public func take(_ message: LocalMessage, as role: String) async throws {
        try await handle.api.take(try Self.id(of: message), role: role)
    }

    /// Declines a message of the inbox in the name of a duty role; its sender is told why.
    public func decline(_ message: LocalMessage, as role: String, because reason: String) async throws {
        try await handle.api.decline(try Self.id(of: message), role: role, reason: reason)
    }

    /// Says what was done with a message that was taken; its sender is told.
    public func conclude(_ message: LocalMessage, as role: String, outcome: String) async throws {
        try await handle.api.conclude(try Self.id(of: message), role: role, outcome: outcome)
    }

    // MARK: Alarms

    /// The alarms that are open.
    public func alarms() async throws -> [LocalAlarm] { try await handle.api.alarms().map(LocalAlarm.init) }

    /// Returns when an alarm of the code is open. A node has no signal for it: it is asked every 50 ms.
    @discardableResult
    public func waitForAlarm(_ code: String, within span: Duration = .seconds(20)) async throws -> LocalAlarm {
        let api = handle.api
        return LocalAlarm(
            try await ExchangeTesting.within(span.milliseconds, "the alarm \(code) of \(name)") {
                try await poll { try await api.alarms().first { $0.code == code } }
            })
    }

    // MARK: Damage

    /// Flips the lowest bit of a byte of a message's envelope in the node's store, as a failing disk would: behind the
    /// back of the node, which may run.
    ///
    /// - Parameter byte: which one, from 0; negative from the end, where the authentication tag is. Whichever it is, the node
    ///   does not send it.
    /// - Throws: ``LocalExchangeError`` `message-unknown` where the store has no such message, `file-unusable` where the
    ///   envelope is shorter.
    public func corrupt(envelopeOf message: LocalMessage, byte: Int = 0) throws {
        var isInside = true
        do {
            try handle.damageEnvelope(of: try Self.id(of: message)) { envelope in
                var envelope = envelope
                isInside = Self.flip(byte, in: &envelope)
                return envelope
            }
        } catch is EnvelopeMissing {
            throw LocalExchangeError(.messageUnknown, "the store of \(name) has no message \(message.id)")
        }
        guard isInside else {
            throw LocalExchangeError(.fileUnusable, "the envelope of \(message.id) has no byte \(byte)")
        }
    }

    /// Flips the lowest bit of a byte of a file in the node's folder. A running node notices when it reads the file.
    ///
    /// - Parameters:
    ///   - file: relative to ``folder``, such as `directory.cms`; `docs/operations.md` lists them.
    ///   - byte: which one, from 0; negative from the end.
    /// - Throws: ``LocalExchangeError`` `file-unusable` where the file is not there, or shorter.
    public func corrupt(file: String, byte: Int) throws {
        let place = folder.appending(path: file)
        guard let data = try? Data(contentsOf: place) else {
            throw LocalExchangeError(.fileUnusable, "\(name) has no file \(file)")
        }
        var bytes = Array(data)
        guard Self.flip(byte, in: &bytes) else {
            throw LocalExchangeError(.fileUnusable, "\(file) has \(bytes.count) bytes, and no byte \(byte)")
        }
        // In place, so that owner and rights stay as they are.
        let handle = try FileHandle(forWritingTo: place)
        defer { try? handle.close() }
        try handle.write(contentsOf: bytes)
    }

    /// - Returns: whether there is such a byte.
    private static func flip(_ byte: Int, in bytes: inout [UInt8]) -> Bool {
        let index = byte < 0 ? bytes.count + byte : byte
        guard bytes.indices.contains(index) else { return false }
        bytes[index] ^= 1
        return true
    }

    static func id(of message: LocalMessage) throws -> MessageID {
        guard let id = MessageID(message.id) else {
            throw LocalExchangeError(.messageUnknown, "\(message.id) is no id of a message")
        }
        return id
    }
}

extension NodeHandle {
    /// Starts the node, and says what came in between as an error with a code.
    func startExplained() async throws {
        do {
            try await process.start()
        } catch let failure as NodeProcess.Failure {
            throw LocalExchangeError(.nodeFailed, "\(failure)")
        }
    }
}

extension Duration {
    /// Rounded up: a wait that is asked for is never none.
    var milliseconds: Milliseconds {
        let (seconds, attoseconds) = components
        return Milliseconds(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

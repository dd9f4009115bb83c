import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Foundation
import Logging
import ServiceLifecycle

// Of the C library, `struct stat` comes to Swift under whichever module was read first.
#if canImport(CDispatch)
    import CDispatch
#endif

/// Sends what is laid into a folder, and lays there what came, for agencies whose system can do no more than read and write
/// files (docs/agency-api.md).
///
/// A file is taken once it stayed the same from one look to the next. Its name and its bytes are its idempotency key, so
/// that a crash between any two of the steps makes no second message.
struct WatchedFolder: Service {
    private static let filesMaximumPerLook = 100
    private static let entriesMaximum = 50

    let reach: AgencyReach
    let submitting: Submitting
    let places: Places
    /// Whom the files are given to; this user alone where it is `nil`.
    let access: SocketAccess?

    /// The folders in it.
    struct Places: Sendable {
        let path: String
        var outbox: String { path + "/outbox" }
        var sent: String { path + "/sent" }
        var refused: String { path + "/refused" }
        var inbox: String { path + "/inbox" }
        var all: [String] { [outbox, sent, refused, inbox] }
    }

    func run() async throws {
        var failures = 0
        var lastSeen: [String: FileStamp] = [:]
        while !reach.isEnding {
            let seen = reach.consumers.views.changes.count
            do {
                try makePlaces()
                let found = try stamps()
                // What is still being written is another file at the next look.
                let settled = found.filter { lastSeen[$0.key] == $0.value }.keys.sorted()
                lastSeen = found
                for name in settled.prefix(Self.filesMaximumPerLook) where !reach.isEnding { try await send(name) }
                let isIdle = try await layDown()
                if failures > 0 { await reach.clear() }
                failures = 0
                if isIdle { await reach.waitForMore(beyond: seen) }
            } catch {
                failures += 1
                await reach.raise("\(error)")
                await reach.waitAfter(failures: failures)
            }
        }
    }

    // MARK: Out of the folder

    private func stamps() throws(NodeError) -> [String: FileStamp] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: places.outbox)
        } catch {
            throw unreadable(places.outbox, error)
        }
        return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.reduce(into: [:]) { stamps, name in
            stamps[name] = FileStamp(of: places.outbox + "/" + name)
        }
    }

    private func send(_ name: String) async throws {
        let path = places.outbox + "/" + name
        guard let bytes = try contents(of: path) else {
            try refuse(name, NodeError(.submissionInvalid, "it is no plain file of at most \(Self.maximumBytes) bytes"))
            return
        }
        // The name and the bytes: the same file again is the same message.
        let key = "file-" + sha256(Array(name.utf8) + [0] + bytes).description
        do {
            let outcome = try await submitting.submit(bytes, key: key, by: .watchedFolder)
            let result: JSONValue = [
                "file": .string(name), "id": .string(outcome.messageID.description), "state": "accepted",
            ]
            try write(result, to: places.sent + "/" + name)
            try remove(path)
        } catch let error as NodeError where Self.isOfTheFile(error) {
            try refuse(name, error)
        }
    }

    private static let maximumBytes = JSONLimits.localRequest.byteCount

    /// Whether the file has to be another one; otherwise the same file goes later.
    private static func isOfTheFile(_ error: NodeError) -> Bool {
        error.code == .submissionInvalid || error.code == .recipientUnknown
    }

    /// Says why beside the file, then puts the file there too: whoever sees the file finds the reason.
    private func refuse(_ name: String, _ error: NodeError) throws {
        let problem: JSONValue = [
            "file": .string(name), "title": .string(error.code.rawValue), "detail": .string(error.message),
        ]
        try write(problem, to: places.refused + "/" + name.dropLast(".json".count) + ".problem.json")
        try move(places.outbox + "/" + name, to: places.refused + "/" + name)
        reach.context.logger.warning(
            "a file in the watched folder was refused", metadata: ["file": "\(name)", "code": "\(error.code.rawValue)"])
    }

    /// Returns `nil` for a link, a folder, and what is too large.
    private func contents(of path: String) throws(NodeError) -> [UInt8]? {
        // A link may lead to what the agency may not read.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0, errno == ELOOP { return nil }
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.maximumBytes else { return nil }
        do {
            let bytes = try FileHandle(fileDescriptor: descriptor).read(upToCount: Self.maximumBytes + 1) ?? Data()
            return bytes.count <= Self.maximumBytes ? Array(bytes) : nil
        } catch {
            throw unreadable(path, error)
        }
    }

    // MARK: Into the folder

    /// - Returns: whether there was nothing to lay down.
    private func layDown() async throws -> Bool {
        let consumer = try await reach.consumer()
        let entries = try await reach.consumers.entries(
            of: consumer, after: consumer.position, maximumItems: Self.entriesMaximum)
        guard let last = entries.last else { return true }
        for entry in entries {
            guard let message = entry.object[FeedName.inbox.entryName], let id = message["id"]?.text else {
                preconditionFailure("an entry of the inbox has its message")
            }
            try write(message, to: places.inbox + "/" + id + ".json")
        }
        // All of them are on the disk by now, names and all.
        try await reach.confirm(last.cursor)
        return false
    }

    // MARK: Files

    private func makePlaces() throws(NodeError) {
        for place in places.all where !FileManager.default.fileExists(atPath: place) {
            do {
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            } catch {
                throw unreadable(place, error)
            }
            try access?.open(place, mode: 0o2770)
        }
    }

    /// Writes a file whole or not at all, and returns once it is on the disk.
    private func write(_ value: JSONValue, to path: String) throws {
        let bytes = try JSONWriter.write(value, limits: .localAnswer) + Array("\n".utf8)
        try DurableFile.write(bytes, to: path) { temporary throws(NodeError) in try access?.open(temporary, mode: 0o660)
        }
    }

    private func move(_ path: String, to target: String) throws(NodeError) {
        guard rename(path, target) == 0 else { throw unreadable(path, errno) }
        try DurableFile.syncFolder(of: target)
        try DurableFile.syncFolder(of: path)
    }

    private func remove(_ path: String) throws(NodeError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw unreadable(path, errno) }
        try DurableFile.syncFolder(of: path)
    }

    private func unreadable(_ path: String, _ cause: Any) -> NodeError {
        NodeError(
            .fileUnreadable,
            "\(path) cannot be read, written or moved by this node; check owner, rights and free space",
            cause: (cause as? Int32).map { String(cString: strerror($0)) } ?? "\(cause)")
    }
}

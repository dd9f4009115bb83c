import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Foundation
import Logging
import ServiceLifecycle

#if canImport(CDispatch)
    import CDispatch
#endif

/// Sends what is laid into a folder, and lays there what came, for agencies whose system can do no more than read and write
/// files (docs/agency-api.md).
///
/// A file that stayed the same for a second is taken: moved to where the node alone moves files, read, submitted, answered,
/// and only then removed. Its name and its bytes are its idempotency key, so that a crash between any two of the steps makes
/// no second message. A file that cannot be sent now holds up no other, and nothing that comes.
struct WatchedFolder: Service {
    /// What a key of the node's own begins with: no caller of the API takes one.
    static let keyPrefix = "node:"
    private static let filesMaximumPerLook = 100
    /// How long a file has to stay the same before it is taken: whoever writes it in place is done then.
    private static let settlingTime = Milliseconds.seconds(1)
    private static let maximumBytes = JSONLimits.localRequest.byteCount
    /// Beyond it the name of what the node writes beside a file would be too long for the file system.
    private static let nameMaximumBytes = 200

    let reach: AgencyReach
    let submitting: Submitting
    let places: FolderPlaces

    /// A file as it was seen, since when.
    private struct Sighting {
        let stamp: FileStamp
        let since: MonotonicTime
    }

    func run() async throws {
        var failures = 0
        // What a run before this one raised ends with the first look at which all went well.
        var isClear = false
        var sightings: [String: Sighting] = [:]
        while !reach.isEnding {
            let seen = reach.consumers.views.changes.count
            var problem: String?
            do {
                try places.make()
                sightings = try look(after: sightings)
                try takeSettled(sightings)
                problem = try await sendTaken()
            } catch {
                problem = "\(error)"
            }
            // What comes waits for nothing that goes.
            var isIdle = true
            do { isIdle = try await layDown() } catch { problem = problem ?? "\(error)" }
            guard !reach.isEnding else { return }
            if let problem {
                failures += 1
                isClear = false
                await reach.raise(problem)
                await reach.waitAfter(failures: min(failures, Self.failuresMaximum))
            } else {
                if !isClear { await reach.clear() }
                (failures, isClear) = (0, true)
                if isIdle { await reach.waitForMore(beyond: seen) }
            }
        }
    }

    /// Others' files, and what comes, must not wait for long because one file cannot be sent.
    private static let failuresMaximum = 4

    // MARK: Out of the folder

    private func look(after last: [String: Sighting]) throws(NodeError) -> [String: Sighting] {
        let now = reach.context.now.monotonic
        return try names(in: places.outbox).reduce(into: [:]) { sightings, name in
            guard let stamp = FileStamp(of: places.outbox + "/" + name, followsLinks: false) else { return }
            let before = last[name]
            sightings[name] = before?.stamp == stamp ? before : Sighting(stamp: stamp, since: now)
        }
    }

    private func names(in folder: String) throws(NodeError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw NodeError(.fileUnreadable, "\(folder) cannot be read; check its owner and rights", cause: "\(error)")
        }
    }

    /// Moves files to where nobody else changes what stands under a name. One whose namesake is still there waits.
    private func takeSettled(_ sightings: [String: Sighting]) throws(NodeError) {
        let now = reach.context.now.monotonic
        let settled = sightings.filter { now >= $0.value.since + Self.settlingTime }.keys.sorted()
        for name in settled.prefix(Self.filesMaximumPerLook) {
            let target = places.sending + "/" + ownName(name)
            guard FileStamp(of: target, followsLinks: false) == nil else { continue }
            guard rename(places.outbox + "/" + name, target) == 0 || errno == ENOENT else {
                throw FolderPlaces.unusable(places.outbox + "/" + name)
            }
        }
        guard !settled.isEmpty else { return }
        try DurableFile.syncFolder(of: places.sending + "/taken")
        try DurableFile.syncFolder(of: places.outbox + "/taken")
    }

    /// A name that may stand in a log, and beside which another fits.
    private func ownName(_ name: String) -> String {
        let isPlain = name.utf8.count <= Self.nameMaximumBytes && name == name.withoutControlCharacters
        return isPlain ? name : "renamed-\(sha256(Array(name.utf8)).description.prefix(16)).json"
    }

    /// - Returns: why a file could not be sent now, where that is so; the others were.
    private func sendTaken() async throws -> String? {
        var problem: String?
        for name in try names(in: places.sending) where !reach.isEnding {
            do {
                try await send(name)
            } catch {
                problem = problem ?? "\(name): \(error)"
            }
        }
        return problem
    }

    private func send(_ name: String) async throws {
        let path = places.sending + "/" + name
        let bytes: [UInt8]
        do {
            bytes = try contents(of: path)
        } catch {
            return try refuse(name, error)
        }
        // The name and the bytes: the same file again is the same message.
        let key = Self.keyPrefix + "file:" + sha256(Array(name.utf8) + [0] + bytes).description
        do {
            let outcome = try await submitting.submit(bytes, key: key, by: .watchedFolder)
            let result: JSONValue = [
                "file": .string(name), "id": .string(outcome.messageID.description), "state": "accepted",
            ]
            try write(result, to: places.sent + "/" + name)
            guard unlink(path) == 0 else { throw FolderPlaces.unusable(path) }
            try DurableFile.syncFolder(of: path)
        } catch let error as NodeError where error.code == .submissionInvalid || error.code == .recipientUnknown {
            try refuse(name, error)
        }
    }

    /// Says why beside the file, then puts the file there too: whoever sees the file finds the reason.
    private func refuse(_ name: String, _ error: NodeError) throws {
        let problem: JSONValue = [
            "file": .string(name), "title": .string(error.code.rawValue), "detail": .string(error.message),
        ]
        try write(problem, to: places.refused + "/" + name.dropLast(".json".count) + ".problem.json")
        guard rename(places.sending + "/" + name, places.refused + "/" + name) == 0 else {
            throw FolderPlaces.unusable(places.refused + "/" + name)
        }
        try DurableFile.syncFolder(of: places.refused + "/" + name)
        try DurableFile.syncFolder(of: places.sending + "/" + name)
        reach.context.logger.warning(
            "a file in the watched folder was refused", metadata: ["file": "\(name)", "code": "\(error.code.rawValue)"])
    }

    /// - Throws: ``NodeError`` `submission-invalid` for a link, a folder, what is too large, and what this user may not read.
    private func contents(of path: String) throws(NodeError) -> [UInt8] {
        let foreign = NodeError(
            .submissionInvalid,
            "it is no plain file of at most \(Self.maximumBytes) bytes that the node's user may read; lay a copy that it may"
        )
        // A link may lead to what the one who laid it must not read.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw foreign }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.maximumBytes
        else { throw foreign }
        do {
            let bytes = try FileHandle(fileDescriptor: descriptor).read(upToCount: Self.maximumBytes + 1) ?? Data()
            guard bytes.count <= Self.maximumBytes else { throw foreign }
            return Array(bytes)
        } catch let error as NodeError {
            throw error
        } catch {
            throw foreign
        }
    }

    // MARK: Into the folder

    /// - Returns: whether there was nothing to lay down.
    private func layDown() async throws -> Bool {
        guard let entry = try await reach.consumers.next(of: reach.consumer(), withContent: true) else { return true }
        guard let message = entry.object[FeedName.inbox.entryName], let id = message["id"]?.text else {
            preconditionFailure("an entry of the inbox has its message")
        }
        try write(message, to: places.inbox + "/" + id + ".json")
        // It is on the disk by now, name and all.
        try await reach.confirm(entry.cursor)
        return false
    }

    // MARK: Files

    /// Writes a file whole or not at all, and returns once it is on the disk.
    private func write(_ value: JSONValue, to path: String) throws {
        let bytes = try JSONWriter.write(value, limits: .localAnswer) + Array("\n".utf8)
        let access = places.access
        try DurableFile.write(bytes, to: path, through: places.work) { descriptor throws(NodeError) in
            try access?.give(descriptor, mode: 0o660, path: path)
        }
    }
}

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
    var executor: any TaskExecutor = SerialTaskExecutor("watched-folder")

    /// A file as it was seen, since when.
    private struct Sighting {
        let stamp: FileStamp
        let since: MonotonicTime
    }

    /// What is tried by itself: none of them waits for another that fails.
    private enum Work: Hashable, Comparable {
        case folders
        /// Moving what lies in `outbox/`.
        case taking
        /// Seeing what was taken.
        case listing
        case file(String)
        case incoming

        /// What a problem is said of, where it does not say so itself.
        var label: String { if case .file(let name) = self { "\(name): " } else { "" } }
    }

    /// What failed, why, and when it is tried again.
    private struct Failure {
        var attempts: Attempts
        var problem: String
    }

    func run() async throws {
        await withTaskExecutorPreference(executor) { await follow() }
    }

    private func follow() async {
        var failing: [Work: Failure] = [:]
        var sightings: [String: Sighting] = [:]
        var isWorkClear = false
        while !reach.isEnding {
            let seen = reach.seen
            await attempt(.folders, &failing) {
                try places.make()
                if !isWorkClear { try places.clearWork() }
                isWorkClear = true
            }
            if failing[.folders] == nil {
                await attempt(.taking, &failing) {
                    sightings = try look(after: sightings)
                    try takeSettled(sightings)
                }
                var taken: [String]?
                await attempt(.listing, &failing) { taken = try names(in: places.sending) }
                for name in taken ?? [] where !reach.isEnding {
                    await attempt(.file(name), &failing) { try await send(name) }
                }
                // A file that somebody took away fails no more.
                if let taken {
                    failing = failing.filter { if case .file(let name) = $0.key { taken.contains(name) } else { true } }
                }
                await attempt(.incoming, &failing) { try await layDown() }
            }
            guard !reach.isEnding else { return }
            await reach.tell(failing.min { $0.key < $1.key }?.value.problem)
            await reach.waitForMore(beyond: seen)
        }
    }

    /// Tries what is due, and notes what came of it.
    private func attempt(
        _ work: Work, _ failing: inout [Work: Failure], _ body: () async throws -> Void
    ) async {
        let now = reach.context.now.monotonic
        guard failing[work].map({ $0.attempts.next <= now }) ?? true else { return }
        do {
            try await body()
            failing[work] = nil
        } catch {
            var attempts = failing[work]?.attempts ?? Attempts(at: now)
            attempts.fail(at: now)
            failing[work] = Failure(attempts: attempts, problem: work.label + "\(error)")
        }
    }

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
    ///
    /// - Throws: ``NodeError`` for the first that could not be taken; the others were.
    private func takeSettled(_ sightings: [String: Sighting]) throws(NodeError) {
        let now = reach.context.now.monotonic
        let settled = sightings.filter { now >= $0.value.since + Self.settlingTime }.keys.sorted()
        var problem: NodeError?
        var taken = 0
        for name in settled where taken < Self.filesMaximumPerLook {
            let target = places.sending + "/" + ownName(name)
            guard FileStamp(of: target, followsLinks: false) == nil else { continue }
            if rename(places.outbox + "/" + name, target) == 0 {
                taken += 1
            } else if errno != ENOENT {
                problem = problem ?? FolderPlaces.unusable(places.outbox + "/" + ownName(name))
            }
        }
        if taken > 0 {
            try DurableFile.sync(folder: places.sending)
            try DurableFile.sync(folder: places.outbox)
        }
        if let problem { throw problem }
    }

    /// A name that may stand in a log, and beside which another fits.
    private func ownName(_ name: String) -> String {
        let isPlain = name.utf8.count <= Self.nameMaximumBytes && name == name.withoutControlCharacters
        return isPlain ? name : "renamed-\(sha256(Array(name.utf8)).description.prefix(16)).json"
    }

    private func send(_ name: String) async throws {
        let path = places.sending + "/" + name
        guard let bytes = try contents(of: path) else {
            return try refuse(
                name,
                NodeError(
                    .submissionInvalid,
                    "it is no plain file of at most \(Self.maximumBytes) bytes that the node's user may read; lay a copy that "
                        + "it may"))
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
            try DurableFile.sync(folder: places.sending)
        } catch let error as NodeError
            where [.submissionInvalid, .recipientUnknown, .madeByTheNode].contains(error.code)
        {
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
        try DurableFile.sync(folder: places.refused)
        try DurableFile.sync(folder: places.sending)
        reach.context.logger.warning(
            "a file in the watched folder was refused", metadata: ["file": "\(name)", "code": "\(error.code.rawValue)"])
    }

    /// Returns `nil` for a link, a folder, what is too large, and what this user may not read: the file's own faults. All
    /// else may pass, and is thrown.
    private func contents(of path: String) throws(NodeError) -> [UInt8]? {
        // A link may lead to what the one who laid it must not read.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0, [ELOOP, EACCES, EPERM, ENXIO].contains(errno) { return nil }
        guard descriptor >= 0 else { throw FolderPlaces.unusable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FolderPlaces.unusable(path) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.maximumBytes else { return nil }
        do {
            let bytes = try FileHandle(fileDescriptor: descriptor).read(upToCount: Self.maximumBytes + 1) ?? Data()
            return bytes.count <= Self.maximumBytes ? Array(bytes) : nil
        } catch {
            throw FolderPlaces.unusable(path)
        }
    }

    // MARK: Into the folder

    /// Lays down all that has come, one after another.
    private func layDown() async throws {
        while !reach.isEnding,
            let entry = try await reach.consumers.next(of: reach.consumer(), withContent: true)
        {
            guard let message = entry.object[FeedName.inbox.entryName], let id = message["id"]?.text else {
                preconditionFailure("an entry of the inbox has its message")
            }
            try write(message, to: places.inbox + "/" + id + ".json")
            // It is on the disk by now, name and all.
            try await reach.confirm(entry.cursor)
        }
    }

    // MARK: Files

    /// Writes a file whole or not at all, and returns once it is on the disk.
    private func write(_ value: JSONValue, to path: String) throws {
        let bytes = try JSONWriter.write(value, limits: .localAnswer) + Array("\n".utf8)
        let access = places.access
        try DurableFile.write(bytes, to: path, by: places.work + "/\(UUID().uuidString)") {
            descriptor throws(NodeError) in
            try access?.give(descriptor, mode: 0o660, path: path)
        }
    }
}

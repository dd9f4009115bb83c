import ArgumentParser
import ExchangeTesting
import Foundation

/// The folder of one run: this user's alone, with a path that is short enough for sockets, and gone in the end.
struct Workspace: Sendable {
    let folder: URL
    private let keptAt: URL?

    /// - Parameter place: where the folder goes in the end; new or empty. It is made elsewhere, because a socket's path
    ///   has at most 107 bytes.
    /// - Throws: ``Failure`` where the place is taken, or no folder can be made.
    init(keepingAt place: URL?) throws(Failure) {
        if let place {
            let found = try? FileManager.default.contentsOfDirectory(atPath: place.path)
            guard found?.isEmpty ?? !FileManager.default.fileExists(atPath: place.path) else {
                throw Failure(reason: "\(place.path) is not an empty folder; name a new one for --keep")
            }
        }
        keptAt = place
        do {
            folder = try TemporaryFolder(prefix: "lab").url
        } catch {
            throw Failure(reason: "\(error)")
        }
    }

    /// For a command: where none can be had it says why, and the command ends.
    ///
    /// - Throws: `ExitCode` 2.
    static func forCommand(keepingAt place: URL? = nil) throws -> Workspace {
        do {
            return try Workspace(keepingAt: place)
        } catch {
            FileHandle.standardError.write(Data("exchange-lab: \(error)\n".utf8))
            throw ExitCode(2)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    /// A folder for backups and copies.
    func makeShelf() throws -> URL {
        let shelf = folder.appending(path: "shelf")
        try FileManager.default.createDirectory(at: shelf, withIntermediateDirectories: false)
        return shelf
    }

    /// Removes the folder, or moves it to where it is kept.
    ///
    /// - Returns: where it is, if it is kept.
    func close() throws -> URL? {
        guard let keptAt else {
            try FileManager.default.removeItem(at: folder)
            return nil
        }
        try? FileManager.default.removeItem(at: keptAt)
        try FileManager.default.createDirectory(
            at: keptAt.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: folder, to: keptAt)
        return keptAt
    }
}

import ExchangeCatalogue
package import ExchangeCore
import ExchangeCMS
import Foundation

/// Whether the node's keys are also on another medium. Without `keys/archive.key` nothing in the store can be read
/// again, so that an operator shows a copy once, and again whenever a key changes.
///
/// `keys/backup-confirmed` holds what was confirmed: the time, and a digest over every key file. It says nothing of a
/// key, and nothing of where the copy is.
package struct KeyBackup: Sendable {
    /// A private key, or a chain beside one, is far smaller.
    private static let fileMaximumBytes = 65_536
    /// Three keys, the archive key, and more retired keys than a node ever has.
    private static let maximumFiles = 512

    /// What is known of a copy.
    package enum State: Hashable, Sendable {
        case confirmed(at: Timestamp)
        /// A copy was confirmed then, and a key has changed since.
        case keysChanged(since: Timestamp)
        case neverConfirmed

        package var isConfirmed: Bool { if case .confirmed = self { true } else { false } }

        /// For the log of a node that starts; `nil` where nothing needs to be said.
        package var warning: String? {
            let next = "copy keys/ to another medium, then run `exchange-node keys confirm-backup COPY_FOLDER`"
            return switch self {
            case .confirmed: nil
            case .keysChanged(let moment): "the keys have changed since their copy was confirmed on \(moment): \(next)"
            case .neverConfirmed:
                "no copy of the keys is confirmed, and without keys/archive.key nothing in the store can be read: \(next)"
            }
        }
    }

    /// What a confirmation found.
    package struct Confirmation: Sendable {
        package let path: String
        package let fileCount: Int
        /// On the same file system as the node, which dies with it.
        package let isOnSameDisk: Bool
    }

    private let folder: NodeFolder

    package init(of folder: NodeFolder) { self.folder = folder }

    package var state: State {
        guard let bytes = try? folder.read(folder.keyBackupMark), let mark = try? JSONParser.parse(bytes),
            let moment = mark["confirmed"]?.text.flatMap({ Timestamp($0) }), let digest = mark["keys"]?.text
        else { return .neverConfirmed }
        // Keys that cannot be read are none that a copy is known of; the start itself says what is wrong with them.
        guard let keys = try? keyFiles(), digest == Self.digest(of: keys).description else {
            return .keysChanged(since: moment)
        }
        return .confirmed(at: moment)
    }

    /// Compares a copy with the node's keys, byte by byte, and notes that it is there.
    ///
    /// - Parameter path: the copy of `keys/`, or the folder that it lies in. It may hold more than the node's keys.
    /// - Throws: ``NodeError``: `key-copy-unusable`, naming the first file that is missing or differs; `file-missing` or
    ///   `file-unreadable` for the node's own. Nothing of a key is in the error.
    package func confirm(copyAt path: String, at now: Timestamp = .current) throws(NodeError) -> Confirmation {
        let own = try keyFiles()
        let copy = Self.copyFolder(at: path)
        let place = try identity(of: copy)
        guard try identity(of: folder.keys) != place else {
            throw unusable("\(copy) is the node's own folder and no copy; copy \(folder.keys) to another medium")
        }
        for file in own {
            let original = folder.keys + "/" + file.name
            let copied = copy + "/" + file.name
            guard try identity(of: copied, isFile: true) != identity(of: original, isFile: true) else {
                throw unusable("\(copied) is the node's own file under another name; copy \(original) itself")
            }
            guard try Self.read(copied) == file.bytes else {
                throw unusable("\(copied) differs from the node's; copy \(folder.keys) again")
            }
        }
        let mark: JSONValue = [
            "confirmed": .string(now.description), "keys": .string(Self.digest(of: own).description),
        ]
        do {
            try NodeFolder.write(
                JSONWriter.write(mark) + [UInt8(ascii: "\n")], to: folder.keyBackupMark, isSecret: true)
        } catch let error as NodeError {
            throw error
        } catch {
            throw NodeError(.internalFault, "the confirmation could not be written", cause: "\(error)")
        }
        return Confirmation(
            path: copy, fileCount: own.count, isOnSameDisk: try identity(of: folder.keys).disk == place.disk)
    }

    // MARK: Files

    private struct KeyFile {
        /// Below `keys/`.
        let name: String
        let bytes: [UInt8]
    }

    /// Which file it is, whatever it is called.
    private struct Identity: Hashable {
        let disk: Int
        let number: Int
    }

    /// Every file that the node needs to open what it holds, in the order of their names.
    private func keyFiles() throws(NodeError) -> [KeyFile] {
        let retired = try names(in: folder.retiredKeys).filter { $0.hasSuffix(".key") || $0.hasSuffix(".crt") }
        let names = (try names(in: folder.keys).filter { $0.hasSuffix(".key") } + retired.map { "retired/" + $0 })
            .sorted()
        guard names.contains("archive.key") else {
            throw NodeError(.fileMissing, "\(folder.archiveKey) is missing; name the node's folder with --folder")
        }
        guard names.count <= Self.maximumFiles else {
            throw NodeError(
                .fileUnreadable, "\(folder.keys) has over \(Self.maximumFiles) files; take out what is no key")
        }
        var files: [KeyFile] = []
        for name in names { files.append(KeyFile(name: name, bytes: try Self.read(folder.keys + "/" + name))) }
        return files
    }

    /// None where there is no such folder. One that cannot be read may hold keys that the copy lacks.
    private func names(in path: String) throws(NodeError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch CocoaError.fileReadNoSuchFile {
            return []
        } catch {
            throw NodeError(.fileUnreadable, "\(path) cannot be read; check its owner and rights", cause: "\(error)")
        }
    }

    /// `COPY/keys` where there is one: both are what an operator may call the copy.
    private static func copyFolder(at path: String) -> String {
        let copy = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return FileManager.default.fileExists(atPath: copy + "/keys") ? copy + "/keys" : copy
    }

    private static func read(_ path: String) throws(NodeError) -> [UInt8] {
        try BoundedFile.read(path, as: "a key", maximumBytes: fileMaximumBytes, orElse: .fileUnreadable)
    }

    /// - Parameter isFile: a plain file is demanded, since a link to the node's key is no copy of it; else a folder.
    private func identity(of path: String, isFile: Bool = false) throws(NodeError) -> Identity {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let demanded: FileAttributeType = isFile ? .typeRegular : .typeDirectory
        guard let attributes, attributes[.type] as? FileAttributeType == demanded,
            let disk = attributes[.systemNumber] as? NSNumber, let number = attributes[.systemFileNumber] as? NSNumber
        else {
            throw unusable(
                "\(path) is not there, or is no \(isFile ? "plain file" : "folder"); copy \(folder.keys) to another "
                    + "medium and name that copy")
        }
        return Identity(disk: disk.intValue, number: number.intValue)
    }

    private func unusable(_ message: String) -> NodeError { NodeError(.keyCopyUnusable, message) }

    /// SHA-256 over each file's name, length and bytes.
    private static func digest(of files: [KeyFile]) -> Digest {
        sha256(files.flatMap { Array("\($0.name)\n\($0.bytes.count)\n".utf8) + $0.bytes })
    }
}

import ExchangeCMS
import ExchangeCore
import Foundation

/// A folder of evidence on a disk: written whole or not at all, and read with limits.
package struct EvidenceFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = URL(fileURLWithPath: path).standardizedFileURL.path }

    /// Writes the folder, readable by this user alone from its first byte on: beside its place, and then into it.
    ///
    /// - Throws: ``NodeError`` `folder-not-empty` where anything lies there already, `file-unreadable` where it cannot be
    ///   written; then nothing is left.
    package func write(_ files: EvidenceFiles) throws(NodeError) {
        try demandFree()
        let beside = path + ".new-" + randomBytes(count: 4).hexadecimal
        do {
            try Self.makeFolder(beside)
            for file in files.all {
                let target = URL(filePath: beside).appending(path: file.name)
                let place = target.deletingLastPathComponent().path
                if !FileManager.default.fileExists(atPath: place) { try Self.makeFolder(place) }
                try NodeFolder.write(file.bytes, to: target.path, isSecret: true)
            }
            // An empty folder in its place is replaced, and one that was filled meanwhile is not.
            guard rename(beside, path) == 0 else {
                throw NodeError(
                    .fileUnreadable, "\(path) cannot be made", cause: String(cString: strerror(errno)))
            }
        } catch {
            try? FileManager.default.removeItem(atPath: beside)
            throw error as? NodeError
                ?? NodeError(
                    .fileUnreadable,
                    "\(path) cannot be written; name a place where this user may write, with free space",
                    cause: "\(error)")
        }
    }

    /// Finds out early that there is no place for it.
    package func demandFree() throws(NodeError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        let found = isFolder.boolValue ? try? FileManager.default.contentsOfDirectory(atPath: path) : nil
        guard let found, found.isEmpty else {
            throw NodeError(
                .folderNotEmpty, "something lies at \(path); name a new folder, so that no evidence is mixed with other"
            )
        }
    }

    private static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    /// Reads the index and the files that it names, and no other.
    ///
    /// - Throws: ``NodeError`` `file-missing` where this is no folder of evidence, `file-unreadable` for a file that cannot
    ///   be read, `evidence-not-verified` for an index that is not of its form. A file that the index names and that is not
    ///   here is no error here.
    package func read(
        maximumBytes: Int = EvidenceFiles.folderMaximumBytes
    ) throws(NodeError) -> (files: EvidenceFiles, index: EvidenceIndex) {
        var files = EvidenceFiles()
        guard let bytes = try read(EvidenceFiles.index) else {
            throw NodeError(
                .fileMissing, "\(path) has no \(EvidenceFiles.index): name a folder that `evidence export` made")
        }
        files.add(EvidenceFiles.index, bytes)
        let index: EvidenceIndex
        do {
            index = try EvidenceIndex.decode(bytes)
        } catch {
            throw NodeError(
                .evidenceNotVerified,
                "\(EvidenceFiles.index) is not of its form, so that nothing can be found; it was changed since the export, "
                    + "or is of another version", cause: "\(error)")
        }
        var byteCount = 0
        for name in index.files.map(\.name) + [EvidenceFiles.digests] where files[name] == nil {
            guard let bytes = try read(name) else { continue }
            byteCount += bytes.count
            guard byteCount <= maximumBytes else {
                throw NodeError(
                    .fileUnreadable,
                    "\(path) has more than \(maximumBytes) bytes, which no export has; look who made it"
                )
            }
            files.add(name, bytes)
        }
        return (files, index)
    }

    /// Files that lie in the folder and that the index does not name: nothing is said of them.
    package func strangers(beside index: EvidenceIndex) -> [String] {
        let known = Set(index.files.map(\.name) + [EvidenceFiles.index, EvidenceFiles.digests])
        let found = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return found.filter { name in
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            return isThere && !isFolder.boolValue && !known.contains(name)
        }.sorted()
    }

    private func read(_ name: String) throws(NodeError) -> [UInt8]? {
        let file = path + "/" + name
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: file)
        } catch CocoaError.fileReadNoSuchFile {
            return nil
        } catch {
            throw NodeError(
                .fileUnreadable, "\(file) cannot be looked at; check owner and rights of its folder", cause: "\(error)")
        }
        // A link may lead out of the folder, and a device has no end.
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw NodeError(.fileUnreadable, "\(file) is no plain file; evidence has no links and no devices")
        }
        let size = FileStamp(of: file)?.byteCount ?? 0
        guard size <= EvidenceFiles.fileMaximumBytes else {
            throw NodeError(
                .fileUnreadable,
                "\(file) has \(size) bytes; a file of the evidence has \(EvidenceFiles.fileMaximumBytes) at most")
        }
        return try NodeFolder(path).read(file)
    }
}

import Foundation

/// Files that are there whole, and on the disk, or not at all.
enum DurableFile {
    /// Writes beside the target or elsewhere on its file system, syncs, and renames: a reader of the target's folder sees the
    /// old file or the new one.
    ///
    /// - Parameters:
    ///   - temporary: lies in a folder that is this user's alone: whoever else may write there could have a part in how the
    ///     file comes about. What an interrupted write left under this name is taken away.
    ///   - prepare: given the open file, which this user alone may read, before it has its name; to change owner or rights.
    static func write(
        _ bytes: [UInt8], to path: String, by temporary: String,
        prepare: (_ descriptor: Int32) throws(NodeError) -> Void = { _ in }
    ) throws(NodeError) {
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(path) }
        do throws(NodeError) {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 || errno == EINTR else { throw unwritable(path) }
                written += max(count, 0)
            }
            try prepare(descriptor)
            guard fsync(descriptor) == 0 else { throw unwritable(path) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = unwritable(path)
            unlink(temporary)
            throw error
        }
        try sync(folder: URL(fileURLWithPath: path).deletingLastPathComponent().path)
    }

    /// A name is on the disk when its folder is.
    static func sync(folder: String) throws(NodeError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unwritable(folder) }
    }

    static func unwritable(_ path: String) -> NodeError {
        NodeError(
            .fileUnreadable, "\(path) cannot be written; check owner, rights and free space",
            cause: String(cString: strerror(errno)))
    }
}

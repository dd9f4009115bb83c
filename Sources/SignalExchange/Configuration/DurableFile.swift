import Foundation

/// Files that are there whole, and on the disk, or not at all.
enum DurableFile {
    /// Writes into a folder that is this user's alone, syncs, and renames to the target: a reader of the target's folder sees
    /// the old file or the new one, and whoever may write there has no part in how it comes about.
    ///
    /// - Parameters:
    ///   - work: on the same file system as the target.
    ///   - prepare: given the open file before it has its name, to change its owner or rights.
    static func write(
        _ bytes: [UInt8], to path: String, through work: String,
        prepare: (_ descriptor: Int32) throws(NodeError) -> Void = { _ in }
    ) throws(NodeError) {
        let temporary = "\(work)/\(UUID().uuidString).new"
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

    private static func unwritable(_ path: String) -> NodeError {
        NodeError(
            .fileUnreadable, "\(path) cannot be written; check owner, rights and free space",
            cause: String(cString: strerror(errno)))
    }
}

import Foundation

/// Files that are there whole, and on the disk, or not at all.
enum DurableFile {
    /// Writes beside the target, syncs, and renames: a reader of the folder sees the old file or the new one.
    ///
    /// - Parameter prepare: given the finished file before it has its name, to change its owner or rights.
    static func write(
        _ bytes: [UInt8], to path: String, prepare: (_ temporary: String) throws(NodeError) -> Void = { _ in }
    ) throws(NodeError) {
        let (folder, name) = split(path)
        // Hidden: whoever lists the folder passes it over.
        let temporary = "\(folder)/.\(name).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unwritable(path) }
        do {
            defer { close(descriptor) }
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 || errno == EINTR else { throw unwritable(path) }
                written += max(count, 0)
            }
            guard fsync(descriptor) == 0 else { throw unwritable(path) }
        }
        try prepare(temporary)
        guard rename(temporary, path) == 0 else { throw unwritable(path) }
        try syncFolder(of: path)
    }

    /// A name is on the disk when its folder is.
    static func syncFolder(of path: String) throws(NodeError) {
        let descriptor = open(split(path).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unwritable(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unwritable(path) }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        let url = URL(fileURLWithPath: path)
        return (url.deletingLastPathComponent().path, url.lastPathComponent)
    }

    private static func unwritable(_ path: String) -> NodeError {
        NodeError(
            .fileUnreadable, "\(path) cannot be written; check owner, rights and free space",
            cause: String(cString: strerror(errno)))
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The database's file before SQLite opens it.
enum StoreFile {
    /// Makes the file, readable by its owner alone, and makes its name durable. SQLite gives its log the same
    /// permissions, and syncs the folder for the log but not for the database.
    static func prepare(at path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unavailable(path) }
        close(descriptor)
        try syncFolder(of: path)
    }

    /// Makes a file that was not there, for this user alone: SQLite would take what lies there, with whatever rights.
    static func makeNew(at path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            if let full = diskFull(path) { throw full }
            throw StoreError(
                .storeUnavailable, "The file cannot be made. Name a new one, in a folder that the node may write.",
                cause: "\(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// Copies a file into one that was not there, for this user alone from its first byte on, and makes it durable.
    static func copy(_ source: String, to path: String) throws(StoreError) {
        let from = open(source, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw unavailable(source) }
        defer { close(from) }
        let to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard to >= 0 else { throw unavailable(path) }
        defer { close(to) }
        var buffer = [UInt8](repeating: 0, count: copyBlockBytes)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(from, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unavailable(source) }
            guard count > 0 else { break }
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes { write(to, $0.baseAddress?.advanced(by: written), count - written) }
                if step < 0, errno == EINTR { continue }
                guard step > 0 else { throw unavailable(path) }
                written += step
            }
        }
        guard fsync(to) == 0 else { throw unavailable(path) }
    }

    /// Rounded up.
    static func mebibytes(of path: String) -> Int64 { (byteCount(of: path) + (1 << 20) - 1) >> 20 }

    private static let copyBlockBytes = 1 << 20

    /// A name is on the disk when its folder is.
    static func syncFolder(of path: String) throws(StoreError) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try sync(folder)
    }

    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unavailable(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unavailable(path) }
    }

    static func byteCount(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Which disk it is, the path says: a backup and its store lie on two.
    private static func diskFull(_ path: String) -> StoreError? {
        guard errno == ENOSPC || errno == EDQUOT else { return nil }
        return StoreError.diskFull(cause: "\(path): \(String(cString: strerror(errno)))")
    }

    private static func unavailable(_ path: String) -> StoreError {
        diskFull(path)
            ?? StoreError(
                .storeUnavailable, "The store's file cannot be opened. Look at the folder and its permissions.",
                cause: "\(path): \(String(cString: strerror(errno)))")
    }
}

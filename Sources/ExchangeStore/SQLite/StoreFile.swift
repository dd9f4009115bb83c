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
            throw StoreError(
                .storeUnavailable, "The file cannot be made. Name a new one, in a folder that the node may write.",
                cause: "\(path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

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

    private static func unavailable(_ path: String) -> StoreError {
        StoreError(
            .storeUnavailable, "The store's file cannot be opened. Look at the folder and its permissions.",
            cause: "\(path): \(String(cString: strerror(errno)))")
    }
}

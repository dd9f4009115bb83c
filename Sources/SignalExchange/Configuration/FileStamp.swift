import Foundation

// Of the C library, `struct stat` comes to Swift under whichever module was read first.
#if canImport(CDispatch)
    import CDispatch
#endif

/// What shows that a file is another than before. Unless it is asked otherwise, it is that of the file at the end of all links: a list that a job puts
/// into another folder, and a renewed certificate behind a link, count as they would here.
struct FileStamp: Hashable, Sendable {
    let byteCount: Int
    private let device: UInt64
    private let node: UInt64
    private let modifiedSeconds: Int
    private let modifiedNanoseconds: Int

    /// Returns `nil` where there is no file, or it may not be looked at; `errno` says which.
    ///
    /// - Parameter followsLinks: whether it is that of the file at the end of all links; otherwise of the link itself.
    init?(of path: String, followsLinks: Bool = true) {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        byteCount = Int(status.st_size)
        device = UInt64(status.st_dev)
        node = UInt64(status.st_ino)
        #if os(Linux)
            (modifiedSeconds, modifiedNanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        #else
            (modifiedSeconds, modifiedNanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
        #endif
    }
}

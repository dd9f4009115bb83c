import Foundation

/// A file that a person named: it may be another than they mean, and have no end.
enum BoundedFile {
    /// - Parameters:
    ///   - what: it has to be, in words: "a card".
    ///   - code: of the error for a file that has more.
    /// - Throws: ``NodeError`` `file-missing`, `file-unreadable`, or `code`.
    static func read(
        _ path: String, as what: String, maximumBytes: Int, orElse code: NodeErrorCode
    ) throws(NodeError) -> [UInt8] {
        guard access(path, R_OK) == 0 else {
            let isMissing = errno == ENOENT
            throw NodeError(
                isMissing ? .fileMissing : .fileUnreadable,
                isMissing
                    ? "\(path) is not there; name the file of \(what)"
                    : "\(path) may not be read by this user; check its owner and rights",
                cause: String(cString: strerror(errno)))
        }
        let data: Data?
        do {
            // One byte more than it may have, so that what is too long is refused and not cut.
            data = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: maximumBytes + 1)
        } catch {
            throw NodeError(.fileUnreadable, "\(path) cannot be read; name the file of \(what)", cause: "\(error)")
        }
        let bytes = Array(data ?? Data())
        guard bytes.count <= maximumBytes else {
            throw NodeError(code, "\(path) has over \(maximumBytes) bytes, and is not \(what); name another file")
        }
        return bytes
    }
}

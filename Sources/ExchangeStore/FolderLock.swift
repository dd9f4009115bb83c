import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Holds a store for one opening: an advisory lock (`flock`) on a file beside it, with the holder's process id inside.
///
/// The system lets go of the lock when the process ends, however it ends, so that a crash leaves nothing to clean up.
/// The file itself stays: removing it would let two processes lock two files of one name.
final class FolderLock: Sendable {
    private let held: Mutex<Int32?>

    /// - Throws: `store-locked` with the holder's process id, or `store-unavailable` where the file cannot be made.
    init(at path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(
                .storeUnavailable,
                "The store's lock cannot be made. Look at whether the folder exists and may be written.",
                cause: "\(path): \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw StoreError(
                    .storeUnavailable, "The store's lock cannot be taken. Is the folder on a local disk?",
                    cause: "\(path): \(String(cString: strerror(reason)))")
            }
            throw StoreError(
                .storeLocked,
                "The store is open already, by process \(holder). Stop that node first; one store has one node.",
                cause: path)
        }
        held = Mutex(descriptor)
        Self.write("\(getpid())\n", to: descriptor)
    }

    deinit { release() }

    /// Lets another opening have the store. A second call does nothing.
    func release() {
        let descriptor = held.withLock { held in
            defer { held = nil }
            return held
        }
        guard let descriptor else { return }
        // Closing alone would leave the lock with a child that was forked meanwhile and has not reached its `exec` yet.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// The process id in the file is for people; the lock does not depend on it.
    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let text = bytes.prefix(max(0, count)).prefix { $0 >= 0x30 && $0 <= 0x39 }
        return text.isEmpty ? "unknown" : String(decoding: text, as: UTF8.self)
    }
}

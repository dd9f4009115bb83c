/// A disk on which writes fail from some moment on, for one process: a limit on the size of the files that it writes. It needs
/// no privilege, and the process nothing of its own.
package enum FailingWrites {
    /// Put before the command of a process that is to survive such a write: what the kernel does to who writes beyond its limit
    /// is to end it; where that is ignored, the write fails. What the process says goes through another, whose writes do not
    /// fail.
    package static let launcher = ["bash", "-c", #"trap '' XFSZ; exec "$@" 2> >(exec cat >&2)"#, "bash"]

    /// From now on each write fails that would make a file larger.
    ///
    /// - Parameter byteCount: how large a file may become.
    /// - Throws: ``Failure`` where the process is not there any more.
    package static func begin(in process: Int32, beyond byteCount: Int64) async throws {
        // The soft limit alone, which needs no privilege.
        let limited = try await Command.run("prlimit", ["--pid", "\(process)", "--fsize=\(byteCount):"])
        guard limited.succeeded else { throw Failure(said: limited.said) }
    }

    package struct Failure: Error, CustomStringConvertible {
        let said: String
        package var description: String { "no write could be made to fail: \(said)" }
    }
}

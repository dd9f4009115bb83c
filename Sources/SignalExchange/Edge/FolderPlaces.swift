import Foundation

#if canImport(CDispatch)
    import CDispatch
#endif

/// The folders in a watched folder. It is the node's own user's, and nobody else may write into it: whoever could would put
/// another folder in the place of one. What is in them may be others' doing.
struct FolderPlaces: Sendable {
    let path: String
    /// Whom they are given to; this user alone where it is `nil`.
    let access: SocketAccess?

    /// Where systems lay what is to be sent.
    var outbox: String { path + "/outbox" }
    /// What the node has taken and not yet sent. Others look, and do not write.
    var sending: String { path + "/sending" }
    var sent: String { path + "/sent" }
    var refused: String { path + "/refused" }
    /// What came.
    var inbox: String { path + "/inbox" }
    /// What is being written. Nobody else looks.
    var work: String { path + "/.work" }

    /// Makes what is not there.
    ///
    /// - Throws: ``NodeError`` `file-unreadable` or `configuration-invalid`.
    func make() throws(NodeError) {
        try make(path, mode: 0o750)
        for place in [outbox, sent, refused, inbox] { try make(place, mode: 0o2770) }
        try make(sending, mode: 0o2750)
        try make(work, mode: 0o700, isOwn: true)
    }

    /// Takes away what an interrupted run left half-written: it has content.
    func clearWork() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: work) { unlink(work + "/" + name) }
    }

    private func make(_ place: String, mode: mode_t, isOwn: Bool = false) throws(NodeError) {
        let isNew = mkdir(place, 0o700) == 0
        guard isNew || errno == EEXIST else { throw Self.unusable(place) }
        let descriptor = open(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unusable(place) }
        defer { close(descriptor) }
        if isNew, !isOwn { try access?.give(descriptor, mode: mode, path: place) }
        guard place == path else { return }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.unusable(place) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw NodeError(
                .configurationInvalid,
                "\(path) must belong to the node's user, and nobody else may write into it: `chown` it, and `chmod go-w` it. "
                    + "Systems lay files into the folders in it")
        }
    }

    static func unusable(_ path: String) -> NodeError {
        NodeError(
            .fileUnreadable,
            "\(path) cannot be read, written or moved by this node; check owner, rights and free space",
            cause: String(cString: strerror(errno)))
    }
}

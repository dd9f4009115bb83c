import ExchangeCore
import Foundation

/// Which users of the machine, beside the node's own, may open its socket, and the files of its watched folder: the members
/// of one group.
///
/// The process makes everything for its own user alone; these are given away once they are there. Who comes in that way is
/// told apart from who operates the node by the number that the kernel has of it.
package struct SocketAccess: Hashable, Sendable {
    private let group: UInt32

    /// - Throws: ``NodeError`` `configuration-invalid`: there is no such group, or this user may not give files to it.
    package init(group name: String) throws(NodeError) {
        guard let entry = getgrnam(name) else {
            throw NodeError(
                .configurationInvalid,
                "`local.group`: this machine has no group \(name); make it with `addgroup --system \(name)`, or correct it"
            )
        }
        group = entry.pointee.gr_gid
        guard geteuid() == 0 || Self.own.contains(group) else {
            throw NodeError(
                .configurationInvalid,
                "`local.group`: this user is not in \(name), so that it cannot let it in; add it with `adduser USER "
                    + "\(name)`, and start the node from a new login")
        }
    }

    /// The groups of this process.
    private static var own: [UInt32] {
        let count = getgroups(0, nil)
        guard count >= 0 else { return [getegid()] }
        var groups = [gid_t](repeating: 0, count: Int(count))
        let found = getgroups(count, &groups)
        return [getegid()] + groups.prefix(Int(max(found, 0)))
    }

    /// Lets the group open the socket, which lies where this user alone may put files.
    func open(_ path: String) throws(NodeError) {
        guard chown(path, uid_t.max, group) == 0, chmod(path, 0o660) == 0 else { throw failed(path) }
    }

    /// Gives an open file or folder to the group. By its descriptor: a path may be another's by now.
    func give(_ descriptor: Int32, mode: mode_t, path: String) throws(NodeError) {
        guard fchown(descriptor, uid_t.max, group) == 0, fchmod(descriptor, mode) == 0 else { throw failed(path) }
    }

    private func failed(_ path: String) -> NodeError {
        NodeError(
            .configurationInvalid, "\(path) could not be given to the group of `local.group`",
            cause: String(cString: strerror(errno)))
    }
}

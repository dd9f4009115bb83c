import Foundation

/// Holds a TCP port of the loopback address for a node that will listen on it, now and after each restart.
///
/// The holder binds and does not listen. Linux lets another socket bind and listen beside it as long as both ask for
/// SO_REUSEADDR (socket(7)), gives the port to nobody who asks for any free one, and to no outgoing connection.
package final class PortHolder: Sendable {
    package static let host = "127.0.0.1"

    package let port: Int
    private let descriptor: Int32

    /// - Throws: `POSIXError` where no port can be had.
    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.lastError() }
        var yes: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(Self.host)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) == 0
                    && bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else {
            let error = Self.lastError()
            close(descriptor)
            throw error
        }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    private static func lastError() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

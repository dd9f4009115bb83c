import ExchangeCMS
import ExchangeCore
import Foundation
import Hummingbird
import HummingbirdTLS
import NIOCore
import NIOSSL

/// Who calls the API of the node's own organisation, and what it may do. The kernel or the handshake says who it is, never
/// the request.
struct Caller: Hashable, Sendable {
    /// Each allows what the one before allows.
    enum Rights: String, Comparable, Sendable {
        /// The organisation's systems: they submit, follow, take, decline and conclude, and look at all there is.
        case agency
        /// Who runs the node: also moves deliveries, ends alarms, and has the node read its files again.
        case `operator`

        static func < (left: Self, right: Self) -> Bool { left == .agency && right == .operator }
    }

    let actor: ActorID
    let rights: Rights

    /// A user of this machine. The node's own and the superuser operate it; others come in by the socket's group alone.
    init(user: UInt32, nodeUser: UInt32) {
        actor = .user(user)
        rights = user == 0 || user == nodeUser ? .operator : .agency
    }

    /// A system that showed a certificate which this node lists.
    init(certificate: Digest) {
        actor = .certificate(certificate)
        rights = .agency
    }
}

/// A request on the API of the node's own organisation, with the channel that it came on and who is at its other end.
struct LocalRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    private var known: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Whether its caller would be let in now, too; set with ``caller``.
    var isStillAdmitted: @Sendable () async -> Bool = { false }

    /// Known from the first middleware on.
    var caller: Caller {
        get {
            guard let known else { preconditionFailure("a request is admitted before it is answered") }
            return known
        }
        set { known = newValue }
    }
}

/// How a listener knows who calls.
enum CallerRecognition: Sendable {
    /// On the Unix socket: the kernel kept who connected (`SO_PEERCRED`, unix(7)).
    case peerCredentials(nodeUser: UInt32)
    /// On TLS: the handshake verified it, and this node lists the certificate.
    case certificate(AgencyClients)

    func caller(on channel: any Channel) async throws -> Caller {
        switch self {
        case .peerCredentials: return try await user(on: channel).get()
        case .certificate(let clients):
            guard let certificate = try await channel.nioSSL_peerCertificate().get() else {
                throw NodeError(.notPermitted, "no certificate was presented; call with one that this node lists")
            }
            // Looked at again: the connection may have been open since before it was taken out.
            let digest = sha256(try certificate.toDERBytes())
            guard clients.contains(digest) else {
                throw NodeError(
                    .notPermitted,
                    "this certificate is not among those in the file of `agency.clients`; have the node's operator add it"
                )
            }
            return Caller(certificate: digest)
        }
    }

    /// Who is at the other end of the socket.
    func user(on channel: any Channel) -> EventLoopFuture<Caller> {
        guard case .peerCredentials(let nodeUser) = self, let options = channel as? any SocketOptionProvider else {
            preconditionFailure("a connection on a socket has the socket's options")
        }
        let credentials: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return credentials.map { Caller(user: $0.user, nodeUser: nodeUser) }
    }
}

/// `struct ucred` of Linux (unix(7)), which the C library shows to who asks for its extensions alone.
private struct PeerCredentials: Sendable {
    let process: Int32
    let user: UInt32
    let group: UInt32
}

/// Who asked for something at this node's own side, as the operating system or a TLS handshake knows them: it is never
/// what a request says of itself.
///
/// Its text is kept beside what was asked for and stands in the audit log: `unix:1004` is a user of the machine,
/// `tls:` and the beginning of the SHA-256 of a certificate is a system that calls over the network, and `node:` a part
/// of the node itself.
public struct ActorID: Hashable, Sendable, CustomStringConvertible {
    public static let maximumBytes = 64
    public let text: String

    private init(_ text: String) {
        precondition(text.utf8.count <= Self.maximumBytes, "an actor of our own is short")
        self.text = text
    }

    /// A user of this machine, by the number that the kernel has.
    public static func user(_ number: UInt32) -> ActorID { ActorID("unix:\(number)") }

    /// A system that showed this certificate: the first 16 bytes of its SHA-256, in hexadecimal.
    public static func certificate(_ digest: Digest) -> ActorID { ActorID("tls:" + digest.description.prefix(32)) }

    /// The folder in which the agency's system lays what is to be sent.
    public static let watchedFolder = ActorID("node:watched-folder")
    /// The node itself, for what nobody asked for.
    public static let node = ActorID("node:self")

    public var description: String { text }
}

import ExchangeTesting
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import SignalExchange

/// A connection with no HTTP above it: a test writes what bytes it wants, and when.
struct RawConnection {
    typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: Channel
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Connects to a node, and closes the connection after `body`.
    ///
    /// - Parameter caller: whose certificate is presented; where it is `nil`, the connection does not even begin TLS.
    static func open<Result>(
        of caller: NodeHandle?, to node: NodeHandle, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let tls = try caller.map { caller in
            let folder = caller.folder
            return try TLSConfiguration.caller(
                certificates: [folder.certificate(.tls), folder.intermediates].map { URL(filePath: $0) },
                key: URL(filePath: folder.key(.tls)), anchors: URL(filePath: folder.anchors))
        }
        return try await open(with: tls, to: node.port, body)
    }

    /// - Parameter tls: of the side that calls; where it is `nil`, the connection does not even begin TLS.
    static func open<Result>(
        with tls: TLSConfiguration?, to port: Int, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let context = try tls.map { tls in
            var tls = tls
            tls.shutdownTimeout = .milliseconds(100)
            return try NIOSSLContext(configuration: tls)
        }
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: PortHolder.host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    return try Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await use(channel, body)
    }

    static func use<Result>(
        _ channel: Channel, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                channel: channel, inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    func write(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func write(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// The next bytes that come; `nil` when the other side has closed.
    mutating func read() async throws -> String? { try await inbound.next().map { String(buffer: $0) } }

    /// Returns when the other side has closed, in whatever way.
    mutating func waitForClose() async {
        do {
            while try await inbound.next() != nil {}
        } catch {
            // A reset is an end like any other.
        }
    }

    /// The DER of the certificate that the other side presented.
    var peerCertificate: [UInt8]? {
        get async throws { try await channel.channel.nioSSL_peerCertificate().get()?.toDERBytes() }
    }
}

/// A member's port or socket with no node behind it: it takes connections, and does what a test wants of each.
enum RawServer {
    private typealias Listener = NIOAsyncChannel<RawConnection.Channel, Never>

    /// Serves on a member's port over mutual TLS, while `body` runs.
    ///
    /// - Parameters:
    ///   - node: whose port it is.
    ///   - identity: certificates and key to present; the node's own where it is `nil`.
    ///   - anchor: the authority whose certificates it takes; the node's own where it is `nil`.
    static func run<Result: Sendable>(
        as node: NodeHandle, identity: (certificates: [URL], key: URL)? = nil, trusting anchor: URL? = nil,
        serving serve: @escaping @Sendable (inout RawConnection) async throws -> Void,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let folder = node.folder
        let (certificates, key) =
            identity
            ?? (
                [folder.certificate(.tls), folder.intermediates].map { URL(filePath: $0) },
                URL(filePath: folder.key(.tls))
            )
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try certificates.flatMap { try NIOSSLCertificate.fromPEMFile($0.path) }
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key.path, format: .pem)))
        tls.certificateVerification = .noHostnameVerification
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(anchor?.path ?? folder.anchors))
        tls.shutdownTimeout = .milliseconds(100)
        let context = try NIOSSLContext(configuration: tls)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: PortHolder.host, port: node.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    return try RawConnection.Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await run(server, serve, body)
    }

    /// Serves on a Unix socket, while `body` runs.
    static func run<Result: Sendable>(
        onSocket path: String, serving serve: @escaping @Sendable (inout RawConnection) async throws -> Void,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try RawConnection.Channel(wrappingChannelSynchronously: channel)
                }
            }
        return try await run(server, serve, body)
    }

    private static func run<Result: Sendable>(
        _ server: Listener, _ serve: @escaping @Sendable (inout RawConnection) async throws -> Void,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    await withDiscardingTaskGroup { group in
                        do {
                            for try await channel in connections {
                                group.addTask {
                                    // What a caller that hangs up does to a connection ends that connection alone.
                                    _ = try? await RawConnection.use(channel) { try await serve(&$0) }
                                }
                            }
                        } catch {
                            // The socket was closed with the test.
                        }
                        group.cancelAll()
                    }
                }
                return nil
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let result = ended { return result }
            }
            throw CancellationError()
        }
    }
}

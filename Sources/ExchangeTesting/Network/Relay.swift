import NIOCore
import NIOPosix

/// Carries TCP connections from a port of its own to one of the loopback address, until it is cut or in trouble.
///
/// A cut closes what is open and each connection that comes, at once: the caller sees a partner that cannot be reached,
/// and not one that is silent. It needs no privilege, for it changes nothing of the machine's network.
final class Relay: Sendable {
    let port: Int
    private let server: any Channel
    private let connections: RelayedConnections

    private init(server: any Channel, port: Int, connections: RelayedConnections) {
        self.server = server
        self.port = port
        self.connections = connections
    }

    /// Listens on a port that is free.
    ///
    /// - Parameter target: the port that is called for each connection; nobody has to listen there yet.
    static func listen(for target: Int) async throws -> Relay {
        let connections = RelayedConnections()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { caller in
                // Nothing of the caller's is read before this is done.
                connect(caller, to: target, connections)
            }
            .bind(host: PortHolder.host, port: 0).get()
        guard let port = server.localAddress?.port else {
            preconditionFailure("a socket that listens on TCP has a port")
        }
        return Relay(server: server, port: port, connections: connections)
    }

    /// Returns when no connection is open; none is taken until ``mend()``.
    func cut() async {
        for channel in connections.cut() { await Self.close(channel) }
    }

    /// From now on, and until ``mend()``; one trouble at a time.
    func trouble(with trouble: RelayTrouble) { connections.trouble(with: trouble) }

    /// Takes a cut and a trouble back. What waited goes on.
    func mend() {
        for channel in connections.mend() { channel.pipeline.fireUserInboundEventTriggered(JoinedHandler.Mended()) }
    }

    var counts: RelayCounts { connections.counts }

    /// Cuts it for ever, and gives the port back.
    func close() async {
        await Self.close(server)
        await cut()
    }

    private static func connect(
        _ caller: any Channel, to target: Int, _ connections: RelayedConnections
    ) -> EventLoopFuture<Void> {
        guard connections.admit(caller, isCaller: true) else { return caller.eventLoop.makeFailedFuture(IsCut()) }
        let (near, far) = JoinedHandler.pair(connections)
        do {
            try caller.pipeline.syncOperations.addHandler(near)
        } catch {
            return caller.eventLoop.makeFailedFuture(error)
        }
        let boundFar = NIOLoopBound(far, eventLoop: caller.eventLoop)
        // On the caller's own loop, so that both ends may touch each other.
        return ClientBootstrap(group: caller.eventLoop)
            .channelInitializer { partner in
                guard connections.admit(partner, isCaller: false) else {
                    return partner.eventLoop.makeFailedFuture(IsCut())
                }
                return partner.eventLoop.makeCompletedFuture {
                    try partner.pipeline.syncOperations.addHandler(boundFar.value)
                }
            }
            .connect(host: PortHolder.host, port: target)
            .map { _ in }
    }

    private static func close(_ channel: any Channel) async {
        channel.close(promise: nil)
        // What is closed already has a future that is complete; how it closed says nothing to anybody.
        try? await channel.closeFuture.get()
    }

    private struct IsCut: Error {}
}

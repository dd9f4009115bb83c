import NIOCore
import NIOPosix
import Synchronization

/// Carries TCP connections from a port of its own to one of the loopback address, until it is cut.
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

    func mend() { connections.mend() }

    /// Cuts it for ever, and gives the port back.
    func close() async {
        await Self.close(server)
        await cut()
    }

    private static func connect(
        _ caller: any Channel, to target: Int, _ connections: RelayedConnections
    ) -> EventLoopFuture<Void> {
        guard connections.admit(caller) else { return caller.eventLoop.makeFailedFuture(IsCut()) }
        let (near, far) = JoinedHandler.pair()
        do {
            try caller.pipeline.syncOperations.addHandler(near)
        } catch {
            return caller.eventLoop.makeFailedFuture(error)
        }
        let boundFar = NIOLoopBound(far, eventLoop: caller.eventLoop)
        // On the caller's own loop, so that both ends may touch each other.
        return ClientBootstrap(group: caller.eventLoop)
            .channelInitializer { partner in
                guard connections.admit(partner) else { return partner.eventLoop.makeFailedFuture(IsCut()) }
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

/// What is open through a relay, and whether more may come.
private final class RelayedConnections: Sendable {
    private struct State {
        var isCut = false
        var open: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())

    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            if !state.isCut { state.open[key] = channel }
            return !state.isCut
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [weak self] _ in
                self?.state.withLock { $0.open[key] = nil }
            }
        }
        return isAdmitted
    }

    func cut() -> [any Channel] {
        state.withLock { state in
            state.isCut = true
            return Array(state.open.values)
        }
    }

    func mend() { state.withLock { $0.isCut = false } }
}

/// One of two handlers, each in a channel of its own on one event loop: what one reads the other writes, as fast as it
/// can, and what ends one ends both.
private final class JoinedHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var partner: JoinedHandler?
    private var context: ChannelHandlerContext?
    private var wantsToRead = false

    static func pair() -> (JoinedHandler, JoinedHandler) {
        let (one, other) = (JoinedHandler(), JoinedHandler())
        (one.partner, other.partner) = (other, one)
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        self.context = nil
        partner = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        // The caller may have gone while the connection to the one it called was made.
        guard partner?.context != nil else { return context.close(promise: nil) }
        // The other end may have wanted to read before this one could take anything.
        partner?.readOn()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner?.context?.write(wrapOutboundOut(unwrapInboundIn(data)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readOn() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func read(context: ChannelHandlerContext) {
        let isTaken = partner?.context.map { $0.channel.isActive && $0.channel.isWritable } ?? false
        wantsToRead = !isTaken
        if isTaken { context.read() }
    }

    private func readOn() {
        guard wantsToRead else { return }
        wantsToRead = false
        context?.read()
    }
}

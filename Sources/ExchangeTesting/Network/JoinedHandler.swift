import ExchangeCore
import NIOCore

/// One of two handlers, each in a channel of its own on one event loop: what one reads the other writes, as fast as it
/// can and as the relay's troubles allow, and what ends one ends both.
final class JoinedHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Fired into every channel of a relay that was mended.
    struct Mended: Sendable {}

    private let side: RelayTrouble.Side
    private let connections: RelayedConnections
    private var partner: JoinedHandler?
    private var context: ChannelHandlerContext?
    private var wantsToRead = false
    /// What has come, and waits for the relay to be mended.
    private var waiting: [ByteBuffer] = []

    private init(_ side: RelayTrouble.Side, _ connections: RelayedConnections) {
        self.side = side
        self.connections = connections
    }

    /// The caller's end, and that of whom it calls.
    static func pair(_ connections: RelayedConnections) -> (JoinedHandler, JoinedHandler) {
        let (one, other) = (JoinedHandler(.caller, connections), JoinedHandler(.called, connections))
        (one.partner, other.partner) = (other, one)
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        self.context = nil
        partner = nil
        waiting = []
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        // The caller may have gone while the connection to the one it called was made.
        guard partner?.context != nil else { return context.close(promise: nil) }
        // The other end may have wanted to read before this one could take anything.
        partner?.readOn()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        switch connections.pass(piece.readableBytes, of: side) {
        case .whole: partner?.context?.write(wrapOutboundOut(piece), promise: nil)
        case .none: waiting.append(piece)
        case .part(let byteCount):
            if let part = piece.readSlice(length: byteCount), byteCount > 0 {
                partner?.context?.writeAndFlush(wrapOutboundOut(part), promise: nil)
            }
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { partner?.context?.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readOn() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Mended else { return context.fireUserInboundEventTriggered(event) }
        let pieces = waiting
        waiting = []
        for piece in pieces { partner?.context?.write(wrapOutboundOut(piece), promise: nil) }
        partner?.context?.flush()
        readOn()
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func read(context: ChannelHandlerContext) {
        let isTaken = partner?.context.map { $0.channel.isActive && $0.channel.isWritable } ?? false
        guard isTaken, waiting.isEmpty, let delay = connections.delay(of: side) else {
            wantsToRead = true
            return
        }
        wantsToRead = false
        guard delay > .zero else { return context.read() }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(delay.count)) { [self] in
            self.context?.read()
        }
    }

    private func readOn() {
        guard wantsToRead, let context else { return }
        // Through the same question: it may be in trouble again.
        read(context: context)
    }
}

import ExchangeCMS
import ExchangeCore
import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOSSL
import NIOTLS

/// Watches one connection over TLS from its door to its end, of a partner's node or of a system of the organisation's own: a
/// stranger's handshake does not hold a place for long, a partner has no more connections than it may, a request comes to its
/// end, and who does not take an answer loses the connection.
///
/// It stands between HTTP and what answers. A connection on which nothing is asked is the server's idle time to end; here is
/// what goes on and on, or goes nowhere.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let context: NodeContext
    private let connections: PartnerPlaces?
    /// Whose place this connection has.
    private var partner: OIN?
    private var handshakeEnd: Scheduled<Void>?
    private var requestEnd: Scheduled<Void>?
    /// Parts of answers that are not with the kernel yet.
    private var unwrittenParts = 0
    private var answerEnd: Scheduled<Void>?

    /// - Parameter connections: of all partners; a place in it is given back when this connection ends. `nil` for the
    ///   organisation's own systems, which have no places of their own.
    init(_ context: NodeContext, connections: PartnerPlaces?) {
        self.context = context
        self.connections = connections
    }

    func channelActive(context channel: ChannelHandlerContext) {
        let span = context.limits.peerHandshakeMaximum
        handshakeEnd = closing(channel, after: span, because: "its handshake took longer than \(span.count) ms")
        channel.fireChannelActive()
    }

    func channelInactive(context channel: ChannelHandlerContext) {
        for end in [handshakeEnd, requestEnd, answerEnd] { end?.cancel() }
        if let partner { connections?.leave(by: partner) }
        partner = nil
        channel.fireChannelInactive()
    }

    func userInboundEventTriggered(context channel: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { handshakeCompleted(channel) }
        channel.fireUserInboundEventTriggered(event)
    }

    /// Who it is was judged in the handshake; what is looked for here is whose place it takes.
    private func handshakeCompleted(_ channel: ChannelHandlerContext) {
        handshakeEnd?.cancel()
        guard let connections else { return }
        do {
            guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate(),
                let caller = context.communityHolder.last.caller(sha256(try certificate.toDERBytes()))?.oin
            else {
                channel.close(promise: nil)
                return
            }
            guard connections.enter(by: caller) else {
                context.warn(
                    "a connection was closed", cause: "it is one more than the \(connections.maximum) it may have",
                    from: caller)
                channel.close(promise: nil)
                return
            }
            partner = caller
        } catch {
            context.warn("a connection was closed", cause: "its certificate cannot be read: \(error)", from: nil)
            channel.close(promise: nil)
        }
    }

    /// A body that comes byte by byte is never idle, and nobody may read that of a request which was turned away.
    func channelRead(context channel: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            let span = context.limits.requestBodyMaximum
            requestEnd?.cancel()
            requestEnd = closing(
                channel, after: span, because: "a request's body did not come in time, \(span.count) ms")
        case .body: break
        case .end: requestEnd?.cancel()
        }
        channel.fireChannelRead(data)
    }

    func write(context channel: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Each part by itself: a stream of events is one answer, and has no end while all is well.
        unwrittenParts += 1
        if unwrittenParts == 1 { waitForReader(channel) }
        let written = promise ?? channel.eventLoop.makePromise()
        written.futureResult.assumeIsolated().whenComplete { _ in self.partWritten(channel) }
        channel.write(data, promise: written)
    }

    private func partWritten(_ channel: ChannelHandlerContext) {
        answerEnd?.cancel()
        unwrittenParts -= 1
        if unwrittenParts > 0 { waitForReader(channel) }
    }

    private func waitForReader(_ channel: ChannelHandlerContext) {
        let span = context.limits.requestBodyMaximum
        answerEnd = closing(channel, after: span, because: "its answer was not taken within \(span.count) ms")
    }

    private func closing(
        _ channel: ChannelHandlerContext, after span: Milliseconds, because cause: String
    ) -> Scheduled<Void> {
        channel.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(span.count)) {
            guard channel.channel.isActive else { return }
            self.context.warn(
                self.connections == nil ? "a connection to the API was closed" : "a connection was closed",
                cause: cause, from: self.partner)
            channel.close(promise: nil)
        }
    }
}

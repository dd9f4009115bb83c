import ExchangeCore
import Foundation
import Logging
import NIOCore
import NIOTLS
import Synchronization

/// Keeps some connections of the socket for who operates the node: systems have fewer than there are, and one more is closed.
/// Whoever runs wild must not keep the operator from seeing it.
final class SystemPlaces: Sendable {
    private let maximum: Int
    private let taken = Mutex(0)

    init(maximum: Int) { self.maximum = maximum }

    func enter() -> Bool {
        taken.withLock { taken in
            guard taken < maximum else { return false }
            taken += 1
            return true
        }
    }

    func leave() { taken.withLock { $0 -= 1 } }
}

/// Watches one connection on the socket: a system's takes one of their places.
final class SocketWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let recognition: CallerRecognition
    private let places: SystemPlaces
    private let logger: Logger
    private var hasPlace = false

    init(_ recognition: CallerRecognition, places: SystemPlaces, logger: Logger) {
        self.recognition = recognition
        self.places = places
        self.logger = logger
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        // On the loop: whether it may stay is known before anything that it asks is answered.
        recognition.user(on: channel).assumeIsolated().whenComplete { result in
            let rights = (try? result.get())?.rights
            guard rights != .operator, channel.isActive else { return }
            self.hasPlace = rights != nil && self.places.enter()
            guard !self.hasPlace else { return }
            self.logger.warning("a connection on the socket was closed: systems have all that they may have")
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hasPlace { places.leave() }
        hasPlace = false
        context.fireChannelInactive()
    }
}

/// Ends a connection whose TLS handshake takes too long: whoever has no certificate must not hold a place for long.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let span: Milliseconds
    private var end: Scheduled<Void>?

    init(within span: Milliseconds) { self.span = span }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: .milliseconds(span.count)) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { end?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }
}

import ExchangeCore
import Foundation
import NIOCore
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
    private let node: NodeContext
    private var hasPlace = false

    init(_ recognition: CallerRecognition, places: SystemPlaces, node: NodeContext) {
        self.recognition = recognition
        self.places = places
        self.node = node
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        // On the loop: whether it may stay is known before anything that it asks is answered.
        recognition.user(on: channel).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error): self.close(channel, because: "the kernel does not say whose it is: \(error)")
            case .success(let caller) where caller.rights == .operator || !channel.isActive: break
            case .success:
                self.hasPlace = self.places.enter()
                if !self.hasPlace {
                    self.close(channel, because: "systems have all the connections that they may have")
                }
            }
        }
        context.fireChannelActive()
    }

    private func close(_ channel: any Channel, because cause: String) {
        node.warn("a connection on the socket was closed", cause: cause, from: nil)
        channel.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hasPlace { places.leave() }
        hasPlace = false
        context.fireChannelInactive()
    }
}

import ExchangeCore
import NIOCore
import NIOPosix
import Testing

@testable import ExchangeTesting

/// What a relay says it does to a connection is what the two ends see of it.
@Suite struct RelayTests {
    /// Says back what it is told, to everybody.
    private struct Echo {
        let server: any Channel
        let relay: Relay

        init() async throws {
            server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(EchoHandler())
                    }
                }
                .bind(host: PortHolder.host, port: 0).get()
            relay = try await Relay.listen(for: try #require(server.localAddress?.port))
        }

        func close() async throws {
            await relay.close()
            try await server.close().get()
        }

        /// A connection through the relay, which speaks and hears whole pieces.
        func talk<Value: Sendable>(_ body: (Talk) async throws -> Value) async throws -> Value {
            let (heard, ear) = AsyncStream.makeStream(of: String.self)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(HearingHandler(ear))
                    }
                }
                .connect(host: PortHolder.host, port: relay.port).get()
            let value = try await body(Talk(channel: channel, heard: heard))
            channel.close(promise: nil)
            return value
        }
    }

    private struct Talk {
        let channel: any Channel
        let heard: AsyncStream<String>

        func say(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }

        /// Returns when so much was heard, or the connection has ended.
        func hear(_ byteCount: Int) async throws -> String {
            let heard = heard
            return try await within(.seconds(20), "\(byteCount) bytes of an echo") {
                var text = ""
                for await piece in heard {
                    text += piece
                    if text.utf8.count >= byteCount { break }
                }
                return text
            }
        }
    }

    private func withEcho(_ body: (Echo) async throws -> Void) async throws {
        let echo = try await Echo()
        do { try await body(echo) } catch {
            try await echo.close()
            throw error
        }
        try await echo.close()
    }

    @Test(arguments: RelayTrouble.Side.allCases)
    func `what is held waits, and goes on in its order when the relay is mended`(side: RelayTrouble.Side) async throws {
        try await withEcho { echo in
            try await echo.talk { talk in
                try await talk.say("before ")
                #expect(try await talk.hear(7) == "before ")
                echo.relay.trouble(with: .held(side))
                try await talk.say("one ")
                // A piece is held once it has come to the relay: then, and not before, it is known to wait.
                _ = try await within(.seconds(20), "a piece to be held") {
                    try await poll { echo.relay.counts.held > 0 ? true : nil }
                }
                try await talk.say("two ")
                echo.relay.mend()
                #expect(try await talk.hear(8) == "one two ")
            }
            #expect(echo.relay.counts.severed == 0 && echo.relay.counts.closed == 0)
        }
    }

    @Test(arguments: RelayTrouble.Side.allCases)
    func `a connection is severed at the byte that was named, and only one`(side: RelayTrouble.Side) async throws {
        try await withEcho { echo in
            echo.relay.trouble(with: .severed(side, afterBytes: 6))
            try await echo.talk { talk in
                try await talk.say("abcd")
                #expect(try await talk.hear(4) == "abcd")
                try await talk.say("efgh")
                // What the caller hears ends with the connection, two bytes later or none.
                let rest = try await talk.hear(.max)
                #expect(side == .called ? rest == "ef" : "ef".hasPrefix(rest), "\(rest)")
            }
            #expect(echo.relay.counts.severed == 1)
            try await echo.talk { talk in
                try await talk.say("as ever")
                #expect(try await talk.hear(7) == "as ever")
            }
            #expect(echo.relay.counts.severed == 1)
        }
    }

    @Test func `what is slowed comes, and is counted`() async throws {
        try await withEcho { echo in
            echo.relay.trouble(with: .slowed(Milliseconds(20)))
            try await echo.talk { talk in
                try await talk.say("slowly")
                #expect(try await talk.hear(6) == "slowly")
            }
            #expect(echo.relay.counts.slowed > 0)
        }
    }

    @Test func `a cut closes what is open and turns away what comes, until it is mended`() async throws {
        try await withEcho { echo in
            try await echo.talk { talk in
                try await talk.say("open")
                #expect(try await talk.hear(4) == "open")
                await echo.relay.cut()
                #expect(try await talk.hear(.max) == "")
            }
            #expect(echo.relay.counts.closed == 1)
            let turnedAway = try await echo.talk { talk in try await talk.hear(.max) }
            #expect(turnedAway == "")
            #expect(echo.relay.counts.turnedAway == 1)
            echo.relay.mend()
            try await echo.talk { talk in
                try await talk.say("again")
                #expect(try await talk.hear(5) == "again")
            }
        }
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(unwrapInboundIn(data)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class HearingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ear: AsyncStream<String>.Continuation

    init(_ ear: AsyncStream<String>.Continuation) { self.ear = ear }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        ear.yield(String(buffer: unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { ear.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

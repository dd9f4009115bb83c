import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// The head of a request whose body a test writes, or does not.
private func head(bodyBytes: Int) -> String {
    "POST /exchange/v1/tally HTTP/1.1\r\nhost: node\r\ncontent-type: application/vnd.signal-exchange.tally\r\n"
        + "content-length: \(bodyBytes)\r\n\r\n"
}

extension Nodes {
    /// How much of a node its partners may hold at once.
    @Suite(
        .community(running: "nidos", limits: ["peerMaximumConnections": 24, "peerMaximumConnectionsPerPartner": 12]))
    struct PeerServerTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let coa: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
            coa = try Stage.foreignNode("coa")
        }

        /// Returns the first answer to a tally of the member that has the status.
        private func reply(_ status: UInt, to member: ForeignNode) async throws -> PeerCaller.Reply {
            let (caller, tally, nidos) = (try member.client(), try member.tally(for: nidos.oin), nidos)
            return try await within(.seconds(20), "an answer with status \(status)") {
                try await poll {
                    let reply = try await caller.post(tally, .tally, to: nidos)
                    return reply.status == status ? reply : nil
                }
            }
        }

        @Test func `a partner has so many requests under way and no more, and one more is not read`() async throws {
            let (nidos, handle) = (nidos, avim.handle)
            // A tally that is under way can take a place for a moment: who is turned away tries again.
            let holders = (0..<ProtocolLimits.partnerMaximumRequestsUnderWay).map { _ in
                Task {
                    while !Task.isCancelled {
                        try? await RawConnection.open(of: handle, to: nidos) { connection in
                            try await connection.write(head(bodyBytes: 1000) + "x")
                            _ = try await connection.read()
                        }
                    }
                }
            }
            defer { for holder in holders { holder.cancel() } }
            let refused = try await reply(503, to: avim)
            #expect(refused.problem?["title"]?.text == RequestErrorCode.nodeUnavailable.rawValue)
            // Of this one nothing but the head is ever sent.
            let answer = try await within(.seconds(10), "an answer to a head without its body") {
                try await RawConnection.open(of: handle, to: nidos) { connection in
                    try await connection.write(head(bodyBytes: 1000))
                    return try await connection.read()
                }
            }
            #expect(answer?.hasPrefix("HTTP/1.1 503 ") == true, "\(answer ?? "")")
            #expect(answer?.lowercased().contains("connection: close") == true, "\(answer ?? "")")
            #expect(try await reply(200, to: coa).status == 200, "another partner is answered")
            for holder in holders { holder.cancel() }
            #expect(try await reply(200, to: avim).status == 200, "what has ended is not counted")
        }

        @Test func `a partner has so many connections and no more, and others have theirs`() async throws {
            let (nidos, handle) = (nidos, avim.handle)
            try await Self.hold(12, of: handle, to: nidos) {
                try await within(.seconds(10), "one more connection to be closed") {
                    try await RawConnection.open(of: handle, to: nidos) { await $0.waitForClose() }
                }
                #expect(try await reply(200, to: coa).status == 200)
            }
            #expect(try await reply(200, to: avim).status == 200, "what has ended is not counted")
        }

        /// Runs `body` while a partner holds connections on which it has had an answer.
        private static func hold(
            _ count: Int, of caller: NodeHandle, to node: NodeHandle, _ body: () async throws -> Void
        ) async throws {
            guard count > 0 else { return try await body() }
            try await RawConnection.open(of: caller, to: node) { connection in
                try await connection.write("GET /elsewhere HTTP/1.1\r\nhost: node\r\n\r\n")
                #expect(try await connection.read()?.hasPrefix("HTTP/1.1 404 ") == true, "\(count) left to open")
                try await hold(count - 1, of: caller, to: node, body)
            }
        }

        @Test func `what a partner is refused again and again is one line of the log`() async throws {
            let (caller, text) = (try coa.client(), "content-type must be")
            for _ in 0..<40 {
                let reply = try await caller.post([1], .tally, to: nidos, mediaType: "application/json")
                #expect(reply.status == 400)
            }
            try await nidos.waitForLog(text)
            let lines = try String(contentsOf: nidos.process.log, encoding: .utf8).split(separator: "\n")
            #expect(lines.count { $0.contains(text) } == 1)
        }

        @Test func `bodies that break off fill no log, and are no fault of this node's`() async throws {
            let (nidos, handle) = (nidos, coa.handle)
            for _ in 0..<20 {
                try await RawConnection.open(of: handle, to: nidos) { connection in
                    try await connection.write("GET /elsewhere HTTP/1.1\r\nhost: node\r\n\r\n")
                    _ = try await connection.read()
                    try await connection.write(head(bodyBytes: 1000) + "x")
                }
            }
            try await nidos.waitForLog("the body broke off")
            #expect(try await reply(200, to: coa).status == 200)
            let lines = try String(contentsOf: nidos.process.log, encoding: .utf8).split(separator: "\n")
            // How a connection ended can be told in two or three ways, and each is a line.
            #expect((1...4).contains(lines.count { $0.contains("the body broke off") }))
            #expect(!lines.contains { $0.contains("a request failed") })
        }

        @Test func `connections beyond the limit wait until others end`() async throws {
            let nidos = nidos
            let (opened, over) = (Latch<Void>(), Latch<Void>())
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await Self.hold(40, to: nidos, opened: opened, until: over) }
                try await opened.wait()
                let (caller, tally) = (try coa.client(), try coa.tally(for: nidos.oin))
                await #expect(throws: DeadlineExceeded.self) {
                    try await within(.seconds(2), "an answer that must not come") {
                        try await caller.post(tally, .tally, to: nidos)
                    }
                }
                over.settle(())
                #expect(try await reply(200, to: coa).status == 200)
            }
        }

        /// Holds connections that never begin TLS.
        private static func hold(
            _ count: Int, to node: NodeHandle, opened: Latch<Void>, until over: Latch<Void>
        ) async throws {
            guard count > 0 else {
                opened.settle(())
                return try await over.wait()
            }
            try await RawConnection.open(of: nil, to: node) { _ in
                try await hold(count - 1, to: node, opened: opened, until: over)
            }
        }

        @Test func `a renewed certificate is presented without a restart`() async throws {
            let (nidos, handle) = (nidos, coa.handle)
            let before = try await RawConnection.open(of: handle, to: nidos) { connection in
                try await connection.write(head(bodyBytes: 0))
                _ = try await connection.read()
                return try await connection.peerCertificate
            }
            let renewed = try nidos.renewTLS(of: community.pki)
            #expect(try #require(before) != renewed.der)
            try renewed.install()
            try await nidos.api.reload()
            let after = try await RawConnection.open(of: handle, to: nidos) { connection in
                try await connection.write(head(bodyBytes: 0))
                _ = try await connection.read()
                return try await connection.peerCertificate
            }
            #expect(after == renewed.der)
        }
    }

    /// What comes slowly or not at all, with the spans for it cut short.
    @Suite(.community(running: "nidos", limits: ["peerIdleSeconds": 1, "requestBodySeconds": 3]))
    struct SlowPeerTests {
        let nidos: NodeHandle
        let avim: ForeignNode

        init() throws {
            nidos = try #require(Stage.community)[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        @Test func `a connection on which nothing comes is closed, with TLS or without`() async throws {
            for caller in [avim.handle, nil] {
                let nidos = nidos
                try await within(.seconds(15), "an idle connection to be closed") {
                    try await RawConnection.open(of: caller, to: nidos) { await $0.waitForClose() }
                }
            }
        }

        /// Sends a body of 60,000 bytes one by one, until the node closes.
        private func drip(_ head: String) async throws {
            let (nidos, handle) = (nidos, avim.handle)
            try await within(.seconds(20), "a dripping body to be cut off") {
                try await RawConnection.open(of: handle, to: nidos) { connection in
                    try await connection.write(head)
                    do {
                        while true {
                            try await connection.write("x")
                            try await pass(Milliseconds(200))
                        }
                    } catch is CancellationError {
                        throw CancellationError()
                    } catch {
                        // Closed by the node: nothing can be written any more.
                    }
                }
            }
        }

        @Test func `who takes no answers loses the connection`() async throws {
            let (nidos, handle, tally) = (nidos, avim.handle, try avim.tally(for: nidos.oin))
            let request = Array(head(bodyBytes: tally.count).utf8) + tally
            try await within(.seconds(60), "a connection to be closed on which nothing is read") {
                try await RawConnection.open(of: handle, to: nidos) { connection in
                    do {
                        while true { try await connection.write(request) }
                    } catch is CancellationError {
                        throw CancellationError()
                    } catch {
                        // Closed by the node: nothing can be written any more.
                    }
                }
            }
            try await nidos.waitForLog("its answer was not taken")
        }

        @Test func `a body that comes byte by byte is cut off`() async throws {
            try await drip(head(bodyBytes: 60_000))
            try await nidos.waitForLog("body did not come in time")
            let reply = try await avim.client().post(avim.tally(for: nidos.oin), .tally, to: nidos)
            #expect(reply.status == 200, "\(reply.text)")
        }

        @Test(arguments: [("vnd.signal-exchange.tally", "json"), ("/exchange/v1/tally", "/elsewhere")])
        func `a body that goes on after its request was turned away is cut off too`(
            part: String, other: String
        ) async throws {
            try await drip(head(bodyBytes: 60_000).replacing(part, with: other))
        }
    }

    /// A node that gives a handshake a second, and what comes after it a minute.
    @Suite(.community(running: "nidos", limits: ["peerHandshakeSeconds": 1, "peerIdleSeconds": 60]))
    struct HandshakeTests {
        @Test func `a handshake that does not end is cut off, and a connection after its handshake is not`()
            async throws
        {
            let nidos = try #require(Stage.community)[slug: "nidos"]
            let member = try Stage.foreignNode("avim")
            try await RawConnection.open(of: member.handle, to: nidos) { connection in
                let request = "GET /elsewhere HTTP/1.1\r\nhost: node\r\n\r\n"
                try await connection.write(request)
                #expect(try await connection.read() != nil)
                try await within(.seconds(15), "a connection without a handshake to be closed") {
                    try await RawConnection.open(of: nil, to: nidos) { await $0.waitForClose() }
                }
                try await connection.write(request)
                #expect(try await connection.read() != nil, "it has been open for longer than a handshake may take")
            }
        }
    }
}

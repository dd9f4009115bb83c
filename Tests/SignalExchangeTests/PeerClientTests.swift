import ExchangeCMS
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Synchronization
import Testing

extension Nodes {
    /// What a node's own connections bear from the other side.
    @Suite(.community()) struct PeerClientTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity
        let clock = NodeClock()
        let holder: CommunityHolder

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
            holder = try CommunityHolder(folder: avim.folder, known: nil, now: clock.now)
        }

        private func withClient<Result>(
            requestTimeout: Milliseconds = .seconds(10), _ body: (PeerClient) async throws -> Result
        ) async throws -> Result {
            let (holder, clock) = (holder, clock)
            let client = PeerClient(
                partner: nidos.oin, requestTimeout: requestTimeout, now: { clock.now.wall },
                community: { holder.current(clock.now) })
            do {
                let result = try await body(client)
                await client.shutdown()
                return result
            } catch {
                await client.shutdown()
                throw error
            }
        }

        /// How far an answer comes that never ends.
        enum Manner: CaseIterable {
            case nothing, head, drip
        }

        @Test(arguments: Manner.allCases)
        func `an answer that does not come whole in time is given up, also where it drips`(manner: Manner) async throws
        {
            try await RawServer.run(as: nidos) { connection in
                _ = try await connection.read()
                if manner != .nothing { try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n") }
                while true {
                    try await pass(Milliseconds(100))
                    if manner == .drip { try await connection.write("x") }
                }
            } _: {
                try await withClient(requestTimeout: .seconds(1)) { client in
                    let error = await #expect(throws: NodeError.self) {
                        try await within(.seconds(15), "the request to be given up") {
                            try await client.exchangeTally([0])
                        }
                    }
                    #expect(error?.code == .partnerUnreachable)
                    #expect(error?.cause?.contains("no whole answer within 1000 ms") == true, "\(error?.cause ?? "")")
                }
            }
        }

        @Test func `another certificate of the partner's name than the directory has is asked nothing`() async throws {
            let asked = Mutex(0)
            let renewed = try nidos.renewTLS(of: community.pki)
            let identity = try renewed.identity(in: community)
            try await RawServer.run(as: nidos, identity: identity) { connection in
                if try await connection.read() != nil { asked.withLock { $0 += 1 } }
            } _: {
                try await withClient { client in
                    let error = await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                    let cause = try #require(error?.cause)
                    #expect(cause.contains("the directory has another TLS certificate for \(nidos.oin)"), "\(cause)")
                }
            }
            #expect(asked.withLock(\.self) == 0)
        }

        @Test func `why no answer came is said in words, and names no file of a library`() async throws {
            try await withClient { client in
                let error = await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                #expect(error?.cause == "nobody listens there")
            }
            // A server that trusts other authorities refuses our certificate in the handshake.
            let other = try ExamplePKI.make(in: community.folder.appending(path: "unforgiving"))
            try await RawServer.run(as: nidos, trusting: other.root.certificate) { connection in
                _ = try await connection.read()
            } _: {
                try await withClient { client in
                    let error = await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                    let cause = try #require(error?.cause)
                    #expect(
                        cause.hasPrefix("it refuses our TLS certificate") || cause.hasPrefix("it hung up"), "\(cause)")
                    #expect(!cause.contains("/"), "\(cause)")
                }
            }
        }

        @Test func `a redirection is not followed`() async throws {
            let asked = Mutex<[String]>([])
            try await RawServer.run(as: nidos) { connection in
                while let text = try await connection.read() {
                    guard text.hasPrefix("POST ") else { continue }
                    let count = asked.withLock { asked in
                        asked.append(text)
                        return asked.count
                    }
                    try await connection.write(
                        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere/\(count)\r\ncontent-length: 0\r\n\r\n")
                }
            } _: {
                try await withClient { client in
                    let error = await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                    #expect(error?.message.contains("with status 307") == true, "\(error?.message ?? "")")
                }
            }
            #expect(asked.withLock(\.count) == 1)
        }

        @Test func `what a partner says of an error is kept without its control characters`() async throws {
            try await RawServer.run(as: nidos) { connection in
                _ = try await connection.read()
                try await connection.write("HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nno\u{1B}[2J\r\nno")
                await connection.waitForClose()
            } _: {
                try await withClient { client in
                    let error = await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                    #expect(error?.cause == "Nidos (test) says of its own node and files: no [2J  no")
                }
            }
        }

        // MARK: The node's own files

        /// What the holder sees at a look that comes by itself, a second or more after the one before.
        private func look(after span: Milliseconds) -> Community {
            let now = clock.now
            return holder.current(Now(monotonic: now.monotonic + span, wall: now.wall))
        }

        private static func answer(_ connection: inout RawConnection) async throws {
            while let text = try await connection.read() {
                guard text.hasPrefix("POST ") else { continue }
                try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
            }
        }

        @Test func `a renewed certificate is presented without a restart, once its key fits it`() async throws {
            let presented = Mutex<[Digest]>([])
            let renewed = try avim.renewTLS(of: community.pki)
            let before = holder.current(clock.now).tls.digest
            try await RawServer.run(as: nidos) { connection in
                let certificate = try await connection.presentedAfterFirstBytes()
                presented.withLock { $0.append(sha256(certificate)) }
                try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                try await Self.answer(&connection)
            } _: {
                try await withClient { client in
                    #expect(try await client.exchangeTally([0]) == Array("ok".utf8))
                    try renewed.installKey()
                    #expect(look(after: .seconds(10)).tls.digest == before)
                    #expect(holder.problem?.code == .certificateUnusable)
                    #expect(try await client.exchangeTally([0]) == Array("ok".utf8))
                    try renewed.installCertificate()
                    #expect(look(after: .seconds(20)).tls.digest != before)
                    #expect(holder.problem == nil)
                    #expect(try await client.exchangeTally([0]) == Array("ok".utf8))
                }
            }
            let all = presented.withLock { $0 }
            #expect(all.count == 2, "a connection is kept until the files change")
            #expect(all.last == sha256(renewed.der))
            #expect(all.first != all.last)
        }

        @Test func `a new authority is believed without a restart`() async throws {
            let other = try ExamplePKI.make(in: community.folder.appending(path: "successor"))
            try other.addOrganisation(slug: "nidos", oin: nidos.oin, name: nidos.member.name)
            let credential = other.credential(of: "nidos", for: .tls)
            let folder = avim.folder
            let before = try [folder.anchors, folder.intermediates].map { ($0, try folder.readText($0)) }
            defer { for (file, text) in before { try? NodeFolder.write(Array(text.utf8), to: file) } }
            let listed = try Certificate(pem: String(contentsOf: credential.certificate, encoding: .utf8))
            let version = holder.current(clock.now).directory.version
            let directory = try community.signedDirectory(version: version + 1) { member in
                member.oin == nidos.oin ? member.with(tls: member.certificates.tls + [listed]) : member
            }
            try NodeFolder.write(directory, to: folder.directory)
            _ = look(after: .seconds(5))
            try await RawServer.run(
                as: nidos, identity: ([credential.certificate, other.issuing.certificate], credential.key),
                serving: { try await Self.answer(&$0) }
            ) {
                try await withClient { client in
                    await #expect(throws: NodeError.self) { try await client.exchangeTally([0]) }
                    for ((file, text), added) in zip(before, [other.root.certificate, other.issuing.certificate]) {
                        let both = text + (try String(contentsOf: added, encoding: .utf8))
                        try NodeFolder.write(Array(both.utf8), to: file)
                    }
                    _ = look(after: .seconds(10))
                    #expect(holder.problem == nil)
                    #expect(try await client.exchangeTally([0]) == Array("ok".utf8))
                }
            }
        }
    }
}

extension RawConnection {
    /// The other side's certificate, once the handshake is over.
    fileprivate mutating func presentedAfterFirstBytes() async throws -> [UInt8] {
        _ = try await read()
        return try #require(try await peerCertificate)
    }
}

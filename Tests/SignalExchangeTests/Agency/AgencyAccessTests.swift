import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import NIOHTTP1
import NIOSSL
import SignalExchange
import Testing

extension Nodes {
    /// Who may call the API, and what each may do: the kernel and the handshake say who it is.
    @Suite struct AgencyAccessTests {
        /// Another user and another group of the machine; tests that need one run as root, as those of a clone do.
        private static let user = 65_534
        private static let group = 60_123

        /// `curl` as another user, in a group.
        private func curl(as user: Int, in group: Int, _ arguments: [String]) async throws -> Command {
            try await Command.run(
                "setpriv",
                ["--reuid", "\(user)", "--regid", "\(group)", "--clear-groups", "curl", "--silent", "--show-error"]
                    + arguments)
        }

        @Test(.enabled(if: geteuid() == 0, "another user is needed"))
        func `a member of the group is an agency and no operator, and others do not come in`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                // The group has to enter the folder in which the socket lies, and no other.
                let place = try TemporaryFolder(prefix: "sock")
                defer { try? place.remove() }
                try #require(chmod(place.url.path, 0o755) == 0)
                let name = "xn-\(UInt32.random(in: 0...0xFFFFFF))"
                try #require(
                    try await Command.run("groupadd", ["--gid", "\(Self.group)", "--non-unique", name]).succeeded)
                let socket = place.url.appending(path: "n.sock").path
                try avim.configure("socket", socket)
                let text = try avim.folder.readText(avim.folder.configuration)
                try NodeFolder.write(
                    Array(text.replacing("  # group: case-system", with: "  group: \(name)").utf8),
                    to: avim.folder.configuration)
                let result = await Result { try await avim.process.start() }
                let removal = try await Command.run("groupdel", [name])
                #expect(removal.succeeded, "\(removal.said)")
                _ = try result.get()

                let at = ["--unix-socket", socket]
                let status = try await curl(as: Self.user, in: Self.group, at + ["http://node/v1/status"])
                #expect(status.said.contains(#""caller":{"actor":"unix:65534","rights":"agency"}"#), "\(status.said)")
                let sent = try await curl(
                    as: Self.user, in: Self.group,
                    at + [
                        "--data-binary",
                        String(
                            decoding: try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))),
                            as: UTF8.self), "http://node/v1/messages",
                    ])
                #expect(sent.said.contains(#""state":"accepted""#), "\(sent.said)")
                for path in [
                    "partners/_greet", "directory/_reload", "store/_backup", "alarms/store-failing/_clear",
                    "deliveries/00000099000000001000/1/_withdraw",
                ] {
                    let refused = try await curl(
                        as: Self.user, in: Self.group, at + ["--data", "{}", "http://node/v1/\(path)"])
                    #expect(refused.said.contains(#""title":"not-permitted""#), "\(path): \(refused.said)")
                }
                // Another's position is not for it to forget.
                let operatorClient = LocalClient(socketPath: socket)
                let made = try await operatorClient.put(
                    "/v1/consumers/operators", body: Array(#"{"feed":"inbox"}"#.utf8))
                #expect(made["actor"]?.text == "unix:\(geteuid())")
                let refusal = try await curl(
                    as: Self.user, in: Self.group,
                    at + ["--request", "DELETE", "http://node/v1/consumers/operators"])
                #expect(refusal.said.contains(#""title":"not-permitted""#), "\(refusal.said)")
                // It may take up all connections that systems have: the operator's own are left.
                let holder = try ChildProcess(
                    URL(filePath: "/usr/bin/setpriv"),
                    [
                        "--reuid", "\(Self.user)", "--regid", "\(Self.group)", "--clear-groups", "/usr/bin/python3",
                        "-c",
                        """
                        import socket, sys
                        held = [socket.socket(socket.AF_UNIX) for _ in range(300)]
                        for one in held:
                            one.settimeout(5)
                            try: one.connect(sys.argv[1])
                            except OSError: pass
                        print("held", flush=True)
                        sys.stdin.read()
                        """, socket,
                    ], output: .lines)
                let said = try await within(.seconds(60), "the connections to be held") {
                    for await line in holder.lines { return line }
                    return ""
                }
                try #require(said == "held")
                // On a connection of its own: one that was open before proves nothing.
                let answered = try await Command.run(
                    "curl", ["--silent", "--show-error", "--max-time", "10"] + at + ["http://node/v1/status"])
                #expect(answered.said.contains(#""rights":"operator""#), "\(answered.said)")
                holder.send(signal: SIGKILL)
                let stranger = try await curl(as: Self.user, in: Self.user, at + ["http://node/v1/status"])
                #expect(!stranger.succeeded && stranger.said.contains("onnect"), "\(stranger.said)")
            }
        }

        @Test(.enabled(if: geteuid() == 0, "another user is needed"))
        func `a command of the wrong user is told so, and not that the folder is no node's`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                // As `adduser` and `init` leave it: the node's own user's alone.
                try #require(chmod(community.folder.path, 0o755) == 0 && chmod(avim.folder.path, 0o700) == 0)
                // A folder of the build may be closed to others too: the program is looked at where all may look.
                let place = try TemporaryFolder(prefix: "prog")
                defer { try? place.remove() }
                try #require(chmod(place.url.path, 0o755) == 0)
                let program = place.url.appending(path: "exchange-node")
                try FileManager.default.copyItem(at: NodeProcess.builtExecutable, to: program)
                for command in ["status", "check"] {
                    let run = try await Command.run(
                        "setpriv",
                        [
                            "--reuid", "\(Self.user)", "--regid", "\(Self.user)", "--clear-groups", program.path,
                            command,
                            "--folder", avim.folder.path,
                        ])
                    #expect(run.said.contains("file-unreadable") && run.said.contains("sudo -u"), "\(run.said)")
                }
            }
        }

        @Test func `a group is of no use to a socket in the node's own folder, and the start says so`() async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                let text = try avim.folder.readText(avim.folder.configuration)
                try NodeFolder.write(
                    Array(text.replacing("  # group: case-system", with: "  group: root").utf8),
                    to: avim.folder.configuration)
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await avim.process.start() }
                #expect(failure.log.contains("configuration-invalid") && failure.log.contains("local.socket"))
            }
        }

        @Test func `over TLS a listed certificate comes in, another does not, and one that is taken out no more`()
            async throws
        {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                let tls = try await AgencyTLSFiles(in: community.folder, for: avim)
                try await avim.process.start()
                let status = try await tls.curl("listed", "/v1/status")
                #expect(
                    status.said.contains(#""actor":"tls:\#(tls.fingerprint.prefix(32))","rights":"agency""#),
                    "\(status.said)")
                #expect(status.said.lowercased().contains("strict-transport-security:"), "\(status.said)")
                let partner = community[slug: "nidos"].oin
                for path in ["/v1/partners/_greet", "/v1/partners/\(partner)/_reconcile"] {
                    let refused = try await tls.curl("listed", path, ["--data", ""])
                    #expect(refused.said.contains("not-permitted"), "\(refused.said)")
                }
                for other in ["unlisted", nil] {
                    let stranger = try await tls.curl(other, "/v1/status")
                    #expect(!stranger.succeeded, "\(other ?? "no certificate"): \(stranger.said)")
                }
                let client = try AgencyClient(
                    host: PortHolder.host, port: tls.holder.port, certificate: tls.path("listed.crt"),
                    key: tls.path("listed.key"), authorities: tls.path("server.crt"))
                let used = await Result {
                    let signal = try JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian])))
                    try await client.follow(.inbox, as: "followed")
                    let sent = try await client.submit(signal, key: "over-tls")
                    #expect(try await client.submit(signal, key: "over-tls").id == sent.id)
                    _ = try await client.entries(of: "followed", waitSeconds: 0).entries
                    let stream = try tls.stream(of: "followed")
                    _ = try await within(.seconds(30), "the stream to begin") {
                        for await line in stream.lines where line.hasPrefix("retry") { break }
                    }
                    // The very connection that it has open is of no use to it any more.
                    try Data(contentsOf: tls.url("unlisted.crt")).write(to: tls.url("clients.pem"), options: .atomic)
                    let error = try await #require(throws: NodeError.self) {
                        _ = try await client.submit(signal, key: "over-tls")
                    }
                    #expect(error.code == .notPermitted)
                    #expect(
                        try await within(.seconds(30), "the stream to end") {
                            try await stream.waitForEnd() == .exited(status: 0)
                        })
                }
                try await client.shutdown()
                _ = try used.get()
                // A list that is empty, or taken away, lets nobody in.
                for isThere in [true, false] {
                    if isThere {
                        try Data().write(to: tls.url("clients.pem"), options: .atomic)
                    } else {
                        try FileManager.default.removeItem(at: tls.url("clients.pem"))
                    }
                    #expect(try await !tls.curl("unlisted", "/v1/status").succeeded, "there \(isThere)")
                }
                try Data(contentsOf: tls.url("unlisted.crt")).write(to: tls.url("clients.pem"), options: .atomic)
                #expect(try await !tls.curl("listed", "/v1/status").succeeded)
                #expect(try await tls.curl("unlisted", "/v1/status").succeeded)
            }
        }

        @Test func `a system that does not end its handshake or its request is cut off, and a stream of events is not`()
            async throws
        {
            try await withCommunity(limits: ["peerHandshakeSeconds": 1, "requestBodySeconds": 1]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let tls = try await AgencyTLSFiles(in: community.folder, for: avim)
                try await avim.process.start()
                try await nidos.process.start()
                let made = try await APICall.make(.PUT, "/v1/consumers/desk", #"{"feed":"deliveries"}"#, at: avim)
                try #require(made.status == 201)
                let stream = try tls.stream(of: "desk")
                _ = try await within(.seconds(30), "the stream to begin") {
                    for await line in stream.lines where line.hasPrefix("retry") { break }
                }
                try await within(.seconds(15), "a connection without a handshake to be closed") {
                    try await tls.connect(usingTLS: false) { await $0.waitForClose() }
                }
                try await avim.waitForLog("its handshake took longer than")
                try await within(.seconds(15), "half a request to be cut off") {
                    try await tls.connect { connection in
                        try await connection.write(
                            "POST /v1/messages HTTP/1.1\r\nhost: node\r\ncontent-length: 1000\r\n\r\n"
                                + String(repeating: " ", count: 500))
                        await connection.waitForClose()
                    }
                }
                try await avim.waitForLog("a request's body did not come in time")
                // It has been open for longer than a part of an answer may take.
                _ = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "streamed")
                let told = try await within(.seconds(30), "the stream to tell of the delivery") {
                    for await line in stream.lines where line == "event: delivery" { return true }
                    return false
                }
                #expect(told, "the stream ended")
                stream.send(signal: SIGKILL)
            }
        }

        @Test(arguments: ["certificate", "key", "clients"])
        func `a listener without all of its files is not started`(missing: String) async throws {
            try await ExampleCommunity.inTemporaryFolder { community in
                let avim = community[slug: "avim"]
                let tls = try await AgencyTLSFiles(in: community.folder, for: avim)
                let text = try avim.folder.readText(avim.folder.configuration)
                let changed = text.split(separator: "\n", omittingEmptySubsequences: false)
                    .filter { !$0.hasPrefix("  \(missing): ") }.joined(separator: "\n")
                try NodeFolder.write(Array(changed.utf8), to: avim.folder.configuration)
                let failure = try await #require(throws: NodeProcess.Failure.self) { try await avim.process.start() }
                #expect(failure.log.contains("agency.\(missing)"), "\(failure.log)")
                _ = tls
            }
        }
    }
}

/// What a listener for other machines needs, and two systems that may want to call it.
struct AgencyTLSFiles {
    let holder: PortHolder
    private let folder: URL
    /// SHA-256 of the listed system's certificate.
    let fingerprint: String

    init(in folder: URL, for node: NodeHandle) async throws {
        self.folder = folder.appending(path: "agency")
        holder = try PortHolder()
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        for name in ["server", "listed", "unlisted"] {
            let made = try await Command.run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", self.folder.appending(path: name + ".key").path,
                    "-out", self.folder.appending(path: name + ".crt").path,
                ])
            try #require(made.succeeded, "\(made.said)")
        }
        try FileManager.default.copyItem(
            at: self.folder.appending(path: "listed.crt"), to: self.folder.appending(path: "clients.pem"))
        let shown = try await Command.run(
            "openssl",
            ["x509", "-in", self.folder.appending(path: "listed.crt").path, "-noout", "-fingerprint", "-sha256"])
        fingerprint = (shown.said.split(separator: "=").last ?? "").replacing(":", with: "").lowercased()
        try node.addConfiguration(
            """
            agency:
              host: \(PortHolder.host)
              port: \(holder.port)
              certificate: \(path("server.crt"))
              key: \(path("server.key"))
              clients: \(path("clients.pem"))
            """)
    }

    func url(_ name: String) -> URL { folder.appending(path: name) }
    func path(_ name: String) -> String { url(name).path }

    /// - Parameter system: whose certificate is shown; none where it is `nil`.
    func curl(_ system: String?, _ path: String, _ arguments: [String] = []) async throws -> Command {
        try await Command.run("curl", ["--include"] + arguments + curlArguments(system, path))
    }

    /// The listed system's stream of a consumer's events, by the line.
    func stream(of consumer: String) throws -> ChildProcess {
        try ChildProcess(
            URL(filePath: "/usr/bin/curl"),
            ["--no-buffer", "--header", "Accept: text/event-stream"]
                + curlArguments("listed", "/v1/consumers/\(consumer)/entries"), output: .lines)
    }

    private func curlArguments(_ system: String?, _ path: String) -> [String] {
        let shown = system.map { ["--cert", self.path($0 + ".crt"), "--key", self.path($0 + ".key")] } ?? []
        return ["--silent", "--show-error", "--cacert", self.path("server.crt")] + shown
            + ["https://\(PortHolder.host):\(holder.port)\(path)"]
    }

    /// Connects as the listed system, with no HTTP above the connection, and closes it after `body`.
    ///
    /// - Parameter usingTLS: whether it begins TLS at all.
    func connect<Result>(
        usingTLS: Bool = true, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateChain = try NIOSSLCertificate.fromPEMFile(path("listed.crt")).map { .certificate($0) }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: path("listed.key"), format: .pem))
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path("server.crt")))
        return try await RawConnection.open(with: usingTLS ? tls : nil, to: holder.port, body)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

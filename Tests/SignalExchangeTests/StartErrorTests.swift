import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import SignalExchange
import Testing

extension Nodes {
    /// What is wrong with a node's folder or machine stops it before it listens, with the reason and a way out.
    @Suite(.community()) struct StartErrorTests {
        let node: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            node = community[slug: "avim"]
        }

        private func expectStartRefused(
            _ code: String, exits status: Int32 = 2, saying words: String..., environment: [String] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let run = try await node.command("run", environment: ["SWIFT_BACKTRACE=enable=no"] + environment)
            #expect(run.exitStatus == status, "\(run.said)", sourceLocation: sourceLocation)
            #expect(run.said.contains("exchange-node: \(code): "), "\(run.said)", sourceLocation: sourceLocation)
            for word in words { #expect(run.said.contains(word), "\(run.said)", sourceLocation: sourceLocation) }
        }

        /// Another file in its place, for as long as `body` takes.
        private func replacing(
            _ path: String, with bytes: [UInt8]?, _ body: () async throws -> Void
        ) async throws {
            let aside = path + ".aside"
            try FileManager.default.moveItem(atPath: path, toPath: aside)
            if let bytes { try NodeFolder.write(bytes, to: path, isSecret: true) }
            defer {
                try? FileManager.default.removeItem(atPath: path)
                try? FileManager.default.moveItem(atPath: aside, toPath: path)
            }
            try await body()
        }

        @Test func `a command without a running node says how to start one`() async throws {
            let status = try await node.command("status")
            #expect(status.exitStatus == 4)
            #expect(status.said.contains("node-not-running"))
            #expect(status.said.contains("exchange-node run"))
        }

        @Test func `a command says that the socket's file may be gone although the node runs`() async throws {
            let node = community[slug: "evenaar"]
            try await node.process.start()
            try FileManager.default.removeItem(atPath: node.folder.file("node.sock"))
            let status = try await node.command("status")
            #expect(status.exitStatus == 4)
            for word in ["node-not-running", "exchange-node run", "its socket file was removed", "restarted"] {
                #expect(status.said.contains(word), "\(status.said)")
            }
            #expect(try await node.process.stop() == .exited(status: 0))
            try await node.process.start()
            #expect(try await node.command("status").exitStatus == 0)
            // One that was killed leaves its socket's file, on which nobody listens.
            try await node.process.kill()
            let killed = try await node.command("status")
            #expect(killed.exitStatus == 4)
            for word in ["node-not-running", "nothing listens on", "start it with `exchange-node run`"] {
                #expect(killed.said.contains(word), "\(killed.said)")
            }
        }

        @Test func `a folder that is none says how to name one or make one`() async throws {
            let path = community.folder.appending(path: "nowhere").path
            for command in ["run", "status"] {
                let run = try await Command.run(NodeProcess.builtExecutable.path, [command, "--folder", path])
                #expect(run.exitStatus == 2)
                for word in ["file-missing", path, "--folder", "exchange-node init"] {
                    #expect(run.said.contains(word), "\(run.said)")
                }
            }
        }

        @Test func `a socket's path that the system cannot hold is refused with the limit`() async throws {
            let name = String(repeating: "s", count: 120)
            try await expectStartRefused(
                "socket-path-too-long", saying: "107", "local.socket",
                environment: ["EXCHANGE_NODE_LOCAL_SOCKET=\(name)"])
        }

        @Test func `a port that is taken is refused by name`() async throws {
            let other = community[slug: "nidos"]
            try await other.process.start()
            try await expectStartRefused(
                "address-in-use", saying: "\(other.port)", "listen.port",
                environment: ["EXCHANGE_NODE_LISTEN_PORT=\(other.port)"])
            try await other.process.kill()
        }

        @Test func `an address or a socket that cannot be is refused with the key to set`() async throws {
            for host in ["192.0.2.1", "no-such-host.invalid"] {
                try await expectStartRefused(
                    "configuration-invalid", saying: host, "listen.host",
                    environment: ["EXCHANGE_NODE_LISTEN_HOST=\(host)"])
            }
            try await expectStartRefused(
                "configuration-invalid", saying: "/no-such-folder/x.sock", "local.socket",
                environment: ["EXCHANGE_NODE_LOCAL_SOCKET=/no-such-folder/x.sock"])
        }

        @Test func `a certificate that has ended or not begun is named at the start`() async throws {
            let node = community[slug: "jade"]
            let path = node.folder.certificate(.signing)
            let request = URL(filePath: node.folder.certificateRequest(.signing))
            for (flaw, word) in [(ExamplePKI.Flaw.expired, "expired"), (.notYetValid, "not valid before")] {
                try community.pki.sign(request: request, for: .signing, into: URL(filePath: path), flaw: flaw)
                try await node.process.start()
                try await node.waitForLog("certificates/signing.crt: ")
                let log = try String(contentsOf: node.process.log, encoding: .utf8)
                #expect(log.contains(word), "\(log)")
                try await node.process.kill()
                try FileManager.default.removeItem(at: node.process.log)
            }
        }

        @Test func `a key that is misspelt is refused by name`() async throws {
            let text = try node.folder.readText(node.folder.configuration)
            for (good, bad, name) in [("level:", "levle:", "log.levle"), ("listen:", "listn:", "listn")] {
                try await replacing(
                    node.folder.configuration, with: Array(text.replacing("\(good)", with: bad).utf8)
                ) {
                    try await expectStartRefused("configuration-invalid", saying: "`\(name)`")
                }
            }
        }

        @Test func `a value outside its range is refused with the range`() async throws {
            try await expectStartRefused(
                "configuration-invalid", saying: "listen.port", "65535", environment: ["EXCHANGE_NODE_LISTEN_PORT=0"])
            try await expectStartRefused(
                "configuration-invalid", saying: "log.level", "debug", environment: ["EXCHANGE_NODE_LOG_LEVEL=loud"])
        }

        @Test func `no connection may be idle, and no request take, longer together than a tally may be under way`()
            async throws
        {
            let longest = ProtocolLimits.overtakenMaximum.count / 1000
            for (key, variable, seconds) in [
                ("peerIdleSeconds", "PEER_IDLE_SECONDS", longest - 60),
                ("requestBodySeconds", "REQUEST_BODY_SECONDS", 60),
            ] {
                try await expectStartRefused(
                    "configuration-invalid", saying: "limits.\(key)", "from 1 to \(seconds)",
                    environment: ["EXCHANGE_NODE_LIMITS_\(variable)=\(seconds + 1)"])
            }
        }

        @Test func `a file that is missing or is not what its name says is named`() async throws {
            let folder = node.folder
            let files = [
                folder.certificate(.signing), folder.certificate(.tls), folder.key(.agreement), folder.archiveKey,
            ]
            for path in files {
                try await replacing(path, with: nil) {
                    try await expectStartRefused("file-missing", saying: path)
                }
            }
            try await replacing(folder.directory, with: nil) {
                try await expectStartRefused("directory-missing", saying: folder.directory)
            }
            try await replacing(folder.certificate(.signing), with: Array("no certificate".utf8)) {
                try await expectStartRefused("certificate-unusable")
            }
            try await replacing(folder.anchors, with: Array("no PEM".utf8)) {
                try await expectStartRefused("certificate-unusable", saying: folder.anchors)
            }
            try await replacing(folder.archiveKey, with: nil) {
                try await expectStartRefused("file-missing", saying: "restore it from the copy of the keys")
            }
            try await replacing(folder.directory, with: Array("no directory".utf8)) {
                try await expectStartRefused("directory-invalid", saying: folder.directory)
            }
        }

        @Test func `the key of another certificate is refused, and both files are named`() async throws {
            let other = try community[slug: "ggd"].folder.read(community[slug: "ggd"].folder.key(.signing))
            try await replacing(node.folder.key(.signing), with: other) {
                try await expectStartRefused(
                    "certificate-unusable", saying: node.folder.key(.signing), node.folder.certificate(.signing))
            }
        }

        @Test func `a key that others may read is refused with the command that mends it`() async throws {
            let folder = node.folder
            let retired = folder.retiredKeys + "/2026-11.key"
            try FileManager.default.copyItem(atPath: folder.key(.agreement), toPath: retired)
            try FileManager.default.copyItem(
                atPath: folder.certificate(.agreement), toPath: folder.retiredKeys + "/2026-11.crt")
            for (path, rights) in [(folder.key(.tls), 0o640), (folder.archiveKey, 0o604), (retired, 0o620)] {
                try FileManager.default.setAttributes([.posixPermissions: rights], ofItemAtPath: path)
                try await expectStartRefused("key-exposed", saying: "chmod 600 \(path)")
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            }
            try FileManager.default.removeItem(atPath: retired)
        }

        @Test func `another archive key is refused before anything is written, with and without a case's key`()
            async throws
        {
            let other = community[slug: "ind"]
            for hasCase in [false, true] {
                try await other.process.start()
                if hasCase {
                    _ = try await other.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "a")
                }
                try await other.process.stop()
                let store = try other.folder.read(other.folder.store)
                try await replacing(other.folder.archiveKey, with: randomBytes(count: ArchiveKey.byteCount)) {
                    let run = try await other.command("run", environment: ["SWIFT_BACKTRACE=enable=no"])
                    #expect(run.exitStatus == 2, "\(run.said)")
                    #expect(run.said.contains("archive-key-wrong"), "\(run.said)")
                    #expect(run.said.contains("copy of the keys"), "\(run.said)")
                }
                #expect(try other.folder.read(other.folder.store) == store)
            }
            // The right key still opens it.
            try await other.process.start()
            #expect(try await !other.api.deliveries().isEmpty)
            try await other.process.kill()
        }

        @Test func `a certificate of another organisation than the configured one is refused`() async throws {
            let other = community[slug: "ggd"]
            try await expectStartRefused(
                "certificate-unusable", saying: node.oin.text, other.oin.text,
                environment: ["EXCHANGE_NODE_ORGANISATION_OIN=\(other.oin)"])
        }

        @Test func `a store that is no store is refused and kept`() async throws {
            let text = Array("this is no database, but somebody's only copy of it".utf8)
            try await replacing(node.folder.store, with: text) {
                let refused = try await node.command("run")
                #expect(refused.said.matches(of: /store-damaged/).count == 1, "\(refused.said)")
                try await expectStartRefused("store-damaged", saying: "`exchange-node restore`", "Telephone")
                #expect(try node.folder.read(node.folder.store) == text)
            }
        }

        @Test func `a store that is not there is not begun anew, but by who says that it is lost`() async throws {
            let place = node.folder.file("store")
            try await replacing(place, with: nil) {
                try await expectStartRefused("store-missing", saying: place, "is the disk mounted?")
                // The empty folder is where a disk would be mounted.
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                try await expectStartRefused("store-missing", saying: "new-store")
                // A link to a disk that is not mounted is no store either.
                try FileManager.default.createSymbolicLink(
                    atPath: node.folder.store, withDestinationPath: "/no-such-disk/ledger.sqlite")
                try await expectStartRefused("store-missing", saying: "is the disk mounted")
                try FileManager.default.removeItem(atPath: node.folder.store)
                #expect(!FileManager.default.fileExists(atPath: node.folder.store))
                let other = try await node.command("new-store", "--confirm", "00000099000000001000")
                #expect(other.exitStatus == 3, "\(other.said)")
                let made = try await node.command("new-store", "--confirm", node.oin.text)
                #expect(made.exitStatus == 0, "\(made.said)")
                let again = try await node.command("new-store", "--confirm", node.oin.text)
                #expect(again.said.contains("folder-not-empty"), "\(again.said)")
                let store = try DatabaseQueue(path: node.folder.store)
                let alarm = try await store.read {
                    try String.fetchOne($0, sql: "SELECT detail FROM alarm WHERE code = 'store-put-back'")
                }
                try store.close()
                #expect(alarm?.contains("made anew at") == true && alarm?.contains("handed in again") == true)
            }
        }

        @Test func `a database with nothing in it is no store that may be begun anew`() async throws {
            let path = community.folder.appending(path: "nothing.sqlite").path
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { database in
                try database.execute(sql: "CREATE TABLE t (c); DROP TABLE t; VACUUM")
            }
            try queue.close()
            let bytes = try Array(Data(contentsOf: URL(filePath: path)))
            #expect(!bytes.isEmpty)
            try await replacing(node.folder.store, with: bytes) {
                // In what words depends on whether a log of before lies beside it.
                try await expectStartRefused("store-damaged")
            }
        }

        @Test func `a start that is refused begins no incarnation`() async throws {
            let before = try incarnationCount()
            try await replacing(node.folder.directory, with: Array("no directory".utf8)) {
                try await expectStartRefused("directory-invalid")
            }
            try await replacing(node.folder.directory, with: community.signedDirectory(version: 7, without: node.oin)) {
                try await expectStartRefused("not-in-directory", saying: node.oin.text)
            }
            try await expectStartRefused(
                "configuration-invalid", environment: ["EXCHANGE_NODE_LISTEN_HOST=192.0.2.1"])
            #expect(try incarnationCount() == before)
        }

        @Test func `a running node takes no directory that does not have its own organisation`() async throws {
            let clock = NodeClock()
            let holder = try CommunityHolder(folder: node.folder, own: node.oin, known: nil, now: clock.now)
            let before = holder.current(clock.now).directory.version
            let without = try community.signedDirectory(version: before + 1, without: node.oin)
            try await replacing(node.folder.directory, with: without) {
                #expect {
                    _ = try holder.reload(clock.now)
                } throws: {
                    ($0 as? NodeError)?.code == .notInDirectory
                }
                #expect(holder.current(clock.now).directory.version == before)
            }
        }

        private func incarnationCount() throws -> Int {
            let store = try DatabaseQueue(path: node.folder.store)
            defer { try? store.close() }
            return try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM incarnation") ?? -1 }
        }

        @Test func `a folder that holds something is not made into a node`() async throws {
            let made = try await node.command(
                "init", "--oin", node.oin.text, "--name", "AVIM (test)")
            #expect(made.exitStatus == 2)
            #expect(made.said.contains("folder-not-empty"))
            #expect(made.said.contains("the disk is gone, and the keys are left"), "\(made.said)")
        }

        @Test func `a fresh folder tells what it still needs`() async throws {
            let path = community.folder.appending(path: "fresh").path
            let made = try await Command.run(
                NodeProcess.builtExecutable.path,
                ["init", "--folder", path, "--oin", node.oin.text, "--name", "AVIM (test)"])
            #expect(made.exitStatus == 0, "\(made.said)")
            // As where a disk is gone and there is no backup: the store of `init` takes the lost one's place, once.
            let renewal = ["new-store", "--folder", path, "--confirm", node.oin.text]
            let renewed = try await Command.run(NodeProcess.builtExecutable.path, renewal)
            #expect(renewed.exitStatus == 0 && renewed.said.contains("store-put-back"), "\(renewed.said)")
            #expect(try await Command.run(NodeProcess.builtExecutable.path, renewal).said.contains("folder-not-empty"))
            let run = try await Command.run(NodeProcess.builtExecutable.path, ["run", "--folder", path])
            #expect(run.exitStatus == 2)
            #expect(run.said.contains("file-missing"), "\(run.said)")
            let rights = try FileManager.default.attributesOfItem(atPath: path + "/keys/signing.key")[.posixPermissions]
            #expect(rights as? Int == 0o600)
            try expectDefaultsAsDocumented(inFolder: path)
        }

        /// A fresh configuration says what holds without it, which is what the table for operators says.
        private func expectDefaultsAsDocumented(inFolder path: String) throws {
            let text = try String(contentsOfFile: path + "/node.yaml", encoding: .utf8)
            let written = text.matches(of: /\n +(\w+): (\d+)(?=\n)/).map { ("limits.\($0.1)", String($0.2)) }
                .filter { $0.0 != "limits.port" && !$0.0.hasSuffix("Days") }
            let guide = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/operations.md")
            let documented = try String(contentsOf: guide, encoding: .utf8)
                .matches(of: /\n\| `(limits\.\w+)` \| \| `\w+` \| (\d+) \|/).map { (String($0.1), String($0.2)) }
            #expect(written.count == 14)
            #expect(
                Dictionary(uniqueKeysWithValues: written) == Dictionary(uniqueKeysWithValues: documented))
        }
    }
}

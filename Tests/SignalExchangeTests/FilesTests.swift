import ExchangeCMS
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import Logging
import Testing

@testable import SignalExchange

extension Nodes {
    /// What a file that cannot be used costs: its own new content, and nothing else.
    @Suite(.community(running: "nidos")) struct FilesTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        enum BadList: String, CaseIterable {
            case garbage, oversized, delta, twice
        }

        private func content(of bad: BadList) async throws -> [UInt8] {
            switch bad {
            case .garbage: return Array("no list".utf8)
            case .oversized: return [UInt8](repeating: 0x41, count: 26 << 20)
            case .twice:
                let list = Array(try Data(contentsOf: community.pki.issuingRevocationList))
                return list + list
            case .delta:
                let profile = URL(filePath: #filePath).deletingLastPathComponent()
                    .appending(path: "../../certs-example/profile.cnf").standardized
                let configuration = community.folder.appending(path: "delta.cnf")
                let text = try String(contentsOf: profile, encoding: .utf8)
                try (text + "\n[delta]\n2.5.29.27 = critical,ASN1:INTEGER:1\n")
                    .write(to: configuration, atomically: true, encoding: .utf8)
                let output = community.folder.appending(path: "delta.crl")
                let made = try await Command.run(
                    "env",
                    [
                        "EXCHANGE_PKI_FOLDER=\(community.pki.folder.path)", "EXCHANGE_PKI_HOST=unused", "openssl",
                        "ca", "-config", configuration.path, "-name", "issuing_authority", "-gencrl", "-crlexts",
                        "delta", "-out", output.path,
                    ])
                try #require(made.succeeded, "\(made.said)")
                return Array(try Data(contentsOf: output))
            }
        }

        /// A holder on the folder of a node that does not run, and the moments at which it looks.
        private struct Look {
            let node: NodeHandle
            let holder: CommunityHolder
            private let start: Now
            private var looks: Int64 = 0

            init(_ node: NodeHandle) throws {
                self.node = node
                start = NodeClock().now
                holder = try CommunityHolder(folder: node.folder, known: nil, now: start)
            }

            /// What is in force two seconds later.
            mutating func again() -> Community {
                looks += 1
                return holder.current(
                    Now(monotonic: start.monotonic + .seconds(2 * looks), wall: start.wall + .seconds(2 * looks)))
            }
        }

        private func isRevoked(_ certificate: Certificate, in community: Community) -> Bool {
            // A minute on, because a revocation of now has whole seconds.
            let now = Timestamp.current + .minutes(1)
            let verdict = community.trust.verdict(for: certificate, purpose: .signing, at: now, now: now)
            if case .untrusted(.revoked) = verdict { return true }
            return false
        }

        @Test(arguments: BadList.allCases)
        func `a list that cannot be used is named and keeps no other list out`(bad: BadList) async throws {
            let node = community[slug: "coa"]
            var look = try Look(node)
            let slug = "thief-\(bad.rawValue)"
            try community.pki.addOrganisation(slug: slug, oin: node.oin, name: node.member.name)
            let stolen = community.pki.credential(of: slug, for: .signing).certificate
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            #expect(!isRevoked(certificate, in: look.again()))

            try community.pki.revoke(stolen, reason: .keyCompromise)
            let file = node.folder.revocationLists + "/\(bad.rawValue).crl"
            try NodeFolder.write(try await content(of: bad), to: file)
            try node.installLists(of: community.pki)
            #expect(isRevoked(certificate, in: look.again()))
            let problem = try #require(look.holder.problem)
            #expect(problem.description.contains(file), "\(problem)")

            try FileManager.default.removeItem(atPath: file)
            #expect(isRevoked(certificate, in: look.again()))
            #expect(look.holder.problem == nil)
        }

        @Test func `a fresh list behind a link comes into force`() async throws {
            let node = community[slug: "ggd"]
            let place = community.folder.appending(path: "fetched")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let (linked, target) = (node.folder.revocationLists + "/issuing.crl", place.appending(path: "issuing.crl"))
            let older = try Data(contentsOf: URL(filePath: linked))
            try older.write(to: target)
            try FileManager.default.removeItem(atPath: linked)
            try FileManager.default.createSymbolicLink(atPath: linked, withDestinationPath: target.path)
            var look = try Look(node)
            try community.pki.addOrganisation(slug: "linked-thief", oin: node.oin, name: node.member.name)
            let stolen = community.pki.credential(of: "linked-thief", for: .signing).certificate
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            #expect(!isRevoked(certificate, in: look.again()))

            try community.pki.revoke(stolen, reason: .keyCompromise)
            try Data(contentsOf: community.pki.issuingRevocationList).write(to: target)
            #expect(isRevoked(certificate, in: look.again()), "the file behind the link is another")
        }

        @Test func `a list that is taken away, or comes as it once was, takes no revocation back`() async throws {
            let node = community[slug: "jade"]
            let file = URL(filePath: node.folder.revocationLists + "/issuing.crl")
            let before = try Data(contentsOf: file)
            let stolen = URL(filePath: node.folder.certificate(.signing))
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            var look = try Look(node)
            #expect(!isRevoked(certificate, in: look.again()))
            try await waitForNextSecond()
            try community.pki.revoke(stolen, reason: .keyCompromise)
            try node.installLists(of: community.pki)
            #expect(isRevoked(certificate, in: look.again()))

            try before.write(to: file)
            #expect(isRevoked(certificate, in: look.again()), "an older list of the same authority")
            #expect(look.holder.problem?.description.contains("put the newest there") == true)
            #expect(isRevoked(certificate, in: look.again()), "also at the look after that")
            try FileManager.default.removeItem(at: file)
            #expect(isRevoked(certificate, in: look.again()), "no list")
            #expect(look.holder.problem?.description.contains("put the newest there") == true)

            try community.pki.refreshRevocationLists()
            try node.installLists(of: community.pki)
            #expect(isRevoked(certificate, in: look.again()))
            #expect(look.holder.problem == nil)
        }

        /// The newest list revokes a node's own signing certificate; an older one lies in the node's folder.
        private struct OlderList {
            let node: NodeHandle
            let file: URL
            let older: Data
            let newest: RevocationList
            let revoked: Certificate
        }

        private func withOlderList(_ body: (ExampleCommunity, OlderList) async throws -> Void) async throws {
            try await withCommunity { community in
                let node = community[slug: "ind"]
                let file = URL(filePath: node.folder.revocationLists + "/issuing.crl")
                let older = try Data(contentsOf: file)
                let stolen = URL(filePath: node.folder.certificate(.signing))
                try await waitForNextSecond()
                try community.pki.revoke(stolen, reason: .keyCompromise)
                try await body(
                    community,
                    OlderList(
                        node: node, file: file, older: older,
                        newest: try RevocationList(
                            pem: String(contentsOf: community.pki.issuingRevocationList, encoding: .utf8)),
                        revoked: try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))))
            }
        }

        @Test func `a node that starts again goes on with the list that it had, where an older one lies there now`()
            async throws
        {
            try await withOlderList { community, lists in
                let node = lists.node
                try node.installLists(of: community.pki)
                try await withNode(node) { #expect(isRevoked(lists.revoked, in: $0.community)) }

                try lists.older.write(to: lists.file)
                try await withNode(node) { context in
                    #expect(isRevoked(lists.revoked, in: context.community))
                    #expect(context.communityHolder.problem?.description.contains("put the newest there") == true)
                }
                try FileManager.default.removeItem(at: lists.file)
                try await withNode(node) {
                    #expect(isRevoked(lists.revoked, in: $0.community), "at the second start, too")
                }
                try node.installLists(of: community.pki)
                try await withNode(node) { #expect($0.communityHolder.problem == nil) }
            }
        }

        @Test func `a list goes on through a clock that is off and authorities that are not there for a moment`()
            async throws
        {
            try await withOlderList { _, lists in
                let (folder, newest) = (lists.node.folder, lists.newest)
                // Long before the newest list was made, as this clock has it.
                let past = newest.thisUpdate + .hours(-1)
                var files = try TrustFiles(folder, goingOnWith: [newest], at: past)
                #expect(files.trust.revocationLists.contains { $0 === newest } && files.problems.isEmpty)
                files = files.readAgain(folder, at: .current)
                #expect(files.trust.revocationLists.contains { $0 === newest } && !files.problems.isEmpty)

                let between = try Data(contentsOf: URL(filePath: folder.intermediates))
                try Data().write(to: URL(filePath: folder.intermediates))
                files = files.readAgain(folder, at: .current)
                try between.write(to: URL(filePath: folder.intermediates))
                files = files.readAgain(folder, at: .current)
                #expect(files.trust.revocationLists.contains { $0 === newest }, "read half-written in between")
                let verdict = files.trust.verdict(
                    for: lists.revoked, purpose: .signing, at: .current, now: .current + .minutes(1))
                guard case .untrusted(.revoked) = verdict else {
                    Issue.record("\(verdict)")
                    return
                }
            }
        }

        @Test func `a list of before that cannot be used any more keeps no node from starting`() throws {
            let list = try RevocationList(pem: String(contentsOf: community.pki.issuingRevocationList, encoding: .utf8))
            let earlier = EarlierUse(directory: nil, revocationLists: [Array("no list".utf8), try list.der])
            let usable = earlier.usableLists(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            #expect(try usable.map { try $0.der } == [try list.der])
        }

        @Test func `a list that none of the authorities made is not kept`() async throws {
            try await withCommunity { community in
                let node = community[slug: "ind"]
                let foreign = try ExamplePKI.make(in: community.folder.appending(path: "foreign"))
                try Data(contentsOf: foreign.issuingRevocationList)
                    .write(to: URL(filePath: node.folder.revocationLists + "/foreign.crl"))
                let list = try RevocationList(
                    pem: String(contentsOf: foreign.issuingRevocationList, encoding: .utf8))
                let digest = sha256(try list.der)
                try await withNode(node) { context in
                    let inUse = try await context.ledger.validationData(at: .current)
                    let kept = try await context.ledger.validationObjects([digest])
                    #expect(inUse.count > 3 && kept.isEmpty)
                }
            }
        }

        @Test func `a list from the future takes the place of none that is in force`() async throws {
            let node = community[slug: "evenaar"]
            let stolen = URL(filePath: node.folder.certificate(.signing))
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            try community.pki.revoke(stolen, reason: .keyCompromise)
            try node.installLists(of: community.pki)
            var look = try Look(node)
            #expect(isRevoked(certificate, in: look.again()))

            let profile = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../certs-example/profile.cnf").standardized
            let future = community.folder.appending(path: "future.crl")
            let made = try await Command.run(
                "env",
                [
                    "EXCHANGE_PKI_FOLDER=\(community.pki.folder.path)", "EXCHANGE_PKI_HOST=unused", "openssl", "ca",
                    "-config", profile.path, "-name", "issuing_authority", "-gencrl", "-crl_lastupdate",
                    "20990101000000Z", "-crl_nextupdate", "20990201000000Z", "-out", future.path,
                ])
            try #require(made.succeeded, "\(made.said)")
            try node.install(rootList: community.pki.rootRevocationList, issuingList: future)
            #expect(isRevoked(certificate, in: look.again()))
        }

        /// Lists say when they were made in whole seconds.
        private func waitForNextSecond() async throws {
            let second = Timestamp.current.milliseconds / 1000
            _ = try await within(.seconds(5), "the next second") {
                try await poll { Timestamp.current.milliseconds / 1000 > second ? true : nil }
            }
        }

        @Test func `a list that goes bad goes on as it last was`() async throws {
            let node = community[slug: "ind"]
            let stolen = URL(filePath: node.folder.certificate(.signing))
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            try community.pki.revoke(stolen, reason: .keyCompromise)
            try node.installLists(of: community.pki)
            var look = try Look(node)
            #expect(isRevoked(certificate, in: look.again()))
            try NodeFolder.write(Array("half a fi".utf8), to: node.folder.revocationLists + "/issuing.crl")
            try NodeFolder.write(Array("half a fi".utf8), to: node.folder.anchors)
            #expect(isRevoked(certificate, in: look.again()))
            let problem = try #require(look.holder.problem)
            #expect(problem.description.contains("/issuing.crl"), "\(problem)")
            #expect(problem.description.contains("/anchors.pem"), "\(problem)")
        }

        @Test func `a directory that does not verify keeps no list out, and the last good one goes on`() throws {
            let node = community[slug: "ggd"]
            let stolen = URL(filePath: node.folder.certificate(.signing))
            let certificate = try Certificate(pem: String(contentsOf: stolen, encoding: .utf8))
            var look = try Look(node)
            let before = look.again()
            try community.pki.revoke(stolen, reason: .keyCompromise)
            try node.installLists(of: community.pki)
            try NodeFolder.write(Array("no directory".utf8), to: node.folder.directory)
            let after = look.again()
            #expect(isRevoked(certificate, in: after))
            #expect(after.directoryDigest == before.directoryDigest)
            #expect(look.holder.problem?.code == .directoryInvalid)
        }

        @Test func `a file that cannot be used, and a signer that is not trusted, are alarms until they are mended`()
            async throws
        {
            let client = try avim.client()
            let before = try await client.post(avim.tally(for: nidos.oin), .tally, to: nidos)
            try #require(before.status == 200, "\(before.text)")
            let file = nidos.folder.revocationLists + "/zz.crl"
            try NodeFolder.write(Array("no list".utf8), to: file)
            let lists = try [community.pki.rootRevocationList, community.pki.issuingRevocationList].map {
                try Data(contentsOf: $0)
            }
            try community.pki.revoke(URL(filePath: avim.handle.folder.certificate(.signing)), reason: .keyCompromise)
            try nidos.installLists(of: community.pki)

            // No reload: the request makes the node look at its files.
            let (avim, nidos) = (avim, nidos)
            let refused = try await within(.seconds(10), "the fresh list to be in force") {
                try await poll {
                    let reply = try await client.post(avim.tally(for: nidos.oin), .tally, to: nidos)
                    return reply.status == 200 ? nil : reply
                }
            }
            #expect(refused.problem?["title"]?.text == RequestErrorCode.statementInvalid.rawValue)
            try await nidos.waitForAlarm(.signerNotTrusted, about: avim.oin)
            try await nidos.waitForOwnAlarm(.filesUnusable, saying: file)

            // It also starts so, and says so again.
            try await nidos.process.stop()
            try await nidos.process.start()
            try await nidos.waitForOwnAlarm(.filesUnusable, saying: file)
            try FileManager.default.removeItem(atPath: file)
            try await nidos.api.reload()
            try await nidos.waitForNoOwnAlarm(.filesUnusable)

            // The member's own node exchanges a tally, under lists by which its key holds again: a person ends what may
            // have been a thief.
            try await nidos.process.stop()
            try lists[0].write(to: URL(filePath: nidos.folder.revocationLists + "/root.crl"))
            try lists[1].write(to: URL(filePath: nidos.folder.revocationLists + "/issuing.crl"))
            try await nidos.process.start()
            let (api, start) = (nidos.api, Timestamp.current)
            try await avim.handle.process.start()
            try await nidos.api.greetPartners()
            _ = try await within(.seconds(60), "a tally that was exchanged anew") {
                try await poll {
                    try await api.partners().contains { $0.oin == avim.oin && ($0.lastTally ?? start) > start }
                        ? true : nil
                }
            }
            #expect(try await nidos.api.alarms().contains { $0.code == AlarmCode.signerNotTrusted.rawValue })
            try await avim.handle.process.kill()
        }
    }
}

import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Who may connect. Every refused connection carries a batch that would be taken from its rightful sender.
    @Suite(.community(running: "nidos")) struct PeerIdentityTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        private func lawfulBatch() throws -> [UInt8] {
            try avim.batch(
                [avim.seal(ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)]), for: nidos)],
                for: nidos)
        }

        /// The caller gets no answer, the node keeps nothing, and its log has the cause.
        private func expectRefusal(of caller: PeerCaller, cause: String) async throws {
            let leaves = try await nidos.auditLeaves()
            let batch = try lawfulBatch()
            await #expect(throws: (any Error).self) { try await caller.post(batch, .batch, to: nidos) }
            try await nidos.waitForLog(cause)
            #expect(try await nidos.auditLeaves() == leaves)
        }

        private func caller(_ credential: ExamplePKI.Credential, of pki: ExamplePKI) throws -> PeerCaller {
            try caller(credential.certificate, key: credential.key, of: pki)
        }

        private func caller(_ certificate: URL, key: URL, of pki: ExamplePKI) throws -> PeerCaller {
            try PeerCaller(
                certificates: [certificate, pki.issuing.certificate], key: key,
                anchors: URL(filePath: nidos.folder.anchors))
        }

        /// Has the directory name a certificate among AVIM's own, so that the certificate itself is what is judged.
        private func list(_ certificate: URL) async throws {
            let now = NodeClock().now
            let version = try CommunityHolder(folder: nidos.folder, known: nil, now: now).current(now).directory.version
            let listed = try Certificate(pem: String(contentsOf: certificate, encoding: .utf8))
            let signed = try community.signedDirectory(version: version + 1) { member in
                guard member.oin == avim.oin else { return member }
                return member.with(tls: member.certificates.tls.prefix(1) + [listed])
            }
            try NodeFolder.write(signed, to: nidos.folder.directory)
            try await nidos.api.reload()
        }

        @Test func `a member with its own certificate is answered`() async throws {
            let reply = try await avim.client().post(lawfulBatch(), .batch, to: nidos)
            #expect(reply.status == 200, "\(reply.text)")
        }

        @Test func `a certificate of another authority is refused`() async throws {
            let rogue = try ExamplePKI.make(in: community.folder.appending(path: "rogue"))
            try rogue.addOrganisation(slug: "avim", oin: avim.oin, name: avim.handle.member.name)
            try await list(rogue.credential(of: "avim", for: .tls).certificate)
            try await expectRefusal(
                of: caller(rogue.credential(of: "avim", for: .tls), of: rogue),
                cause: "no chain leads to an authority that is trusted")
        }

        @Test func `a stranger's certificate is looked up and its chain is not judged`() async throws {
            let rogue = try ExamplePKI.make(in: community.folder.appending(path: "stranger"))
            try rogue.addOrganisation(slug: "avim", oin: avim.oin, name: avim.handle.member.name)
            try await expectRefusal(
                of: caller(rogue.credential(of: "avim", for: .tls), of: rogue),
                cause: "the directory has another TLS certificate for \(avim.oin)")
            let oin = try #require(OIN("00000099000000009000"))
            try rogue.addOrganisation(slug: "nobody", oin: oin, name: "Nobody (test)")
            try await expectRefusal(
                of: caller(rogue.credential(of: "nobody", for: .tls), of: rogue), cause: "is not in the directory")
        }

        @Test func `an organisation that is not in the directory is refused`() async throws {
            let oin = try #require(OIN("00000099000000008000"))
            try community.pki.addOrganisation(slug: "outsider", oin: oin, name: "Outsider (test)")
            try await expectRefusal(
                of: caller(community.pki.credential(of: "outsider", for: .tls), of: community.pki),
                cause: "is not in the directory")
        }

        @Test func `a member's certificate that is not the one in the directory is refused`() async throws {
            try community.pki.addOrganisation(slug: "second-avim", oin: avim.oin, name: "AVIM (test)")
            try await expectRefusal(
                of: caller(community.pki.credential(of: "second-avim", for: .tls), of: community.pki),
                cause: "the directory has another TLS certificate for \(avim.oin)")
        }

        @Test func `an expired certificate is refused`() async throws {
            try community.pki.addOrganisation(
                slug: "expired-avim", oin: avim.oin, name: "AVIM (test)", flaw: .expired)
            try await list(community.pki.credential(of: "expired-avim", for: .tls).certificate)
            try await expectRefusal(
                of: caller(community.pki.credential(of: "expired-avim", for: .tls), of: community.pki),
                cause: "expired at")
        }

        @Test func `a certificate for signing is refused as one for connections`() async throws {
            let folder = avim.handle.folder
            try await list(URL(filePath: folder.certificate(.signing)))
            try await expectRefusal(
                of: caller(
                    URL(filePath: folder.certificate(.signing)), key: URL(filePath: folder.key(.signing)),
                    of: community.pki), cause: "the extended key usage does not name the purpose")
        }

        @Test func `a connection with TLS 1.2 or without a certificate is refused`() async throws {
            let leaves = try await nidos.auditLeaves()
            let folder = avim.handle.folder
            let identity = ["-cert", folder.certificate(.tls), "-key", folder.key(.tls)]
            let connecting = [
                "s_client", "-connect", "\(PortHolder.host):\(nidos.port)", "-CAfile", folder.anchors, "-brief",
            ]
            // In TLS 1.3 a client hears of its refusal after the handshake: it must go on reading.
            for refused in [identity + ["-tls1_2"], ["-tls1_3"]] {
                let command = try await Command.run("openssl", connecting + refused + ["-ign_eof"])
                #expect(command.said.contains("alert"), "\(refused): \(command.said)")
            }
            let lawful = try await Command.run("openssl", connecting + identity + ["-tls1_3"])
            #expect(lawful.succeeded, "\(lawful.said)")
            #expect(!lawful.said.contains("alert"), "\(lawful.said)")
            #expect(try await nidos.auditLeaves() == leaves)
        }

        @Test func `a revoked certificate is refused on new and on open connections without a restart`() async throws {
            let coa = try Stage.foreignNode("coa")
            let caller = try coa.client()
            let before = try await caller.post(coa.tally(for: nidos.oin), .tally, to: nidos)
            try #require(before.status == 200, "\(before.text)")

            try community.pki.revoke(URL(filePath: coa.handle.folder.certificate(.tls)), reason: .keyCompromise)
            try nidos.installLists(of: community.pki)
            let tally = try coa.tally(for: nidos.oin)
            let nidos = nidos
            let refused = try await within(.seconds(10), "the open connection to be judged again") {
                try await poll {
                    let reply = try await caller.post(tally, .tally, to: nidos)
                    return reply.status == 200 ? nil : reply
                }
            }
            #expect(refused.status == 403)
            #expect(refused.problem?["title"]?.text == RequestErrorCode.partnerUnknown.rawValue)
            let anew = try coa.client()
            await #expect(throws: (any Error).self) { try await anew.post(tally, .tally, to: nidos) }
            try await nidos.waitForLog("was revoked at")
        }
    }
}

import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What holds a message and must never refuse or lose it: stale lists, revoked recipients, old directories.
    @Suite(.community(running: "avim", "nidos")) struct HoldTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func submit(_ key: String) async throws -> MessageID {
            try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: key)
        }

        /// Gives the node a list that is good for some seconds, and returns when it is stale.
        private func letListsGoStale(in node: NodeHandle) async throws {
            let list = community.folder.appending(path: "short-lived.crl")
            let profile = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../certs-example/profile.cnf").standardized
            let made = try await Command.run(
                "env",
                [
                    "EXCHANGE_PKI_FOLDER=\(community.pki.folder.path)", "EXCHANGE_PKI_HOST=unused", "openssl", "ca",
                    "-config", profile.path, "-name", "issuing_authority", "-gencrl", "-crlsec", "4", "-out", list.path,
                ])
            try #require(made.succeeded, "\(made.said)")
            try node.install(rootList: community.pki.rootRevocationList, issuingList: list)
            try await node.api.reload()
            let end = try RevocationList(pem: String(contentsOf: list, encoding: .utf8)).nextUpdate
            _ = try await poll { Timestamp.current > end + .seconds(1) ? true : nil }
        }

        @Test func `a stale list at the receiver holds with an alarm until the fresh one is there`() async throws {
            try await letListsGoStale(in: nidos)
            let id = try await submit("stale-receiver")
            try await nidos.waitForAlarm(.revocationListStale, about: avim.oin)
            let held = try #require(await avim.api.deliveries(of: id).first)
            #expect(held.state != .refused)
            #expect(!held.isReceipted)
            #expect(try await !nidos.api.inbox().contains { $0.messageID == id })

            // No restart and no reload: the node looks at its files.
            try community.pki.refreshRevocationLists()
            try nidos.installLists(of: community.pki)
            try await avim.waitForDelivery(of: id, "receipted", within: .seconds(60)) { $0.isReceipted }
            try await nidos.api.waitForInbox(id)
            // The alarm ends with the next tally, which would come within a minute.
            try await nidos.api.greetPartners()
            try await nidos.waitForNoAlarm(.revocationListStale, about: avim.oin)
        }

        @Test func `a stale list at the sender accepts, holds with an alarm, and sends when it is fresh`() async throws
        {
            try await letListsGoStale(in: avim)
            let file = try ExampleSignal.file(ExampleSignal.submission(to: [.guardian]), in: community.folder)
            let sent = try await avim.command("send", file.path, "--json")
            #expect(sent.exitStatus == 0, "\(sent.said)")
            let api = avim.api
            let delivery = try #require(await api.deliveries(onlyOpen: true).first)
            _ = try await within(.seconds(20), "an alarm about the stale list") {
                try await poll {
                    try await api.alarms().first { $0.detail.contains("stale") && $0.partner == nidos.oin }
                }
            }
            #expect(try await api.deliveries(of: delivery.messageID).first?.isReceipted == false)

            try community.pki.refreshRevocationLists()
            try avim.installLists(of: community.pki)
            try await avim.waitForDelivery(of: delivery.messageID, "receipted", within: .seconds(60)) { $0.isReceipted }
        }

        @Test func `a node with stale lists starts on the directory that it has used, and on no other`() async throws {
            let directory = URL(filePath: nidos.folder.directory)
            let used = try Data(contentsOf: directory)
            let other = try community.signedDirectory(version: 1) { $0 }
            try await letListsGoStale(in: nidos)
            try await nidos.process.stop()
            try community.pki.refreshRevocationLists()
            try Data(other).write(to: directory)
            let refused = try await nidos.command("run")
            #expect(refused.exitStatus == 2)
            #expect(refused.said.contains("stale"), "\(refused.said)")

            try used.write(to: directory)
            try await nidos.process.start()
            let id = try await submit("started-stale")
            try await nidos.waitForAlarm(.revocationListStale, about: avim.oin)
            try nidos.installLists(of: community.pki)
            try await avim.waitForDelivery(of: id, "receipted", within: .seconds(60)) { $0.isReceipted }
        }

        @Test func `a recipient whose key was revoked is not sealed to until a directory has its new one`() async throws
        {
            // The sender's view of the directory's agreement certificate ends; the partner makes a new key.
            let old = URL(filePath: nidos.folder.certificate(.agreement))
            try community.pki.revoke(old, reason: .superseded)
            try avim.installLists(of: community.pki)
            try await avim.api.reload()
            let id = try await submit("revoked-recipient")
            // Until then it shows why the link waits, where the partner was not there yet when this node began.
            let held = try await avim.waitForDelivery(of: id, "held back for the revocation") {
                $0.detail.contains("revoked")
            }
            #expect(held.state != .refused)
            try await avim.waitForAlarm(.recipientNotTrusted, about: nidos.oin)

            try await nidos.process.stop()
            try rotateAgreementKey(of: nidos)
            let rotated = try Certificate(pem: nidos.folder.readText(nidos.folder.certificate(.agreement)))
            let directory = try community.signedDirectory(version: 2) { member in
                guard member.oin == nidos.oin else { return member }
                return Member(
                    oin: member.oin, name: member.name, roles: member.roles, endpoint: member.endpoint,
                    certificates: MemberCertificates(
                        signing: member.certificates.signing, agreement: [rotated], tls: member.certificates.tls),
                    dutyContact: member.dutyContact)
            }
            let before = try avim.folder.read(avim.folder.directory)
            for node in [avim, nidos] { try NodeFolder.write(directory, to: node.folder.directory) }
            try nidos.installLists(of: community.pki)
            try await nidos.process.start()
            try await avim.waitForDelivery(of: id, "receipted under the new key", within: .seconds(60)) {
                $0.isReceipted
            }
            try await nidos.api.waitForInbox(id)

            try await expectOlderDirectoryRefused(before, newest: directory)
        }

        /// The first directory comes back: the running node keeps the newer one, and a start with it is refused.
        private func expectOlderDirectoryRefused(_ older: [UInt8], newest: [UInt8]) async throws {
            try NodeFolder.write(older, to: avim.folder.directory)
            await #expect {
                try await avim.api.reload()
            } throws: {
                ($0 as? NodeError)?.code == .directoryOlder
            }
            let status = try await avim.command("status", "--json")
            #expect(status.said.contains(#""directoryVersion":2"#), "\(status.said)")
            try await avim.process.stop()
            let refused = try await avim.command("run")
            #expect(refused.exitStatus == 2)
            #expect(refused.said.contains("directory-older"), "\(refused.said)")
            try NodeFolder.write(newest, to: avim.folder.directory)
            try await avim.process.start()
        }

        private func rotateAgreementKey(of node: NodeHandle) throws {
            let files = FileManager.default
            let folder = node.folder
            try files.moveItem(atPath: folder.key(.agreement), toPath: folder.retiredKeys + "/2026-11.key")
            try files.moveItem(atPath: folder.certificate(.agreement), toPath: folder.retiredKeys + "/2026-11.crt")
            let slug = "rotated-\(node.member.slug)"
            try community.pki.addOrganisation(slug: slug, oin: node.oin, name: node.member.name)
            let fresh = community.pki.credential(of: slug, for: .agreement)
            try files.copyItem(at: fresh.key, to: URL(filePath: folder.key(.agreement)))
            try files.copyItem(at: fresh.certificate, to: URL(filePath: folder.certificate(.agreement)))
        }
    }
}

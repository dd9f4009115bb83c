import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What a node hands to a third party, and what that can verify with the `openssl` command alone.
    @Suite(.community(running: "avim", "nidos")) struct EvidenceTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        /// Told, and down: it answers nothing.
        let ind: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
        }

        /// A signal of AVIM that Nidos has taken and concluded, and that IND has not got.
        private func concludedSignal() async throws -> MessageID {
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian, .immigration])),
                key: "evidence-\(UInt32.random(in: .min ... .max))")
            try await nidos.api.waitForInbox(id)
            try await nidos.api.take(id, role: "duty-guardian")
            try await avim.api.waitForFollowUp(.owned, of: id, by: nidos.oin)
            try await nidos.api.conclude(id, role: "duty-guardian", outcome: "COA is told")
            try await avim.api.waitForFollowUp(.concluded, of: id, by: nidos.oin)
            try await avim.waitForDelivery(of: id, "receipted") { $0.recipient == nidos.oin && $0.isReceipted }
            // IND has not got the L2 either.
            _ = try await within(.seconds(20), "the sender's receipts for what was said") {
                try await poll {
                    try await nidos.api.deliveries(onlyOpen: true).contains { $0.recipient == avim.oin } ? nil : true
                }
            }
            return id
        }

        private func export(_ id: MessageID, of node: NodeHandle) async throws -> ExportedEvidence {
            let folder = community.folder.appending(path: "evidence-\(UInt32.random(in: .min ... .max))")
            let exported = try await node.command("evidence", "export", id.description, "--out", folder.path)
            try #require(exported.exitStatus == 0, "\(exported.said)")
            return ExportedEvidence(folder: folder)
        }

        private func acts(_ verified: Command) throws -> [String] {
            try ExportedEvidence.lines("statement", of: verified).map {
                "\($0["act"]?.text ?? "") \($0["oin"]?.text ?? "")"
            }
        }

        @Test func `what a sender exports verifies by the commands that it prints, and by ours`() async throws {
            let id = try await concludedSignal()
            let evidence = try await export(id, of: avim)
            let commands = try evidence.commands()
            #expect(commands.count > 10, "\(commands)")
            for command in commands {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            let said = try #require(try evidence.verifications(of: "message.der").first)
            #expect(try await evidence.run(said).said.contains("\"id\":\"\(id)\""))
            let verified = try await evidence.verify("--json")
            #expect(verified.exitStatus == 0, "\(verified.said)")
            #expect(
                try acts(verified).filter { !$0.hasSuffix("\(avim.oin)") || $0.hasPrefix("said") } == [
                    "said \(avim.oin)", "received \(nidos.oin)", "open \(ind.oin)", "owned \(nidos.oin)",
                    "concluded \(nidos.oin)",
                ], "\(verified.said)")
            // Each was taken by this node, and it still has what it judged them by.
            let statements = try ExportedEvidence.lines("statement", of: verified)
            #expect(
                statements.allSatisfy { $0["heldThen"] == ($0["act"]?.text == "open" ? .null : .bool(true)) },
                "\(verified.said)")
            #expect(try evidence.verifications(of: "message.der").count == 2)
            // Our node had answered the L2 and the L3 with receipts of its own.
            #expect(try acts(verified).count { $0 == "received \(avim.oin)" } == 2)
            let table = try await evidence.verify()
            #expect(table.said.contains("OPEN"), "\(table.said)")
            #expect(table.said.contains("they prove nothing about who issued the certificates"), "\(table.said)")
            let anchored = try await evidence.verify("--anchors", community.pki.root.certificate.path)
            #expect(anchored.exitStatus == 0, "\(anchored.said)")
            #expect(anchored.said.contains("The authorities are those of \(community.pki.root.certificate.path)"))
        }

        @Test func `what a recipient exports holds its own receipt and what its people said`() async throws {
            let id = try await concludedSignal()
            let evidence = try await export(id, of: nidos)
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            let verified = try await evidence.verify("--json")
            #expect(verified.exitStatus == 0, "\(verified.said)")
            let acts = try acts(verified)
            for act in ["said \(avim.oin)", "received \(nidos.oin)", "owned \(nidos.oin)", "concluded \(nidos.oin)"] {
                #expect(acts.contains(act), "\(acts)")
            }
            // That the sender has its L2 and L3 is shown by the sender's receipts for them.
            #expect(acts.count { $0 == "received \(avim.oin)" } == 2, "\(acts)")
            #expect(try evidence.text("README.txt").contains("The sender has its receipt"))
            // The same message and the same receipt as the sender has, byte for byte.
            let ofSender = try await export(id, of: avim)
            for name in ["message.der", "receipts/\(nidos.oin).der"] {
                #expect(
                    try Data(contentsOf: evidence.folder.appending(path: name))
                        == Data(contentsOf: ofSender.folder.appending(path: name)))
            }
        }

        @Test func `one flipped byte in any file fails the command that is printed for it, and ours names the file`()
            async throws
        {
            let evidence = try await export(try await concludedSignal(), of: avim)
            let digests = try #require(try evidence.commands().first)
            #expect(digests.contains("sha256sum"))
            for name in try evidence.names() {
                for place in [{ $0 / 2 }, { $0 - 1 }] as [(Int) -> Int] {
                    // Not every byte of the list of digests counts for the command that reads it; for ours it does.
                    try await evidence.withFlippedByte(name, at: place) {
                        let checked = try await evidence.run(digests)
                        #expect(!checked.succeeded || name == "SHA256SUMS", "\(name)")
                        let verified = try await evidence.verify()
                        #expect(verified.exitStatus == 1, "\(name): \(verified.said)")
                        #expect(verified.said.contains("exchange-node: evidence-not-verified: "), "\(verified.said)")
                        #expect(verified.said.contains(name), "\(name): \(verified.said)")
                        guard name.hasSuffix(".der") else { return }
                        let verifications = try evidence.verifications(of: name)
                        #expect(!verifications.isEmpty, "\(name)")
                        for command in verifications {
                            let outcome = try await evidence.run(command)
                            #expect(!outcome.succeeded, "\(command)\n\(outcome.said)")
                        }
                    }
                }
            }
            #expect(try await evidence.verify().exitStatus == 0)
        }

        @Test func `a refusal is shown as it was signed, and who refused it has nothing to show`() async throws {
            let unknown = MessageID(at: .current, random: Randomness.bytes16()).description
            var submission = ExampleSignal.submission(to: [.police])
            submission["type"] = "NOD-03"
            submission["inReplyTo"] = .string(unknown)
            submission["body"] = [
                "messageId": .string(unknown), "messageDigest": .string(Digest.zero.description), "status": "completed",
                "outcome": "done",
            ]
            let id = try await nidos.api.submit(.object(submission), key: "refused")
            try await nidos.api.waitForAnswers(to: id)
            let evidence = try await export(id, of: nidos)
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            let refusal = try #require(try evidence.verifications(of: "refusals/\(avim.oin).der").first)
            #expect(try await evidence.run(refusal).said.contains("acknowledgement-mismatch"))
            let verified = try await evidence.verify("--json")
            #expect(verified.exitStatus == 0, "\(verified.said)")
            #expect(try acts(verified) == ["said \(nidos.oin)", "refused \(avim.oin)"])
            let nothing = community.folder.appending(path: "refused-there").path
            let refused = try await avim.command("evidence", "export", id.description, "--out", nothing)
            #expect(refused.exitStatus == 3, "\(refused.said)")
        }

        @Test func `the folder is for its owner alone, holds no key, and never goes over another`() async throws {
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "rights")
            try await avim.api.waitForAnswers(to: id)
            let evidence = try await export(id, of: avim)
            let files = FileManager.default
            #expect(try files.attributesOfItem(atPath: evidence.folder.path)[.posixPermissions] as? Int == 0o700)
            for name in try evidence.names() {
                let path = evidence.folder.appending(path: name).path
                #expect(try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600, "\(name)")
                let bytes = try Data(contentsOf: URL(filePath: path))
                #expect(!String(decoding: bytes, as: UTF8.self).contains("PRIVATE KEY"))
            }
            #expect(try evidence.text("README.txt").contains("CLEAR CONTENT OF A MESSAGE ABOUT A CHILD"))

            let before = try evidence.names()
            let again = try await avim.command("evidence", "export", id.description, "--out", evidence.folder.path)
            #expect(again.exitStatus == 2)
            #expect(again.said.contains("folder-not-empty"), "\(again.said)")
            #expect(try evidence.names() == before)
            // An empty folder is a place, and what could not be made leaves nothing beside it.
            let empty = community.folder.appending(path: "empty")
            try files.createDirectory(at: empty, withIntermediateDirectories: false)
            let unknown = MessageID(at: .current, random: Randomness.bytes16()).description
            let missing = try await avim.command("evidence", "export", unknown, "--out", empty.path)
            #expect(missing.exitStatus == 3)
            #expect(missing.said.contains("message-unknown"), "\(missing.said)")
            let made = try await avim.command("evidence", "export", id.description, "--out", empty.path)
            #expect(made.exitStatus == 0, "\(made.said)")
            let nowhere = community.folder.appending(path: "none/evidence").path
            let failed = try await avim.command("evidence", "export", id.description, "--out", nowhere)
            #expect(failed.exitStatus == 2, "\(failed.said)")
            #expect(try files.contentsOfDirectory(atPath: community.folder.path).allSatisfy { !$0.contains(".new-") })
        }

        @Test func `a folder that is none, and anchors that are none, are no evidence`() async throws {
            let nothing = ExportedEvidence(folder: community.folder.appending(path: "nothing"))
            let verified = try await nothing.verify()
            #expect(verified.exitStatus == 2)
            #expect(verified.said.contains("file-missing"), "\(verified.said)")
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "anchors")
            try await avim.api.waitForAnswers(to: id)
            let evidence = try await export(id, of: avim)
            let leaf = try await evidence.verify("--anchors", avim.folder.certificate(.signing))
            #expect(leaf.exitStatus == 2)
            #expect(leaf.said.contains("certificate-unusable"), "\(leaf.said)")
            // What somebody put beside it is no part of it.
            try Data("a note".utf8).write(to: evidence.folder.appending(path: "note.txt"))
            let noted = try await evidence.verify()
            #expect(noted.exitStatus == 0)
            #expect(noted.said.contains("note: note.txt: it is no part of the evidence"), "\(noted.said)")
        }
    }

    /// What a node can prove of a partner whose certificate has left the directory; the test changes its community.
    @Suite(.community(running: "avim", "nidos")) struct FormerSignerTests {
        @Test func `a signer that has left the directory is still verified, by the certificate that was kept`()
            async throws
        {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "former")
            try await avim.api.waitForAnswers(to: id)

            try community.renewSigningKey(of: nidos, readBy: [avim])
            try await avim.api.reload()

            let folder = community.folder.appending(path: "former")
            let exported = try await avim.command("evidence", "export", id.description, "--out", folder.path)
            try #require(exported.exitStatus == 0, "\(exported.said)")
            let evidence = ExportedEvidence(folder: folder)
            for command in try evidence.commands() {
                let outcome = try await evidence.run(command)
                #expect(outcome.succeeded, "\(command)\n\(outcome.said)")
            }
            let verified = try await evidence.verify("--json")
            #expect(verified.exitStatus == 0, "\(verified.said)")
            let received = try ExportedEvidence.lines("statement", of: verified).first {
                $0["act"] == "received" && $0["oin"] == .string(nidos.oin.text)
            }
            #expect(received?["heldThen"] == .bool(true), "\(verified.said)")
        }
    }
}

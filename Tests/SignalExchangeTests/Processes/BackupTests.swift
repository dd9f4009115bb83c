import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What an operator does by day, and on the night when the disk is gone.
    @Suite(.community(running: "avim", "nidos")) struct BackupTests {
        let avim: NodeHandle
        let nidos: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func command(_ arguments: String...) async throws -> Command {
            try await Command.run(
                NodeProcess.builtExecutable.path, arguments + ["--folder", avim.folder.path])
        }

        private func told(_ key: String) async throws -> MessageID {
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: key)
            try await avim.api.waitForAnswers(to: id)
            return id
        }

        @Test func `a backup of a running node is put back by the commands, and what came after it comes back`()
            async throws
        {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID()).sqlite")
            defer { try? FileManager.default.removeItem(at: file) }
            let first = try await told("before")
            let made = try await command("backup", file.path)
            #expect(made.succeeded, "\(made.said)")
            let rights = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
            #expect(rights?.int16Value == 0o600)
            // Never over another, and never without a thought.
            #expect(try await command("backup", file.path).said.contains("folder-not-empty"))
            let after = try await told("after")
            let confirmation = ["--confirm", avim.member.oin.text]
            let running = try await command("restore", file.path, confirmation[0], confirmation[1])
            #expect(running.said.contains("already-running"), "\(running.said)")
            try await avim.process.kill()
            let unconfirmed = try await command("restore", file.path, "--confirm", nidos.member.oin.text)
            #expect(unconfirmed.said.contains("request-invalid"), "\(unconfirmed.said)")
            let wrong = try await command("restore", avim.folder.configuration, confirmation[0], confirmation[1])
            #expect(!wrong.succeeded, "\(wrong.said)")
            let restored = try await command("restore", file.path, confirmation[0], confirmation[1])
            #expect(restored.succeeded, "\(restored.said)")
            #expect(restored.said.contains("is put back, as of 20"), "\(restored.said)")
            let kept = try FileManager.default.contentsOfDirectory(atPath: avim.folder.file("store"))
            let aside = try #require(kept.first { $0.hasPrefix("ledger.sqlite.before-") }, "\(kept)")
            let before = try FileManager.default.contentsOfDirectory(atPath: avim.folder.file("store/" + aside))
            #expect(before.contains("ledger.sqlite"), "\(before)")
            try await avim.process.start()
            for id in [first, after] {
                try await within(.seconds(20), "\(id) to be back") {
                    _ = try await poll {
                        do {
                            let rows = try await avim.api.deliveries(of: id)
                            return rows.allSatisfy { $0.isReceipted } ? true : nil
                        } catch let error as NodeError where error.code == .messageUnknown {
                            return nil
                        }
                    }
                }
            }
            #expect(try await avim.api.alarms().map(\.code).contains("store-rolled-back"))
            // What nobody could give back is said until a person ends it.
            let alarm = try #require(try await avim.api.alarms().first { $0.code == "store-put-back" })
            #expect(alarm.partner == nil && alarm.detail.contains("handed in again"), "\(alarm.detail)")
            let cleared = try await command("alarms", "clear", "store-put-back")
            #expect(cleared.succeeded, "\(cleared.said)")
            #expect(try await !avim.api.alarms().map(\.code).contains("store-put-back"))
        }

        @Test func `a backup goes onto a disk that has no store folder, and a message of since then is missed aloud`()
            async throws
        {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("backup-\(UUID()).sqlite")
            defer { try? FileManager.default.removeItem(at: file) }
            #expect(try await command("backup", file.path).succeeded)
            try await nidos.process.stop()
            // Nobody has it when the disk goes.
            let gone = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "gone")
            try await avim.process.kill()
            try FileManager.default.removeItem(atPath: avim.folder.file("store"))
            let restored = try await command("restore", file.path, "--confirm", avim.member.oin.text)
            #expect(restored.succeeded, "\(restored.said)")
            #expect(!restored.said.contains("kept in"), "\(restored.said)")
            let rights = try FileManager.default.attributesOfItem(atPath: avim.folder.file("store"))[.posixPermissions]
            #expect((rights as? NSNumber)?.int16Value == 0o700)
            try await avim.process.start()
            // Its part is yet to come: what was compared before the loss is no answer.
            let row = try #require(try await avim.api.partners().first { $0.oin == nidos.member.oin })
            #expect(row.outgoing.hasPrefix("to be compared") && !row.agreesAtTheLastNumber, "\(row)")
            try await nidos.process.start()
            try await avim.api.waitForAgreement(within: .seconds(30), of: nidos)
            let shown = try await command("queue", "show", "\(gone)")
            #expect(shown.said.contains("message-unknown"), "\(shown.said)")
            let alarms = try await command("alarms", "list")
            #expect(alarms.said.contains("store-put-back") && alarms.said.contains("handed in again"), "\(alarms.said)")
            #expect(try await command("alarms", "clear", "store-put-back").succeeded)
        }
    }
}

extension NodeAPI {
    /// Returns when the node's account agrees with that of one partner; the others do not run.
    fileprivate func waitForAgreement(within span: Milliseconds, of partner: NodeHandle) async throws {
        let api = self
        _ = try await ExchangeTesting.within(span, "the tallies to agree") {
            try await poll(every: Milliseconds(200)) {
                try await api.greetPartners()
                return try await api.partners().first { $0.oin == partner.member.oin }?.agreesAtTheLastNumber == true
                    ? true : nil
            }
        }
    }
}

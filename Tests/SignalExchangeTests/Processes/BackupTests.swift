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
        }
    }
}

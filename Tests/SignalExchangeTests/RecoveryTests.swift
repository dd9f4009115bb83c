import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A node whose store is older than what it signed is found out by its partners, and gets back what they hold.
    @Suite(.serialized) struct RecoveryTests {
        /// The store's files of a node that stopped.
        private struct Backup {
            let folder: URL
            let node: NodeHandle

            init(of node: NodeHandle, into folder: URL) throws {
                self.node = node
                self.folder = folder
                try FileManager.default.copyItem(at: URL(filePath: node.folder.file("store")), to: folder)
            }

            func putBack() throws {
                let store = URL(filePath: node.folder.file("store"))
                try FileManager.default.removeItem(at: store)
                try FileManager.default.copyItem(at: folder, to: store)
            }
        }

        private static func submission(to roles: [Role], priority: Priority = .urgent) -> JSONValue {
            var submission = ExampleSignal.submission(to: roles)
            submission["priority"] = .string(priority.rawValue)
            return .object(submission)
        }

        private func temporary(_ name: String) -> URL {
            FileManager.default.temporaryDirectory.appendingPathComponent("\(name)-\(UUID())")
        }

        /// Sends to some, and waits until each has answered.
        private func told(_ node: NodeHandle, _ roles: [Role], _ key: String) async throws -> MessageID {
            let id = try await node.api.submit(Self.submission(to: roles), key: key)
            try await node.api.waitForAnswers(to: id)
            return id
        }

        private func demandWhole(_ nodes: [NodeHandle]) async throws {
            for node in nodes {
                try await node.api.waitForEmptyQueue()
                #expect(try await node.api.intactAuditLeaves() != nil)
            }
            for node in nodes { try await waitForAgreement(of: node, with: nodes) }
        }

        private func waitForAgreement(of node: NodeHandle, with nodes: [NodeHandle]) async throws {
            let partners = Set(nodes.map(\.member.oin))
            _ = try await within(.seconds(60), "the tallies of \(node.member.slug) and its partners to agree") {
                try await poll(every: Milliseconds(200)) {
                    // What is got back may be sent on meanwhile: an account of before says nothing of it.
                    try await node.api.greetPartners()
                    return try await node.api.partners().filter { partners.contains($0.oin) }
                        .allSatisfy(\.agreesAtTheLastNumber) ? true : nil
                }
            }
        }

        @Test func `a store of before gets back what was sent and what was received, while new messages go out`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos", "ind"]) { community in
                let (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
                let first = try await told(avim, [.guardian, .immigration], "first")
                try await avim.process.stop()
                let backup = try Backup(of: avim, into: temporary("backup"))
                try await avim.process.start()
                let lost = try await told(avim, [.guardian, .immigration], "lost")
                let received = try await told(nidos, [.police], "received")
                try await avim.process.kill()
                try backup.putBack()
                try await avim.process.start()
                let new = try await avim.api.submit(
                    Self.submission(to: [.guardian, .immigration], priority: .stat), key: "new")
                try await avim.api.waitForAnswers(to: new)
                // What it had received comes again, and is flagged.
                try await avim.api.waitForInbox(received)
                #expect(try await avim.api.inboxEntry(received)["mayBeRepeated"]?.flag == true)
                try await demandWhole([avim, nidos, ind])
                // It may stand under two numbers: one by which it came back, and one by which it was owed again.
                let back = try await avim.api.deliveries(of: lost)
                #expect(Set(back.map(\.recipient)) == [nidos.member.oin, ind.member.oin])
                #expect(back.allSatisfy { $0.isReceipted }, "\(back)")
                for partner in [nidos, ind] {
                    let ids = try await partner.api.inbox().map(\.messageID)
                    for id in [first, lost, new] { #expect(ids.count { $0 == id } == 1) }
                    let alarms = try await partner.api.alarms().filter { $0.partner == avim.member.oin }.map(\.code)
                    // Two openings grew from one: a copy that runs beside it would look the same.
                    #expect(!alarms.isEmpty && Set(alarms).isSubset(of: ["partner-rolled-back", "partner-cloned"]))
                }
                let alarms = try await avim.api.alarms().map(\.code)
                #expect(alarms.contains("store-rolled-back"), "\(alarms)")
            }
        }

        @Test func `a node that lost its disk begins anew and gets back all that its partners hold`() async throws {
            try await withCommunity(running: ["avim", "nidos", "ind"]) { community in
                let (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
                var sent: [MessageID] = []
                for ordinal in 1...70 {
                    sent.append(
                        try await avim.api.submit(Self.submission(to: [.guardian]), key: "sent-\(ordinal)"))
                }
                sent.append(try await told(avim, [.guardian, .immigration], "last"))
                let received = try await told(nidos, [.police], "received")
                try await avim.process.kill()
                try FileManager.default.removeItem(at: URL(filePath: avim.folder.store))
                for suffix in ["-wal", "-shm"] {
                    try? FileManager.default.removeItem(at: URL(filePath: avim.folder.store + suffix))
                }
                try await NewStore(avim.folder).make()
                try await avim.process.start()
                try await avim.api.waitForInbox(received)
                try await demandWhole([avim, nidos, ind])
                for id in sent {
                    let rows = try await avim.api.deliveries(of: id)
                    #expect(rows.allSatisfy { $0.isReceipted }, "\(rows)")
                }
                #expect(try await nidos.api.inbox().count == sent.count)
            }
        }

        @Test func `a partner that is away blocks no other, and gives back its part when it returns`() async throws {
            try await withCommunity(running: ["avim", "nidos", "ind"]) { community in
                let (avim, nidos, ind) = (community[slug: "avim"], community[slug: "nidos"], community[slug: "ind"])
                _ = try await told(avim, [.guardian, .immigration], "first")
                try await avim.process.stop()
                let backup = try Backup(of: avim, into: temporary("backup"))
                try await avim.process.start()
                let onlyIND = try await told(avim, [.immigration], "ind")
                let both = try await told(avim, [.guardian, .immigration], "both")
                try await ind.process.stop()
                try await avim.process.kill()
                try backup.putBack()
                try await avim.process.start()
                let new = try await avim.api.submit(Self.submission(to: [.guardian, .immigration]), key: "new")
                // Of the message to both, the one that is there gives its content, and the other is owed it again.
                _ = try await avim.api.deliveries(of: new, to: nidos.member.oin, waiting: .seconds(20))
                try await waitForAgreement(of: avim, with: [nidos])
                let owed = try await avim.api.deliveries(of: both).filter { !$0.isReceipted }
                #expect(owed.map(\.recipient) == [ind.member.oin])
                try await ind.process.start()
                try await avim.api.waitForAnswers(to: new)
                try await demandWhole([avim, nidos, ind])
                for id in [onlyIND, both] {
                    let rows = try await avim.api.deliveries(of: id)
                    #expect(rows.allSatisfy { $0.isReceipted }, "\(rows)")
                }
                let ids = try await ind.api.inbox().map(\.messageID)
                #expect(ids.count { $0 == both } == 1)
            }
        }

        @Test func `a copy of a store that runs beside the original is fenced, and nothing that was sent is lost`()
            async throws
        {
            try await withCommunity(running: ["avim", "nidos"]) { community in
                let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
                let first = try await told(avim, [.guardian], "first")
                try await avim.process.stop()
                let copy = temporary("copy")
                try FileManager.default.copyItem(at: URL(filePath: avim.folder.path), to: copy)
                try await avim.process.start()
                let original = try await told(avim, [.guardian], "original")
                // The copy calls its partners, and cannot be called: the directory names the original's address.
                defer { try? FileManager.default.removeItem(at: copy) }
                let (folder, holder) = (NodeFolder(copy.path), try PortHolder())
                let text = try folder.readText(folder.configuration)
                try NodeFolder.write(
                    Array(text.replacing("port: \(avim.port)", with: "port: \(holder.port)").utf8),
                    to: folder.configuration)
                let process = NodeProcess(executable: NodeProcess.builtExecutable, folder: folder)
                let api = NodeAPI(socketPath: folder.file("node.sock"))
                try await process.start()
                let alarm = try await within(.seconds(20), "the copy to be fenced") {
                    try await poll { try await api.alarms().first { $0.code == "node-fenced" } }
                }
                #expect(alarm.partner == nidos.member.oin)
                // Its operator is told that before all else, as a fault of this node.
                let check = try await Command.run(
                    NodeProcess.builtExecutable.path, ["check", "--folder", folder.path, "--no-probe"])
                #expect(check.exitStatus == 2, "\(check.said)")
                #expect(check.said.contains(/check-found-faults: node-fenced/), "\(check.said)")
                #expect(
                    check.said.split(separator: "\n").first { !$0.hasPrefix("exchange-node:") }?
                        .contains("node-fenced") == true, "\(check.said)")
                let late = try await api.submit(Self.submission(to: [.guardian]), key: "late")
                let after = try await told(avim, [.guardian], "after")
                #expect(try await api.deliveries(of: late).map(\.isReceipted) == [false])
                try await process.kill()
                try await demandWhole([avim, nidos])
                let ids = try await nidos.api.inbox().map(\.messageID)
                for id in [first, original, after] { #expect(ids.count { $0 == id } == 1) }
                #expect(!ids.contains(late))
                let alarms = try await nidos.api.alarms().filter { $0.partner == avim.member.oin }.map(\.code)
                #expect(alarms.contains("partner-cloned"), "\(alarms)")
            }
        }
    }
}

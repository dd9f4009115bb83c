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
            try await node.api.greetPartners()
            _ = try await within(.seconds(20), "the tallies of \(node.member.slug) and its partners to agree") {
                try await poll {
                    try await node.api.partners().filter { partners.contains($0.oin) }
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
                let back = try await avim.api.deliveries(of: lost)
                #expect(back.map(\.isReceipted) == [true, true])
                for partner in [nidos, ind] {
                    let ids = try await partner.api.inbox().map(\.messageID)
                    for id in [first, lost, new] { #expect(ids.count { $0 == id } == 1) }
                    let alarms = try await partner.api.alarms().filter { $0.partner == avim.member.oin }.map(\.code)
                    #expect(alarms == ["partner-rolled-back"], "\(alarms)")
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
                for id in sent { #expect(try await avim.api.deliveries(of: id).allSatisfy(\.isReceipted)) }
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
                #expect(try await avim.api.deliveries(of: both).map(\.isReceipted) == [true, false])
                try await ind.process.start()
                try await avim.api.waitForAnswers(to: new)
                try await demandWhole([avim, nidos, ind])
                #expect(try await avim.api.deliveries(of: onlyIND).allSatisfy(\.isReceipted))
                #expect(try await avim.api.deliveries(of: both).allSatisfy(\.isReceipted))
                let ids = try await ind.api.inbox().map(\.messageID)
                #expect(ids.count { $0 == both } == 1)
            }
        }
    }
}

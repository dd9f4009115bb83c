import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// Content goes when it is closed, safe on both sides and old; what is open stays, and what went is told as such.
    @Suite struct RetentionProcessTests {
        private static let long = Milliseconds.hours(24 * 4000)

        private func count(_ node: NodeHandle) async throws -> Int64? {
            try await node.api.client.get("/v1/status")["purged"]?.number
        }

        private func refusal(_ body: () async throws -> Void) async throws -> NodeErrorCode? {
            await #expect(throws: NodeError.self) { try await body() }?.code
        }

        /// Backs up both, and has each hear of the other's.
        private func cover(_ nodes: [NodeHandle], in community: ExampleCommunity, named name: String) async throws {
            for node in nodes {
                let file = community.folder.appending(path: "\(node.member.slug)-\(name).sqlite").path
                _ = try await node.api.client.post(
                    "/v1/store/_backup", body: JSONWriter.write(["file": .string(file)]))
            }
            for node in nodes { _ = try await node.api.client.post("/v1/partners/_greet") }
            for (node, partner) in [(nodes[0], nodes[1]), (nodes[1], nodes[0])] {
                _ = try await node.api.client.post("/v1/partners/\(partner.oin)/_reconcile")
            }
        }

        /// So much time passes for both, and they are started again.
        private func age(_ nodes: [NodeHandle]) async throws {
            for node in nodes {
                try await node.process.stop()
                try node.age(by: Self.long)
                try await node.process.start()
            }
        }

        @Test func `what is closed and covered goes, what is open stays, and a partner that lost it is told`()
            async throws
        {
            try await withCommunity(running: ["avim", "ind"]) { community in
                let (avim, ind) = (community[slug: "avim"], community[slug: "ind"])
                let closed = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration])), key: "closed")
                try await ind.api.waitForInbox(closed)
                try await ind.api.take(closed, role: "duty-officer")
                try await ind.api.conclude(closed, role: "duty-officer", outcome: "done")
                try await avim.api.waitForFollowUp(.concluded, of: closed, by: ind.oin)
                let open = try await avim.api.submit(
                    .object(ExampleSignal.submission(to: [.immigration])), key: "open")
                try await avim.api.waitForAnswers(to: open)
                try await ind.api.waitForEmptyQueue()

                // Old, and closed, but no backup covers it: nothing goes.
                try await age([avim, ind])
                for node in [avim, ind] {
                    let log = node.process.log
                    _ = try await within(.seconds(20), "retention to be looked at since the second start") {
                        try await poll {
                            let said = try String(contentsOf: log, encoding: .utf8)
                            return said.matches(of: /retention was looked at/).count > 1 ? true : nil
                        }
                    }
                    #expect(try await count(node) == 0)
                }

                try await cover([avim, ind], in: community, named: "first")
                try await age([avim, ind])
                for node in [avim, ind] {
                    // The signal, and the two messages by which it was taken and concluded.
                    try await node.waitForLog("content was erased by retention")
                    #expect(try await self.count(node) == 3)
                    #expect(try await node.api.intactAuditLeaves() != nil)
                }
                #expect(try await refusal { _ = try await ind.api.inboxEntry(closed) } == .contentPurged)
                #expect(
                    try await refusal {
                        _ = try await avim.api.client.get("/v1/messages/\(closed)/evidence")
                    } == .contentPurged)
                #expect(try await ind.api.inboxEntry(open)["body"] != nil)
                let row = try #require(try await avim.api.deliveries(of: closed).first)
                #expect(row.isReceipted && row.state == .concluded)
                _ = try await ind.api.client.put(
                    "/v1/consumers/late", body: Array(#"{"feed":"inbox"}"#.utf8))
                let entries = try await ind.api.client.get("/v1/consumers/late/entries")["items"]?.elements ?? []
                #expect(entries.count == 2 && entries.count { $0["message"]?["purged"]?.text != nil } == 1)
                // Who was told in which role is shown without a look into the content.
                let reference = try #require(try await avim.api.client.get("/v1/messages/\(closed)")["caseRef"]?.text)
                let seen = try await ind.api.client.get("/v1/cases/\(reference)")
                let cells = (seen["messages"]?.elements ?? []).first { $0["id"]?.text == "\(closed)" }?["parties"]
                #expect(
                    (cells?.elements ?? []).first { $0["oin"]?.text == ind.oin.text }?["role"]?.text == "immigration")

                // It loses its disk, and its backup with it.
                try await ind.process.kill()
                for suffix in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(at: URL(filePath: ind.folder.store + suffix))
                }
                try await NewStore(ind.folder).make()
                try await ind.process.start()
                try await ind.api.waitForInbox(open)
                _ = try await within(.seconds(60), "AVIM to have nothing left to send again") {
                    try await poll(every: Milliseconds(200)) {
                        let answer = try await avim.api.client.post("/v1/partners/\(ind.oin)/_reconcile")
                        let counts = answer["report"]?["outgoing"]?["counts"]
                        return counts?["again"]?.number == 0 && counts?["open"]?.number == 0 ? true : nil
                    }
                }
                #expect(try await ind.api.inbox().map(\.messageID) == [open])
                let report = try await ind.api.client.post("/v1/partners/\(avim.oin)/_reconcile")
                let void = report["report"]?["incoming"]?["items"]?.elements.first { $0["state"]?.text == "void-there" }
                #expect(void?["message"]?.text == "\(closed)" && void?["why"]?.text == Retention.purgedReason)
                let alarms = Set(try await avim.api.alarms().map(\.code))
                #expect(alarms.isDisjoint(with: ["stored-message-unreadable", "tallies-differ"]), "\(alarms)")
            }
        }
    }
}

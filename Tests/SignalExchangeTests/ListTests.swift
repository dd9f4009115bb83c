import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// The lists of a running node, as its people and its agency's system read them.
    @Suite(.community(running: "nidos")) struct ListTests {
        let nidos: NodeHandle
        let sender: ForeignNode

        init() throws {
            nidos = try #require(Stage.community)[slug: "nidos"]
            sender = try Stage.foreignNode("avim")
        }

        /// Delivers messages of one priority, as many in a batch as one may hold.
        private func deliver(_ count: Int, priority: Priority) async throws -> [MessageID] {
            var ids: [MessageID] = []
            while ids.count < count {
                let parcels = try (0..<min(count - ids.count, ProtocolLimits.batchMaximumItems)).map { _ in
                    try sender.seal(
                        ExampleSignal.content(
                            from: sender.party, to: [Recipient(nidos.party)], priority: priority), for: nidos)
                }
                let answer = try await sender.deliver(sender.batch(parcels, for: nidos), to: nidos)
                try #require(answer.outcomes.allSatisfy { $0.answer.receipt != nil }, "\(answer.outcomes)")
                ids += parcels.map(\.id)
            }
            return ids
        }

        private func rows(_ command: Command) throws -> [JSONValue] {
            try command.said.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
        }

        @Test func `a stat message behind a thousand routine ones is listed first, and every page is listed`()
            async throws
        {
            let routine = try await deliver(1001, priority: .routine)
            let stat = try await deliver(1, priority: .stat)
            let page = try await nidos.api.client.get("/v1/inbox?state=ready&limit=1000")
            #expect(page["items"]?.elements.count == 1000)
            #expect(page["items"]?.elements.first?["id"]?.text == stat.first?.description)
            let cursor = try #require(page["next"]?.text)
            let rest = try await nidos.api.client.get("/v1/inbox?state=ready&limit=1000&after=\(cursor)")
            #expect(rest["items"]?.elements.count == 2)
            #expect(rest["next"] == .null)

            let listed = try await nidos.command("inbox", "list", "--json")
            #expect(listed.exitStatus == 0)
            #expect(try rows(listed).compactMap { $0["id"]?.text } == (stat + routine).map(\.description))
            let table = try await nidos.command("inbox", "list")
            #expect(table.said.split(separator: "\n").count == 1002 + 2, "a head on each page")
        }

        @Test func `without a state the inbox lists what is open, and with --all everything`() async throws {
            let ids = try await deliver(3, priority: .asap)
            try await nidos.api.take(ids[0], role: "duty-guardian")
            try await nidos.api.decline(ids[1], role: "duty-guardian", reason: "known case")
            let isOfThese = { (row: JSONValue) in ids.contains { $0.description == row["id"]?.text } }
            let open = try rows(await nidos.command("inbox", "list", "--json")).filter(isOfThese)
            #expect(open.compactMap { $0["state"]?.text } == ["owned", "ready"])
            let all = try rows(await nidos.command("inbox", "list", "--all", "--json")).filter(isOfThese)
            #expect(all.compactMap { $0["state"]?.text } == ["owned", "declined", "ready"])
            let both = try await nidos.command("inbox", "list", "--all", "--state", "ready")
            #expect(both.exitStatus == 64, "\(both.said)")
        }

        @Test(arguments: [
            ("inbox?state=read", "state"), ("inbox?state=ready,", "state"), ("inbox?limit=0", "limit"),
            ("inbox?limit=1001", "limit"), ("deliveries?limit=many", "limit"), ("inbox?after=9-1", "after"),
            ("deliveries?after=", "after"),
        ])
        func `a page that cannot be asked for is refused by name`(path: String, word: String) async throws {
            await #expect {
                try await nidos.api.client.get("/v1/" + path)
            } throws: {
                let error = $0 as? NodeError
                return error?.code == .requestInvalid && error?.message.contains(word) == true
            }
        }

        @Test func `a queue that is cut says so beside its rows`() async throws {
            let ids = try await deliver(2, priority: .routine)
            for id in ids { try await nidos.api.take(id, role: "duty-guardian") }
            let cut = try await nidos.command("queue", "list", "--limit", "1", "--json")
            #expect(cut.said.contains("there are more"), "\(cut.said)")
            let open = try await nidos.command("queue", "list", "--open", "--json")
            #expect(!open.said.contains("there are more"), "\(open.said)")
            #expect(try rows(open).count >= 2)
        }
    }
}

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
            ("deliveries?after=", "after"), ("deliveries?open=yes", "open: use true or false"),
            ("deliveries?open=", "open: use true or false"), ("deliveries?open=true&open=false", "open"),
            ("deliveries?opne=true", "use open, partner, caseRef, limit, after"),
            ("inbox?open=true", "use state, limit, after"), ("alarms?partner=1", "partner: "),
            ("messages/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90/deliveries?waitSeconds=x", "waitSeconds: use 0 to 600"),
            ("messages/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90/deliveries?waitSeconds=601", "waitSeconds: use 0 to 600"),
            ("messages/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90/deliveries?until=read", "use one of answered, owned, "),
            ("messages/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90/deliveries?partner=1", "partner: use an OIN"),
            ("inbox/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90?waitSeconds=601", "waitSeconds: use 0 to 600"),
            ("inbox/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90?wait=1", "use waitSeconds"),
            ("messages/019ab13b-5001-7c21-9f3a-0b5d6e7f8a90/deliveries?answers=1", "answers: use true or false"),
        ])
        func `a query that is not understood, or a page that cannot be asked for, is refused by name`(
            path: String, word: String
        ) async throws {
            await #expect {
                try await nidos.api.client.get("/v1/" + path)
            } throws: {
                let error = $0 as? NodeError
                return error?.code == .requestInvalid && error?.message.contains(word) == true
            }
        }

        @Test func `a queue that is cut says so beside its rows, and how many more there are`() async throws {
            let ids = try await deliver(3, priority: .routine)
            for id in ids { try await nidos.api.take(id, role: "duty-guardian") }
            let all = try await nidos.api.deliveries(maximumItems: 10_000).count
            let said = "there are \(all - 1) more; see them with --limit \(all)"
            let cut = try await nidos.command("queue", "list", "--limit", "1", "--json")
            #expect(cut.said.contains("exchange-node: \(said)"), "\(cut.said)")
            let table = try await nidos.command("queue", "list", "--limit", "1")
            #expect(table.said.split(separator: "\n").map(String.init).last == said, "\(table.said)")
            let waiting = try await nidos.api.deliveries(onlyOpen: true).count
            let few = try await nidos.command("queue", "list", "--open", "--limit", "1")
            #expect(few.said.contains("there are \(waiting - 1) more; leave --limit out"), "\(few.said)")
            for arguments in [["--open"], ["--limit", "\(all)"]] {
                let whole = try await Command.run(
                    NodeProcess.builtExecutable.path,
                    ["queue", "list", "--json", "--folder", nidos.folder.path] + arguments)
                #expect(!whole.said.contains("there are"), "\(whole.said)")
                #expect(try rows(whole).count >= 3)
            }
        }

        @Test func `a step on a message that somebody has says who has it, and since when`() async throws {
            let ids = try await deliver(2, priority: .asap)
            let early = try await nidos.command(
                "inbox", "conclude", "\(ids[0])", "--as", "night-desk", "--outcome", "no")
            #expect(early.exitStatus == 3, "\(early.said)")
            #expect(early.said.contains("nobody has taken it"), "\(early.said)")
            try await nidos.api.take(ids[0], role: "duty-guardian")
            try await nidos.api.decline(ids[1], role: "day-desk", reason: "known case")
            for (id, words) in [(ids[0], "owned by duty-guardian since 20"), (ids[1], "declined by day-desk since 20")]
            {
                for arguments in [["take"], ["decline", "--reason", "no"]] {
                    let again = try await Command.run(
                        NodeProcess.builtExecutable.path,
                        ["inbox"] + arguments + ["\(id)", "--as", "night-desk", "--folder", nidos.folder.path])
                    #expect(again.exitStatus == 3, "\(again.said)")
                    #expect(again.said.contains("step-not-possible: "), "\(again.said)")
                    #expect(again.said.contains(words), "\(again.said)")
                }
            }
            try await nidos.api.conclude(ids[0], role: "duty-guardian", outcome: "done")
            let late = try await nidos.command(
                "inbox", "conclude", "\(ids[0])", "--as", "night-desk", "--outcome", "no")
            #expect(late.said.contains("concluded by duty-guardian since 20"), "\(late.said)")
        }
    }
}

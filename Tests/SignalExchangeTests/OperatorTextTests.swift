import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import NIOHTTP1
import SignalExchange
import Synchronization
import Testing

extension Nodes {
    /// What an operator reads at night must be true, and say what to do.
    @Suite(.community(running: "avim")) struct OperatorTextTests {
        let avim: NodeHandle
        let nidos: NodeHandle
        let ind: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
            ind = community[slug: "ind"]
        }

        private func submit(to recipients: Role..., explanation: String = "A synthetic example.") async throws
            -> MessageID
        {
            try await avim.api.submit(
                .object(ExampleSignal.submission(to: recipients, explanation: explanation)),
                key: "text-\(UInt32.random(in: 0...(.max)))")
        }

        private func move(_ event: String, _ delivery: DeliveryRow) async throws -> Command {
            try await avim.command(
                "queue", event, "--partner", "\(delivery.recipient)", "--number", "\(delivery.number)", "--reason",
                "a reason", "--as", "duty-officer")
        }

        @Test func `an empty queue never says that everybody has been told`() async throws {
            let id = try await submit(to: .guardian)
            let delivery = try #require(await avim.api.deliveries(of: id).first)
            let withdrawn = try await move("withdraw", delivery)
            #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
            #expect(withdrawn.said.contains("final"), "\(withdrawn.said)")
            for delivery in try await avim.api.deliveries(onlyOpen: true) { _ = try await move("withdraw", delivery) }
            let all = try await avim.command("queue", "list", "--open")
            #expect(all.said.contains(/Nothing is open\. [1-9][0-9]* were withdrawn/), "\(all.said)")
            let filtered = try await avim.command("queue", "list", "--open", "--partner", nidos.oin.text)
            #expect(filtered.said.contains("No open delivery matches (partner \(nidos.oin))."), "\(filtered.said)")
            let reference = "11111111-2222-4333-8444-555555555555"
            let ofCase = try await avim.command("queue", "list", "--case-ref", reference)
            #expect(ofCase.said.contains("No delivery matches (case \(reference))."), "\(ofCase.said)")
            let slip = try await avim.command("queue", "list", "--open", "--partner", "00000099000000001009")
            #expect(slip.exitStatus == 3, "\(slip.said)")
            #expect(slip.said.contains("no member"), "\(slip.said)")
        }

        @Test func `a batch stops at the line that is refused, and says which lines were accepted`() async throws {
            let good = String(
                decoding: try JSONWriter.write(.object(ExampleSignal.submission(to: [.immigration]))), as: UTF8.self)
            let lines = [good, "{}"] + Array(repeating: good, count: 198)
            let accepted = Mutex<[Int]>([])
            let error = await #expect(throws: NodeError.self) {
                try await BulkSending(client: avim.api.client).send(lines, keyPrefix: "stops") { line, _ in
                    accepted.withLock { $0.append(line) }
                }
            }
            let told = accepted.withLock { $0 }
            #expect(told.first == 1)
            #expect(!told.contains(2))
            #expect(told == told.sorted(), "in the order of the lines")
            #expect(told.count < 199, "it went on to the end")
            let text = try #require(error?.message)
            #expect(text.contains("line 2: "), "\(text)")
            #expect(text.contains("\(told.count) lines were accepted"), "\(text)")
            #expect(text.contains("the same key"), "\(text)")
            // Mended and sent whole: no second message.
            let before = try await avim.api.deliveries(maximumItems: 10_000).count
            let mended = [good, good] + Array(repeating: good, count: 198)
            #expect(try await BulkSending(client: avim.api.client).send(mended, keyPrefix: "stops") { _, _ in } == 200)
            #expect(try await avim.api.deliveries(maximumItems: 10_000).count == before + 200 - told.count)
        }

        @Test func `a delivery that waits for a link says why, and when the link tries again`() async throws {
            let first = try await submit(to: .guardian)
            try await avim.waitForDelivery(of: first, "tried") { !$0.detail.isEmpty }
            let second = try await submit(to: .guardian)
            let api = avim.api
            let row = try await within(.seconds(20), "the second delivery to say why it waits") {
                try await poll {
                    try await api.client.get("/v1/messages/\(second)/deliveries").elements.first {
                        $0["nextAttempt"]?.text != nil
                    }
                }
            }
            #expect(row["detail"]?.text?.isEmpty == false)
            #expect(row["attempts"]?.number == 0)
        }

        @Test func `what is held here is told by status, and is a warning of check`() async throws {
            let before = try #require(try await avim.api.client.get("/v1/status")["held"]?.number)
            let id = try await submit(to: .guardian)
            let held = try await move("hold", try #require(await avim.api.deliveries(of: id).first))
            #expect(held.exitStatus == 0, "\(held.said)")
            #expect(try await avim.api.client.get("/v1/status")["held"]?.number == before + 1)
            let check = try await avim.command("check", "--no-probe")
            #expect(check.said.contains(/warning +held +[0-9]+ deliver/), "\(check.said)")
            #expect(check.said.contains("queue list --open"), "\(check.said)")
            let gone = try await move("withdraw", try #require(await avim.api.deliveries(of: id).first))
            #expect(gone.exitStatus == 0, "\(gone.said)")
            #expect(try await avim.api.client.get("/v1/status")["held"]?.number == before)
        }

        @Test func `a check says which systems follow what the ladder tells, and not what the node itself runs`()
            async throws
        {
            func feed() async throws -> Command { try await avim.command("check", "--no-probe") }
            let before = try await feed()
            #expect(before.said.contains("and no system follows the feed"), "\(before.said)")
            let made = try await APICall.make(.PUT, "/v1/consumers/duty-desk", #"{"feed":"escalations"}"#, at: avim)
            #expect(made.status == 201)
            let after = try await feed()
            #expect(after.said.contains("and the feed is followed by duty-desk"), "\(after.said)")
        }

        @Test func `an alarm is cleared by number, and nothing cleared is no success`() async throws {
            let none = try await avim.command("alarms", "clear", "quota-exceeded")
            #expect(none.exitStatus == 3, "\(none.said)")
            #expect(none.said.contains("none was cleared"), "\(none.said)")
        }

        @Test func `a directory that the script signs is taken by a node`() async throws {
            let community = try #require(Stage.community)
            let holder = try CommunityHolder(folder: ind.folder, own: ind.oin, known: nil, now: NodeClock().now)
            let document = community.folder.appending(path: "directory.json")
            try Data(DirectoryDocument.encode(holder.current(NodeClock().now).directory)).write(to: document)
            let signed = try await Command.run(
                "certs-example/make-pki.sh",
                ["sign-directory", community.folder.appending(path: "pki").path, document.path, ind.folder.directory])
            #expect(signed.exitStatus == 0, "\(signed.said)")
            _ = try CommunityHolder(folder: ind.folder, own: ind.oin, known: nil, now: NodeClock().now)
        }

        @Test func `a message that one recipient holds is secured in every list`() async throws {
            try await nidos.process.start()
            let id = try await submit(to: .guardian, .immigration)
            try await avim.waitForDelivery(of: id, "receipted") { $0.isReceipted }
            let page = try await avim.api.client.get("/v1/deliveries?open=true&partner=\(ind.oin)")
            let row = try #require(page["items"]?.elements.first { $0["id"]?.text == "\(id)" })
            #expect(row["secured"]?.flag == true)
            let receipted = try #require(try await avim.api.deliveries(of: id).first { $0.isReceipted })
            for event in ["withdraw", "hold"] {
                let refused = try await move(event, receipted)
                #expect(refused.exitStatus == 3, "\(refused.said)")
                for word in ["step-not-possible", "receipted since 20", "the partner HAS it"] {
                    #expect(refused.said.contains(word), "\(refused.said)")
                }
            }
            try await nidos.process.kill()
        }
    }
}

import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import SignalExchange
import Testing

extension Nodes {
    /// Nobody takes a signal back without a name for it: who holds or withdraws is kept, and told to the partner.
    @Suite(.community(running: "avim")) struct WithdrawalTests {
        let avim: NodeHandle
        let nidos: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func submit() async throws -> DeliveryRow {
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian])), key: "withdrawal-\(UInt32.random(in: 0...(.max)))")
            return try #require(await avim.api.deliveries(of: id).first)
        }

        private func move(_ event: String, _ delivery: DeliveryRow, _ arguments: String...) async throws -> Command {
            try await Command.run(
                NodeProcess.builtExecutable.path,
                ["queue", event, "--folder", avim.folder.path, "--partner", "\(delivery.recipient)"]
                    + ["--number", "\(delivery.number)"] + arguments)
        }

        /// What the partner's node wrote down of a number; `nil` where nothing yet.
        private func note(at node: NodeHandle, of number: Int64) async throws -> String? {
            let store = try DatabaseQueue(path: node.folder.store)
            defer { try? store.close() }
            return try await store.read {
                try String.fetchOne(
                    $0, sql: "SELECT note FROM slot WHERE partner = ? AND number = ?",
                    arguments: [avim.oin.text, number])
            }
        }

        @Test(arguments: [("withdraw", "sent no more"), ("hold", "queue release")])
        func `a wait that ends with what was stopped here says so, and not that sending goes on`(
            event: String, words: String
        ) async throws {
            let file = try ExampleSignal.file(
                ExampleSignal.submission(to: [.guardian]),
                in: try #require(Stage.community).folder)
            let key = "stopped-\(event)"
            let sent = try await avim.command("send", file.path, "--key", key, "--json")
            let id = try #require(try JSONParser.parse(Array(sent.said.utf8))["id"]?.text.flatMap { MessageID($0) })
            let delivery = try #require(await avim.api.deliveries(of: id).first)
            let moved = try await move(event, delivery, "--as", "duty-officer", "--reason", "being looked at")
            #expect(moved.exitStatus == 0, "\(moved.said)")
            #expect(moved.said.contains("may still arrive"), "\(moved.said)")
            let again = try await avim.command("send", file.path, "--key", key, "--wait", "20")
            #expect(again.exitStatus == 6, "\(again.said)")
            for word in ["delivery-stopped", "No receipt", words, nidos.member.name] {
                #expect(again.said.contains(word), "\(again.said)")
            }
            #expect(!again.said.contains("goes on with them"), "\(again.said)")
            if event == "hold" {
                let withdrawn = try await move(
                    "withdraw", delivery, "--as", "duty-officer", "--reason", "of a test")
                #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
            }
        }

        @Test func `a withdrawal names the role, and the partner is told which`() async throws {
            let withdrawn = try await submit()
            let held = try await submit()
            let nameless = try await move("withdraw", withdrawn, "--reason", "wrong organisation")
            #expect(nameless.exitStatus == 64)
            #expect(nameless.said.contains("--as"), "\(nameless.said)")

            let moved = try await move(
                "withdraw", withdrawn, "--as", "duty-officer", "--reason", "wrong organisation")
            #expect(moved.exitStatus == 0, "\(moved.said)")
            let stopped = try await move("hold", held, "--as", "duty-officer", "--reason", "being looked at")
            #expect(stopped.exitStatus == 0, "\(stopped.said)")
            let rows = try await avim.api.deliveries(of: withdrawn.messageID)
            #expect(rows.map(\.state) == [.withdrawn])

            try await nidos.process.start()
            try await within(.seconds(30), "the partner to write both numbers down") {
                _ = try await poll { try await note(at: nidos, of: held.number) }
            }
            #expect(try await note(at: nidos, of: withdrawn.number) == "duty-officer: wrong organisation")
            #expect(try await note(at: nidos, of: held.number) == "duty-officer: being looked at")
            try await nidos.process.stop()
        }

        @Test func `the local API withdraws nothing without a role, and says what to give`() async throws {
            let delivery = try await submit()
            let path = "/v1/deliveries/\(delivery.recipient)/\(delivery.number)/_withdraw"
            let long = String(repeating: "r", count: ProtocolLimits.detailMaximumBytes)
            let bodies: [(body: JSONValue, word: String)] = [
                (["reason": "wrong organisation"], "role"), (["role": " ", "reason": "wrong organisation"], "role"),
                (["role": "duty-officer", "reason": ""], "reason"),
                // The role is told with the reason, so that both together have the limit.
                (["role": "duty-officer", "reason": .string(long)], "512"),
            ]
            for (body, word) in bodies {
                await #expect {
                    _ = try await avim.api.client.post(path, body: JSONWriter.write(body))
                } throws: {
                    ($0 as? NodeError)?.code == .requestInvalid && "\($0)".contains(word)
                }
            }
            #expect(try await avim.api.deliveries(of: delivery.messageID).first?.state != .withdrawn)
        }
    }
}

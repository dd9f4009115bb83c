import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community(running: "avim", "nidos")) struct RefusedDeliveryTests {
        @Test func `a refused delivery stays open to see, with its code and detail, and is an alarm`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            // An acknowledgement of what AVIM never sent.
            _ = try await nidos.api.submit(
                .object(ExampleSignal.groundlessAcknowledgement(to: .police, by: "duty-guardian")), key: "groundless")
            try await avim.waitForAlarm(.acknowledgementMismatch, about: nidos.oin)
            let alarm = try await nidos.waitForAlarm(.deliveryRefused, about: avim.oin)
            #expect(alarm.detail.contains(RefusalCode.acknowledgementMismatch.rawValue), "\(alarm.detail)")
            let delivery = try #require(await nidos.api.deliveries(onlyOpen: true).first)
            #expect(delivery.state == .refused)
            #expect(!delivery.isReceipted)

            let listed = try await nidos.command("queue", "list", "--open", "--json")
            #expect(listed.exitStatus == 0)
            let row = try JSONParser.parse(Array(listed.said.utf8))
            #expect(row["state"]?.text == "refused")
            let detail = try #require(row["detail"]?.text)
            #expect(detail.hasPrefix("acknowledgement-mismatch: \(avim.member.name) says: "), "\(listed.said)")
            // Who waits for it is told that it ended, and that not everybody was told.
            let waiting = try await nidos.api.deliveries(of: delivery.messageID, waiting: .seconds(20))
            #expect(waiting.map(\.state) == [.refused])
        }

        @Test func `a wait that ends with a refusal says who refused it and why`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            // An acknowledgement of what avim never sent.
            let submission = ExampleSignal.groundlessAcknowledgement(to: .police, by: "duty-guardian")
            let file = try ExampleSignal.file(submission, in: community.folder)
            let sent = try await nidos.command("send", file.path, "--wait", "20")
            #expect(sent.exitStatus == 6, "\(sent.said)")
            let name = avim.member.name
            for words in [
                "exchange-node: recipient-refused: ",
                "NOT told: \(name) refused it (acknowledgement-mismatch: \(name) says: ", "supersedes",
            ] {
                #expect(sent.said.contains(words), "\(sent.said)")
            }
            #expect(!sent.said.contains("wait-timed-out"), "\(sent.said)")
            let refused = try await nidos.api.deliveries(onlyOpen: true).filter { $0.state == .refused }
            for delivery in refused {
                let withdrawn = try await nidos.command(
                    "queue", "withdraw", "--partner", avim.oin.text, "--number", "\(delivery.number)", "--as",
                    "duty-guardian", "--reason", "of a test")
                #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
            }
        }
    }
}

import ExchangeCMS
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
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "lost")
            try await nidos.api.waitForInbox(id)
            // The sender loses its store: it cannot know the message that an acknowledgement of it names.
            try await avim.process.kill()
            try await avim.loseStore()
            try await avim.process.start()

            let taken = try await nidos.command("inbox", "take", id.description, "--as", "duty-guardian")
            #expect(taken.exitStatus == 0, "\(taken.said)")
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
            #expect(detail.contains(RefusalCode.acknowledgementMismatch.rawValue), "\(listed.said)")
            // Who waits for it is told that it ended, and that not everybody was told.
            let waiting = try await nidos.api.deliveries(of: delivery.messageID, waiting: .seconds(20))
            #expect(waiting.map(\.state) == [.refused])
        }
    }
}

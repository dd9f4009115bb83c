import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A partner that a new directory does not have any more, while it has still to be told something.
    @Suite(.community(running: "avim")) struct AbsentPartnerTests {
        let avim: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
        }

        /// A directory that follows the one in use, with all members or without one.
        private func nextDirectory(without dropped: OIN? = nil) async throws -> [UInt8] {
            let status = try await avim.api.client.get("/v1/status")
            let version = try #require(status["directoryVersion"]?.number)
            return try community.signedDirectory(version: version + 1, without: dropped)
        }

        private func install(_ directory: [UInt8]) throws {
            try NodeFolder.write(directory, to: avim.folder.directory)
        }

        private func shown(_ partner: NodeHandle) async throws -> PartnerRow? {
            try await avim.api.partners().first { $0.oin == partner.oin }
        }

        @Test func `a partner that was dropped is an alarm and is seen, until it is back`() async throws {
            let nidos = community[slug: "nidos"]
            _ = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "dropped")
            try await install(nextDirectory(without: nidos.oin))
            try await avim.api.reload()
            let alarm = try await avim.waitForAlarm(.partnerNotInDirectory, about: nidos.oin)
            #expect(alarm.detail.contains("withdraw"), "\(alarm.detail)")

            // After a start nothing drives its deliveries, and still nothing of it is forgotten.
            try await avim.process.stop()
            try await avim.process.start()
            try await avim.waitForAlarm(.partnerNotInDirectory, about: nidos.oin)
            let row = try await shown(nidos)
            #expect(row?.open == 1)
            #expect(row?.problem == "not in the directory")
            let listed = try await avim.command("queue", "list", "--open")
            let places = listed.said.split(separator: nidos.oin.text, omittingEmptySubsequences: false).count - 1
            #expect(places == 2, "where its name would stand, and as its OIN: \(listed.said)")

            try await install(nextDirectory())
            try await avim.api.reload()
            try await avim.waitForNoAlarm(.partnerNotInDirectory, about: nidos.oin)
            #expect(try await shown(nidos)?.name == nidos.member.name)
        }

        @Test func `a partner that was dropped while the node was down is an alarm until nothing is open`() async throws
        {
            let ind = community[slug: "ind"]
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.immigration])), key: "dropped-meanwhile")
            let directory = try await nextDirectory(without: ind.oin)
            try await avim.process.stop()
            try install(directory)
            try await avim.process.start()
            try await avim.waitForAlarm(.partnerNotInDirectory, about: ind.oin)

            let delivery = try #require(await avim.api.deliveries(of: id).first)
            let withdrawn = try await avim.command(
                "queue", "withdraw", "--partner", ind.oin.text, "--number", "\(delivery.number)", "--as",
                "duty-officer", "--reason",
                "told by telephone")
            #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
            try await avim.waitForNoAlarm(.partnerNotInDirectory, about: ind.oin)
            #expect(try await shown(ind) == nil)
        }
    }
}

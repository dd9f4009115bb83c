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
        let nidos: NodeHandle
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        /// Installs a directory with or without the guardian; avim's node takes it at once, where it runs.
        private func install(version: Int64, withNidos isMember: Bool, running: Bool = true) async throws {
            let all = try community.signedDirectory(version: version) { $0 }
            let members = isMember ? all : try community.signedDirectory(version: version, without: nidos.oin)
            try NodeFolder.write(members, to: avim.folder.directory)
            if running { try await avim.api.reload() }
        }

        private func shown() async throws -> PartnerRow? {
            try await avim.api.partners().first { $0.oin == nidos.oin }
        }

        @Test func `a partner that was dropped is an alarm and is seen, until it is back or nothing is open`()
            async throws
        {
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "dropped")
            try await install(version: 2, withNidos: false)
            let alarm = try await avim.waitForAlarm(.partnerNotInDirectory, about: nidos.oin)
            #expect(alarm.detail.contains("withdraw"), "\(alarm.detail)")

            // After a start nothing drives its deliveries, and still nothing of it is forgotten.
            try await avim.process.stop()
            try await avim.process.start()
            try await avim.waitForAlarm(.partnerNotInDirectory, about: nidos.oin)
            let row = try #require(await shown())
            #expect(row.open == 1)
            #expect(row.problem == "not in the directory")
            let listed = try await avim.command("queue", "list", "--open")
            #expect(listed.said.contains(nidos.oin.text), "\(listed.said)")

            try await install(version: 3, withNidos: true)
            try await avim.waitForNoAlarm(.partnerNotInDirectory, about: nidos.oin)
            #expect(try await shown()?.name == nidos.member.name)

            // Dropped while the node is down: the start itself tells of it.
            try await avim.process.stop()
            try await install(version: 4, withNidos: false, running: false)
            try await avim.process.start()
            try await avim.waitForAlarm(.partnerNotInDirectory, about: nidos.oin)
            let delivery = try #require(await avim.api.deliveries(of: id).first)
            let withdrawn = try await avim.command(
                "queue", "withdraw", "--partner", nidos.oin.text, "--number", "\(delivery.number)", "--reason",
                "duty officer: told by telephone")
            #expect(withdrawn.exitStatus == 0, "\(withdrawn.said)")
            try await avim.waitForNoAlarm(.partnerNotInDirectory, about: nidos.oin)
            #expect(try await shown() == nil)
        }
    }
}

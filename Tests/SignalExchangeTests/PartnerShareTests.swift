import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A partner that sends more than its share waits; what cannot wait, and everybody else, does not.
    @Suite(.community()) struct PartnerShareTests {
        let nidos: NodeHandle

        init() throws { nidos = try #require(Stage.community)[slug: "nidos"] }

        private func parcels(
            _ count: Int, from sender: ForeignNode, priority: Priority = .asap
        ) throws -> [ForeignNode.Parcel] {
            try (0..<count).map { _ in
                try sender.seal(
                    ExampleSignal.content(from: sender.party, to: [Recipient(nidos.party)], priority: priority),
                    for: nidos)
            }
        }

        @Test func `a partner beyond its share is put off with an alarm, and nobody else is`() async throws {
            let node = try ChildProcess(
                NodeProcess.builtExecutable, ["run", "--folder", nidos.folder.path],
                environment: ["EXCHANGE_NODE_LIMITS_INBOUND_MAXIMUM_ITEMS_PER_PARTNER_PER_HOUR": "10"],
                output: .lines, errors: .file(nidos.process.log))
            defer { node.send(signal: SIGKILL) }
            try await within(.seconds(30), "the node to listen") {
                for await line in node.lines where line.contains("ready") { return }
            }
            let sender = try Stage.foreignNode("ggd")
            let whole = try sender.batch(parcels(10, from: sender), for: nidos)
            let receipts = try await sender.deliver(whole, to: nidos).outcomes.compactMap(\.answer.receipt)
            #expect(receipts.count == 10)

            let beyond = try await sender.deliver(parcels(1, from: sender)[0], to: nidos)
            #expect(beyond.later == .quotaExceeded, "\(beyond)")
            let pressing = try await sender.deliver(parcels(1, from: sender, priority: .stat)[0], to: nidos)
            #expect(pressing.receipt != nil, "\(pressing)")
            // Beyond the reserve nothing is opened any more: this envelope would be refused, under a signature.
            var broken = try parcels(1, from: sender)[0]
            broken.envelope = [0x30, 0x00]
            let unopened = try await sender.deliver(broken, to: nidos)
            #expect(unopened.later == .quotaExceeded, "\(unopened)")

            let again = try await sender.deliver(whole, to: nidos).outcomes.compactMap(\.answer.receipt)
            #expect(again == receipts)
            let other = try Stage.foreignNode("avim")
            let others = try await other.deliver(parcels(1, from: other)[0], to: nidos)
            #expect(others.receipt != nil, "\(others)")
            let alarms = try await nidos.api.alarms().filter { $0.code == AlarmCode.quotaExceeded.rawValue }
            #expect(alarms.map(\.partner) == [sender.oin])
            node.send(signal: SIGKILL)
            _ = try await node.waitForEnd()
        }
    }
}

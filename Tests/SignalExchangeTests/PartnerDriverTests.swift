import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community()) struct PartnerDriverTests {
        @Test func `a stop is heard during a backlog`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            try await withNode(avim) { context in
                try await withNode(nidos) { partner in
                    let submitting = Submitting(context)
                    // One more than a batch holds.
                    for _ in 0...ProtocolLimits.batchMaximumItems {
                        _ = try await submitting.submit(
                            JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), key: nil)
                    }
                    let connection = DirectConnection(to: partner, from: avim.oin)
                    let driver = PartnerDriver(partner: nidos.oin, context: context, connection: connection)
                    connection.onDelivery { driver.signal(.stopping) }
                    try await within(.seconds(60), "the driver to stop") { await driver.run() }
                    #expect(connection.batchCount == 1)
                    // What was on its way ended: its receipts are kept, and the rest waits for the next start.
                    var filter = DeliveryFilter()
                    filter.onlyOpen = true
                    #expect(try await context.ledger.deliveries(filter).count == 1)
                }
            }
        }
    }
}

import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Synchronization
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
                            JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), key: nil, by: .node)
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

        @Test func `an answer that cannot be read is none, and the receipt comes with the next`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            try await withNode(avim) { context in
                try await withNode(nidos) { partner in
                    let id = try await Submitting(context).submit(
                        JSONWriter.write(.object(ExampleSignal.submission(to: [.guardian]))), key: nil, by: .node
                    ).messageID
                    let connection = DirectConnection(to: partner, from: avim.oin)
                    connection.garbleOneAnswer()
                    let driver = PartnerDriver(partner: nidos.oin, context: context, connection: connection)
                    let filter = {
                        var filter = DeliveryFilter()
                        filter.messageID = id
                        return filter
                    }()
                    let task = Task { await driver.run() }
                    let entry = try await within(.seconds(60), "a receipt") {
                        try await poll {
                            let entry = try await context.ledger.deliveries(filter).first
                            return entry?.transport == .receipted ? entry : nil
                        }
                    }
                    driver.signal(.stopping)
                    await task.value
                    #expect(entry.attempts == 1, "what got no answer is an attempt")
                }
            }
        }

        @Test func `who is no member any more is not called any more, and is again once it is back`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            try await withNode(avim) { context in
                let links = PartnerLinks(context)
                links.followDirectory()
                let everybody = Set(links.all.map { $0.partner })
                #expect(everybody.contains(nidos.oin))
                let version = context.community.directory.version
                func install(_ directory: [UInt8]) throws {
                    try NodeFolder.write(directory, to: avim.folder.directory)
                    _ = try context.communityHolder.reload(context.now)
                    links.followDirectory()
                }
                let former = try #require(links.driver(for: nidos.oin))
                try install(community.signedDirectory(version: version + 1, without: nidos.oin))
                #expect(links.driver(for: nidos.oin) == nil)
                _ = try await within(.seconds(20), "the driver of the former member to stop") {
                    try await poll { await former.status.phase == .stopped ? true : nil }
                }
                try install(community.signedDirectory(version: version + 2))
                #expect(Set(links.all.map { $0.partner }) == everybody)
                await links.stop(grace: .seconds(5))
            }
        }

        @Test func `a link to a member that is back begins after its former one has ended`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let calls = Mutex(0)
            let ended = Latch<Void>()
            try await RawServer.run(as: nidos) { connection in
                guard try await connection.read() != nil else { return }
                calls.withLock { $0 += 1 }
                try await ended.wait()
            } _: {
                try await withNode(avim) { context in
                    let links = PartnerLinks(context)
                    let version = context.community.directory.version
                    func install(_ directory: [UInt8]) throws {
                        try NodeFolder.write(directory, to: avim.folder.directory)
                        _ = try context.communityHolder.reload(context.now)
                        links.followDirectory()
                    }
                    func waitForCalls(_ count: Int, within span: Milliseconds) async throws {
                        _ = try await within(span, "\(count) calls") {
                            try await poll { calls.withLock { $0 } >= count ? true : nil }
                        }
                    }
                    links.followDirectory()
                    try await waitForCalls(1, within: .seconds(20))
                    try install(community.signedDirectory(version: version + 1, without: nidos.oin))
                    try install(community.signedDirectory(version: version + 2))
                    await #expect(throws: DeadlineExceeded.self) { try await waitForCalls(2, within: .seconds(2)) }
                    ended.settle(())
                    try await waitForCalls(2, within: .seconds(40))
                    await links.stop(grace: .seconds(1))
                }
            }
        }
    }
}

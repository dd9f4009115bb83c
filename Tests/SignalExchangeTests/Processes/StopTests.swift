import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    @Suite(.community()) struct StopTests {
        @Test func `a request that waits for receipts does not keep a node that is asked to stop`() async throws {
            let community = try #require(Stage.community)
            let avim = community[slug: "avim"]
            try avim.configure("level", "debug")
            try await avim.process.start()
            // Nobody is there to receipt it.
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "waiting")
            async let shown = avim.api.deliveries(of: id, waiting: .minutes(10))
            try await avim.waitForLog("a request waits for receipts")

            let clock = ContinuousClock()
            let start = clock.now
            let end = try await avim.process.stop()
            #expect(clock.now - start < .seconds(6))
            #expect(end == .exited(status: 0))
            // Who waited is shown how far it is, and not a connection that broke.
            #expect(try await shown.map(\.isReceipted) == [false])
        }

        @Test func `a request that waits for a message in the inbox does not keep a node that is asked to stop`()
            async throws
        {
            let nidos = try #require(Stage.community)[slug: "nidos"]
            try nidos.configure("level", "debug")
            try await nidos.process.start()
            let nowhere = MessageID(at: .current, random: Randomness.bytes16())
            let api = nidos.api
            let shown = Task { try await api.inboxEntry(nowhere, waiting: .minutes(10)) }
            try await nidos.waitForLog("a request waits for a message")

            let clock = ContinuousClock()
            let start = clock.now
            let end = try await nidos.process.stop()
            #expect(clock.now - start < .seconds(6))
            #expect(end == .exited(status: 0))
            await #expect {
                try await shown.value
            } throws: {
                ($0 as? NodeError)?.code == .messageUnknown
            }
        }

        @Test func `a node whose disk fails answers who waits, and ends with the code that says so`() async throws {
            let node = try #require(Stage.community)[slug: "ind"]
            try node.configure("level", "debug")
            try await node.process.start(through: FailingWrites.launcher)
            // Nobody is there to receipt it.
            let id = try await node.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "waiting")
            async let shown = node.api.deliveries(of: id, waiting: .minutes(10))
            try await node.waitForLog("a request waits for receipts")

            try await FailingWrites.begin(in: try #require(await node.process.identifiers.last), beyond: 0)
            let refused = await #expect(throws: NodeError.self) {
                try await node.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "failing")
            }
            #expect(refused?.code == .storeUnavailable, "\(refused?.description ?? "")")
            let end = try await within(.seconds(20), "the node to end") { try await poll { await node.process.ended } }
            #expect(end == .exited(status: 5), "\(node.process.lastLines(20))")
            // As where it is asked to stop, and not a connection that broke.
            #expect(try await shown.map(\.isReceipted) == [false])
        }

        @Test func `a store that cannot be written as it is closed is no fault of the program`() async throws {
            let node = try #require(Stage.community)[slug: "ggd"]
            try await node.process.start(through: FailingWrites.launcher)
            // In the log of the store, which the closing empties into the store.
            _ = try await node.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "closing")
            try await FailingWrites.begin(in: try #require(await node.process.identifiers.last), beyond: 0)
            #expect(try await node.process.stop() == .exited(status: 5))
            #expect(node.process.lastLines(3).contains("exchange-node: store-unavailable: "))
        }
    }
}

import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Testing

extension Nodes {
    /// A node that starts again and again while nobody hears it is still the node of before.
    @Suite(.community(running: "avim", "nidos")) struct UnheardStartTests {
        let avim: NodeHandle
        let nidos: NodeHandle

        init() throws {
            let community = try #require(Stage.community)
            avim = community[slug: "avim"]
            nidos = community[slug: "nidos"]
        }

        private func submit(_ key: String) async throws -> MessageID {
            try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: key)
        }

        @Test func `a node that was started twice while its partner was down is no alarm there`() async throws {
            try await avim.api.waitForAnswers(to: submit("before"))
            try await nidos.process.stop()
            // Each issues a number that its partner does not hear of.
            var unheard: [MessageID] = []
            for index in 1...3 {
                try await avim.process.kill()
                try await avim.process.start()
                unheard.append(try await submit("unheard-\(index)"))
            }
            try await nidos.process.start()
            // What an incarnation sends is taken after its tally alone.
            for id in unheard { try await nidos.api.waitForInbox(id) }
            let alarms = try await nidos.api.alarms().filter { $0.partner == avim.oin }
            #expect(alarms.isEmpty, "\(alarms)")
        }
    }
}

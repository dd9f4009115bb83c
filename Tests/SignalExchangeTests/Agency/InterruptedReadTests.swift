import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Testing

@testable import SignalExchange

extension Nodes {
    /// A message that cannot be read at this moment can be read later: whoever was handed it as damaged, and confirmed it,
    /// would never see what is in it.
    @Suite(.community(running: "avim", "nidos")) struct InterruptedReadTests {
        @Test func `a message whose reading the node's stop interrupts is not handed over as damaged`() async throws {
            let community = try #require(Stage.community)
            let (avim, nidos) = (community[slug: "avim"], community[slug: "nidos"])
            let id = try await avim.api.submit(.object(ExampleSignal.submission(to: [.guardian])), key: "interrupted")
            try await avim.api.waitForAnswers(to: id)
            #expect(try await nidos.process.stop() == .exited(status: 0))
            try await withNode(nidos) { context in
                let views = LocalViews(
                    context: context, links: PartnerLinks(context), changes: ChangeBell(),
                    keyBackup: KeyBackup(of: nidos.folder))
                var filter = InboxFilter()
                filter.id = id
                let entry = try #require(try await context.ledger.inbox(filter, now: context.now.wall).first)
                let reading = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await views.whole(entry)
                }
                await #expect(throws: CancellationError.self) { try await reading.value }
                let whole = try await views.whole(entry)
                #expect(whole["body"] != nil && whole["unreadable"] == nil)
                // What still reads when the store is closed at the end of a stop.
                try await context.ledger.close()
                await #expect(throws: StoreError.self) { try await views.whole(entry) }
            }
            try await nidos.process.start()
        }
    }
}

package import ExchangeCore
import Logging
import Synchronization

/// The drivers of all partners of the directory.
package final class PartnerLinks: Sendable {
    private struct Entry {
        let driver: PartnerDriver
        let client: PeerClient
        let task: Task<Void, Never>
    }

    private let context: NodeContext
    private let entries = Mutex<[OIN: Entry]>([:])

    package init(_ context: NodeContext) { self.context = context }

    package var all: [PartnerDriver] { entries.withLock { $0.values.map(\.driver) } }
    package func driver(for partner: OIN) -> PartnerDriver? { entries.withLock { $0[partner]?.driver } }

    package func signal(_ event: PartnerLink.Event, to partner: OIN) { driver(for: partner)?.signal(event) }
    package func signalAll(_ event: PartnerLink.Event) { for driver in all { driver.signal(event) } }

    /// Starts a driver for each member that has none yet.
    package func startMissing() {
        let directory = context.community.directory
        entries.withLock { entries in
            for member in directory.members where member.oin != context.oin && entries[member.oin] == nil {
                let client = PeerClient(
                    partner: member.oin, now: { [context] in context.now.wall },
                    community: { [context] in context.community })
                let driver = PartnerDriver(partner: member.oin, context: context, connection: client)
                entries[member.oin] = Entry(driver: driver, client: client, task: Task { await driver.run() })
            }
        }
    }

    /// Lets what is on its way end, within `grace`, and stops all links.
    package func stop(grace: Milliseconds) async {
        let all = entries.withLock { entries in Array(entries.values) }
        for entry in all { entry.driver.signal(.stopping) }
        let deadline = context.now.monotonic + grace
        let cut = Task { [context] in
            try await context.clock.wait(until: deadline)
            for entry in all { entry.task.cancel() }
        }
        for entry in all { await entry.task.value }
        cut.cancel()
        for entry in all { await entry.client.shutdown() }
    }
}

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

    private struct State {
        var members: [OIN: Entry] = [:]
        /// Of organisations that are members no more: what was on its way ends.
        var leaving: [Entry] = []
    }

    private let context: NodeContext
    private let state = Mutex(State())

    package init(_ context: NodeContext) { self.context = context }

    package var all: [PartnerDriver] { state.withLock { $0.members.values.map(\.driver) } }
    package func driver(for partner: OIN) -> PartnerDriver? { state.withLock { $0.members[partner]?.driver } }

    package func signal(_ event: PartnerLink.Event, to partner: OIN) { driver(for: partner)?.signal(event) }
    package func signalAll(_ event: PartnerLink.Event) { for driver in all { driver.signal(event) } }

    /// Starts a driver for each member that has none yet, and ends those of who is no member any more: a tally
    /// would tell it how much its former partners send.
    package func followDirectory() {
        let directory = context.community.directory
        state.withLock { state in
            for (partner, entry) in state.members where directory.member(partner) == nil {
                entry.driver.signal(.stopping)
                state.members[partner] = nil
                state.leaving.append(entry)
            }
            for member in directory.members where member.oin != context.oin && state.members[member.oin] == nil {
                let client = PeerClient(
                    partner: member.oin, now: { [context] in context.now.wall },
                    community: { [context] in context.community })
                let driver = PartnerDriver(partner: member.oin, context: context, connection: client)
                state.members[member.oin] = Entry(driver: driver, client: client, task: Task { await driver.run() })
            }
        }
    }

    /// Lets what is on its way end, within `grace`, and stops all links.
    package func stop(grace: Milliseconds) async {
        let all = state.withLock { state in Array(state.members.values) + state.leaving }
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

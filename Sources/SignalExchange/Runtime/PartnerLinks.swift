package import ExchangeCore
import OrderedCollections
import Synchronization

/// The drivers of all partners of the directory.
package final class PartnerLinks: Sendable {
    private struct Entry {
        let driver: PartnerDriver
        /// Ends when the driver has, and its connections are closed.
        let task: Task<Void, Never>
    }

    private struct State {
        /// In the order in which their links began.
        var members: OrderedDictionary<OIN, Entry> = [:]
        /// The ends of links to organisations that are members no more; a link to one that is back begins after it.
        var leaving: OrderedDictionary<OIN, Task<Void, Never>> = [:]
    }

    private let context: NodeContext
    private let connect: @Sendable (OIN) -> any PartnerConnection
    private let state = Mutex(State())

    /// - Parameter connect: how a partner is reached; asked for once each time that a link to it begins.
    package init(_ context: NodeContext, connect: @escaping @Sendable (OIN) -> any PartnerConnection) {
        self.context = context
        self.connect = connect
    }

    /// Partners are reached over the network.
    package convenience init(_ context: NodeContext) {
        self.init(context) { partner in
            PeerClient(
                partner: partner, now: { context.now.wall }, community: { context.community })
        }
    }

    package var all: [PartnerDriver] { state.withLock { $0.members.values.map(\.driver) } }
    package func driver(for partner: OIN) -> PartnerDriver? { state.withLock { $0.members[partner]?.driver } }

    package func signal(_ event: PartnerLink.Event, to partner: OIN) { driver(for: partner)?.signal(event) }
    package func signalAll(_ event: PartnerLink.Event) { for driver in all { driver.signal(event) } }

    /// Starts a driver for each member that has none yet, and ends those of who is no member any more: a tally
    /// would tell it how much its former partners send.
    package func followDirectory() {
        state.withLock { state in
            // Read in here: whoever comes later must not go by an older one.
            let directory = context.community.directory
            for (partner, entry) in state.members where directory.member(partner) == nil {
                entry.driver.signal(.stopping)
                state.members[partner] = nil
                state.leaving[partner] = entry.task
            }
            for member in directory.members where member.oin != context.oin && state.members[member.oin] == nil {
                let connection = connect(member.oin)
                let driver = PartnerDriver(partner: member.oin, context: context, connection: connection)
                state.members[member.oin] = Entry(
                    driver: driver,
                    task: Task(executorPreference: context.executor) { [former = state.leaving[member.oin]] in
                        // One driver a partner: two would not know what the other had asked.
                        await former?.value
                        await driver.run()
                        await connection.shutdown()
                    })
            }
        }
    }

    /// Lets what is on its way end, within `grace`, and stops all links.
    package func stop(grace: Milliseconds) async {
        let (members, leaving) = state.withLock { (Array($0.members.values), Array($0.leaving.values)) }
        for entry in members { entry.driver.signal(.stopping) }
        let deadline = context.now.monotonic + grace
        let cut = Task(executorPreference: context.executor) { [context] in
            try await context.clock.wait(until: deadline)
            for task in members.map(\.task) + leaving { task.cancel() }
        }
        for task in members.map(\.task) + leaving { await task.value }
        cut.cancel()
    }
}

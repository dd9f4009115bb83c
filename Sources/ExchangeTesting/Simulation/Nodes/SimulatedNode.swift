import ExchangeCore
import SignalExchange
import Synchronization

/// One organisation's node in a run: its disk and clock, which stay, and one process after the other.
final class SimulatedNode: Sendable {
    private struct State {
        var process: SimulatedProcess?
        /// Grows with each start and end: what belongs to an earlier one is nobody's.
        var epoch = 0
        /// Whether it is to run at all.
        var isWanted = false
    }

    let seat: Int
    let disk: MemoryDisk
    let clock: SimulatedClock
    private let world: SimulationWorld
    private let network: SimulatedNetwork
    private let ids: Lots
    private let lots: Lots
    private let state = Mutex(State())

    /// - Parameter durable: what lies on its disk; `nil` for a new one.
    init(_ world: SimulationWorld, seat: Int, network: SimulatedNetwork, durable: MemoryStore? = nil) {
        self.world = world
        self.seat = seat
        self.network = network
        clock = SimulatedClock(world.loop, from: world.community.start)
        ids = world.lots("ids \(seat)")
        lots = world.lots("node \(seat)")
        let faults = DiskFaults(world, seat: seat)
        disk = MemoryDisk(durable) { faults.fate(of: $0) }
        faults.whenStruck { [weak self] in
            guard let self else { return }
            let epoch = state.withLock(\.epoch)
            // At once, but not inside the write.
            self.world.loop.call(in: .zero) { self.end(ifIn: epoch) }
        }
    }

    /// The one that runs.
    var process: SimulatedProcess? { state.withLock(\.process) }

    func start() {
        let epoch = state.withLock { state -> Int? in
            guard state.process == nil else { return nil }
            state.isWanted = true
            state.epoch += 1
            return state.epoch
        }
        guard let epoch else { return }
        world.loop.begin { await self.open(epoch) }
    }

    private func open(_ epoch: Int) async {
        if let store = disk.durable {
            world.witness.sees(auditOf: store, at: seat)
            world.count(.restarted)
        }
        do {
            let made = try await SimulatedProcess.start(
                seat, keys: world.community.seats[seat].keys,
                community: world.community.community(of: world.plan.nodes),
                disk: disk, clock: clock.node, ids: ids, loop: world.loop,
                connect: { handle, partner in
                    guard let to = self.world.witness.seat(partner) else {
                        preconditionFailure("a directory of a simulation has its seats")
                    }
                    return SimulatedConnection(
                        network: self.network, path: .init(from: self.seat, to: to), process: handle)
                },
                onStop: { self.end(ifIn: epoch) })
            let isCurrent = state.withLock { state in
                guard state.epoch == epoch else { return false }
                state.process = made
                return true
            }
            guard isCurrent else { return made.end() }
            world.note("n\(seat) runs")
        } catch {
            world.note("n\(seat) cannot start")
            end(ifIn: epoch)
        }
    }

    /// Ends the process that runs, without a word, and starts another after a while.
    func crash() { end(ifIn: state.withLock(\.epoch)) }

    /// Ends the process that runs, and puts another content on the disk before the next starts.
    func replaceDisk(by store: MemoryStore?) {
        crash()
        disk.durable = store
    }

    /// Ends it for good.
    func retire() {
        state.withLock { $0.isWanted = false }
        crash()
    }

    private func end(ifIn epoch: Int) {
        let (isCurrent, process, isWanted) = state.withLock { state -> (Bool, SimulatedProcess?, Bool) in
            guard state.epoch == epoch else { return (false, nil, false) }
            state.epoch += 1
            defer { state.process = nil }
            return (true, state.process, state.isWanted)
        }
        guard isCurrent else { return }
        world.note("n\(seat) ends")
        disk.crash()
        process?.end()
        guard isWanted else { return }
        world.loop.call(in: lots.draw { $0.span(50...15_000) }) {
            if self.state.withLock(\.isWanted) { self.start() }
        }
    }
}

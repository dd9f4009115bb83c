import ExchangeCore
import ExchangeStore
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
        /// What its operator puts back where its store is damaged.
        var backup: MemoryStore?
        /// The version of the directory in its folder.
        var directory = 1
        /// Whether it has its new keys.
        var hasRenewedKeys = false
    }

    let seat: Int
    /// Whether it goes on from a copy of another's disk: it has the organisation's keys, and not its address.
    let isClone: Bool
    let disk: MemoryDisk
    let clock: SimulatedClock
    /// Of it, and of no other in the run.
    let name: String
    private let world: SimulationWorld
    private let network: SimulatedNetwork
    private let ids: Lots
    private let lots: Lots
    private let state = Mutex(State())

    /// - Parameter original: the node whose disk and folder it goes on from, as they are now; `nil` for the first at the
    ///   organisation's address.
    init(_ world: SimulationWorld, seat: Int, network: SimulatedNetwork, cloneOf original: SimulatedNode? = nil) {
        self.world = world
        self.seat = seat
        isClone = original != nil
        // What one draws, the other must not draw too: no two machines have the same random numbers.
        name = isClone ? "c\(seat)" : "n\(seat)"
        self.network = network
        clock = SimulatedClock(world.loop, from: world.community.start)
        ids = world.lots("ids \(name)")
        lots = world.lots("node \(name)")
        let faults = DiskFaults(world, name)
        disk = MemoryDisk(original?.disk.durable) { faults.fate(of: $0) }
        if let original {
            let (directory, hasRenewedKeys) = original.state.withLock { ($0.directory, $0.hasRenewedKeys) }
            state.withLock { state in
                state.directory = directory
                state.hasRenewedKeys = hasRenewedKeys
            }
        }
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
            if !isClone {
                world.witness.sees(auditOf: store, at: seat)
                let owed = ObligationReader(world: world).owed(on: store, at: world.loop.now, isStill: false)
                world.witness.sees(unwatched: owed.filter { !$0.isWatched }, at: seat)
            }
            world.count(.restarted)
        }
        do {
            let own = world.community.seats[seat]
            let (directory, hasRenewedKeys) = state.withLock { ($0.directory, $0.hasRenewedKeys) }
            if hasRenewedKeys { world.count(.keysRenewed) }
            let made = try await SimulatedProcess.start(
                seat, keys: hasRenewedKeys ? own.renewedKeys : own.keys, community: world.directory[directory],
                disk: disk, clock: clock.node, ids: ids, loop: world.loop,
                connect: { handle, partner in
                    guard let to = self.world.witness.seat(partner) else {
                        preconditionFailure("a directory of a simulation has its seats")
                    }
                    return SimulatedConnection(
                        network: self.network, path: .init(from: self.seat, to: to), process: handle, node: self)
                },
                onStop: { self.end(ifIn: epoch) })
            let isCurrent = state.withLock { state in
                guard state.epoch == epoch else { return false }
                state.process = made
                return true
            }
            // What came while it opened.
            install(directory: state.withLock(\.directory))
            guard isCurrent else { return made.end() }
            world.note("\(name) runs")
        } catch {
            world.note("\(name) cannot start")
            end(ifIn: epoch)
            if let error = error as? StoreError, error.code == .storeDamaged { putBack() }
        }
    }

    /// Ends the process that runs, without a word, and starts another after a while.
    func crash() { end(ifIn: state.withLock(\.epoch)) }

    /// Puts a version of the directory into its folder: the node takes it up as it runs.
    func install(directory version: Int) {
        let (process, isNew) = state.withLock { state in
            let isNew = version > state.directory
            state.directory = max(state.directory, version)
            return (state.process, isNew)
        }
        guard let process else { return }
        process.take(world.directory[version])
        if isNew {
            world.note("\(name) has version \(version) of the directory")
            world.count(.directoryTaken)
        }
    }

    /// Puts its new keys in place, and starts it again with them.
    func renewKeys() {
        let isNew = state.withLock { state in
            defer { state.hasRenewedKeys = true }
            return !state.hasRenewedKeys
        }
        if isNew { crash() }
    }

    /// Ends the process that runs, and puts another content on the disk before the next starts.
    func replaceDisk(by store: MemoryStore?) {
        crash()
        disk.durable = store
    }

    /// Cuts its power: of the last writes some were never there.
    func forget(writes: Int) {
        crash()
        guard disk.forget(writes: writes) > 0 else { return }
        world.witness.write { _ = $0.seatsWithLostStores.insert(seat) }
        world.count(.writesLost)
    }

    /// Cuts its power in a write that leaves a store that is damaged.
    ///
    /// - Parameter backup: what its operator has of it.
    func tear(backup: MemoryStore?) {
        crash()
        world.witness.write { _ = $0.seatsWithLostStores.insert(seat) }
        state.withLock { $0.backup = backup }
        disk.tear()
    }

    /// What its operator does about a store that nobody can read: the partners have the rest.
    private func putBack() {
        world.count(.torn)
        disk.durable = state.withLock(\.backup)
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
        world.note("\(name) ends")
        disk.crash()
        process?.end()
        guard isWanted else { return }
        world.loop.call(in: lots.draw { $0.span(50...15_000) }) {
            if self.state.withLock(\.isWanted) { self.start() }
        }
    }
}

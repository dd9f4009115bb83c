package import ExchangeCore
import ExchangeStore
import Synchronization

/// What outlives a node's process in a simulation: the store as it is durable, and what becomes of each write.
///
/// A snapshot is ``durable`` at a moment; to restore one is to assign it; and a clone is another disk with the same
/// content.
package final class MemoryDisk: Sendable {
    /// What becomes of a write.
    package enum Fate: Hashable, Sendable {
        /// It is durable, and its caller is told.
        case commit
        /// The process ends before it is durable.
        case crashBefore
        /// The process ends when it is durable, and before anybody is told.
        case crashAfter
        /// The sync fails: the caller is told `durability-lost`, and this opening writes no more. Whether the write is on
        /// the disk shows when it is opened anew.
        case syncFails(isDurable: Bool)
        /// There is no room: the caller is told `disk-full`, and the next write may find some.
        case full
    }

    /// Decides the fate of a write.
    ///
    /// It may look at the disk, but not at a ledger on it, which waits for the answer.
    ///
    /// - Parameter write: 1 for the first write to this disk, whichever opening makes it. Each transaction is one, also
    ///   where it changes nothing; beginning an incarnation is one too.
    package typealias Decision = @Sendable (_ write: Int) -> Fate

    /// How many of the last writes a disk can be made to forget.
    package static let forgettableWrites = 8

    private struct State {
        var durable: MemoryStore?
        /// What was durable before each of the last writes, the last in the end.
        var earlier: [MemoryStore?] = []
        /// Whether a write has torn what is there.
        var isTorn = false
        var writes = 0
        var openings = 0
        var holder: Holder?

        mutating func keep(_ store: MemoryStore) {
            if earlier.count >= MemoryDisk.forgettableWrites { earlier.removeFirst() }
            earlier.append(durable)
            durable = store
        }
    }

    /// One opening of the disk.
    struct Holder: Hashable, Sendable { fileprivate let ordinal: Int }

    private let state: Mutex<State>
    private let decide: Decision

    /// - Parameter durable: `nil` for a disk on which there was never a store.
    package init(_ durable: MemoryStore? = nil, fate decide: @escaping Decision = { _ in .commit }) {
        state = Mutex(State(durable: durable))
        self.decide = decide
    }

    /// What an opening would find now.
    ///
    /// - Precondition: it is assigned while no ledger is open on this disk.
    package var durable: MemoryStore? {
        get { state.withLock { $0.durable } }
        set {
            state.withLock { state in
                precondition(state.holder == nil, "a disk is restored when the node on it has stopped")
                state.durable = newValue
                state.earlier = []
                state.isTorn = false
            }
        }
    }

    /// The power is cut, and the disk had said of its last writes that they are durable, and they were not.
    ///
    /// - Parameter writes: how many of them, at most ``forgettableWrites``.
    /// - Returns: how many it had.
    /// - Precondition: no ledger is open on this disk.
    package func forget(writes: Int) -> Int {
        state.withLock { state in
            precondition(state.holder == nil, "a power cut ends the node")
            let forgotten = min(writes, state.earlier.count)
            guard forgotten > 0 else { return 0 }
            state.durable = state.earlier[state.earlier.count - forgotten]
            state.earlier.removeLast(forgotten)
            return forgotten
        }
    }

    /// The power is cut in the middle of a write that leaves nothing whole: the next opening finds a damaged store.
    ///
    /// - Precondition: no ledger is open on this disk.
    package func tear() {
        durable = nil
        state.withLock { $0.isTorn = true }
    }

    /// Changes the envelope of a message, as a failing disk would.
    ///
    /// - Precondition: no ledger is open on this disk, and it has that message.
    package func damageEnvelope(of id: MessageID, _ change: ([UInt8]) -> [UInt8]) {
        guard var store = durable, var message = store.messages[id] else { preconditionFailure("no message \(id)") }
        message.envelope = change(message.envelope)
        store.messages[id] = message
        durable = store
    }

    /// How many writes were asked for.
    package var writes: Int { state.withLock { $0.writes } }

    /// Ends the process that has the disk open, between two writes. Its ledger answers nothing any more.
    package func crash() { state.withLock { $0.holder = nil } }

    // MARK: For a ledger

    /// - Throws: ``StoreError``, `store-locked` where a ledger is open on it.
    func take() throws -> Holder {
        try state.withLock { state in
            guard state.holder == nil else {
                throw StoreError(
                    .storeLocked, "The store is open already. Stop that node first; one store has one node.")
            }
            guard !state.isTorn else { throw StoreError.notAStore(cause: "a write was torn") }
            state.openings += 1
            let holder = Holder(ordinal: state.openings)
            state.holder = holder
            return holder
        }
    }

    func isHeld(by holder: Holder) -> Bool { state.withLock { $0.holder == holder } }

    func release(_ holder: Holder) {
        state.withLock { state in
            if state.holder == holder { state.holder = nil }
        }
    }

    /// Makes a store durable, as the write's fate allows it.
    ///
    /// - Throws: ``SimulatedCrash``, or ``StoreError``: `disk-full` or `durability-lost`.
    func commit(_ store: MemoryStore, by holder: Holder) throws {
        let write = state.withLock { state in
            state.writes += 1
            return state.writes
        }
        let fate = decide(write)
        try state.withLock { state in
            guard state.holder == holder else { throw SimulatedCrash() }
            switch fate {
            case .commit: state.keep(store)
            case .crashBefore:
                state.holder = nil
                throw SimulatedCrash()
            case .crashAfter:
                state.keep(store)
                state.holder = nil
                throw SimulatedCrash()
            case .syncFails(let isDurable):
                if isDurable { state.keep(store) }
                throw StoreError.durabilityLost(cause: "the sync of write \(write) failed")
            case .full: throw StoreError.diskFull(cause: "write \(write)")
            }
        }
    }
}

/// The process has ended: whoever gets this is to be thrown away with all that it had in memory.
package struct SimulatedCrash: Error, Hashable, Sendable {
    package init() {}
}

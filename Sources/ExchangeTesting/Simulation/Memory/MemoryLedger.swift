package import ExchangeCore
package import ExchangeStore
import Synchronization

/// The ledger of a simulated node: all in memory, on a ``MemoryDisk`` that outlives it.
///
/// It passes the conformance suite of the SQLite form. No method suspends, none reads a clock or draws lots, and what is
/// returned has an order of its own: the same calls give the same answers and the same store. Every method throws
/// ``StoreError``, or ``SimulatedCrash`` once the process that it stands for has ended.
package final class MemoryLedger: ExchangeLedger {
    private struct State {
        /// As this process has it. After a sync that failed the disk may hold more.
        var store: MemoryStore
        var failing: StoreError?
        var loss: StoreError?
        var isClosed = false
    }

    package let opening: StoreOpening
    let limits: StoreLimits
    let digest: DigestFunction
    private let disk: MemoryDisk
    private let holder: MemoryDisk.Holder
    private let fan: EventFan
    private let state: Mutex<State>

    private init(
        opening: StoreOpening, store: MemoryStore, disk: MemoryDisk, holder: MemoryDisk.Holder,
        digest: @escaping DigestFunction, limits: StoreLimits
    ) {
        self.opening = opening
        self.limits = limits
        self.digest = digest
        self.disk = disk
        self.holder = holder
        fan = EventFan(maximumPending: limits.eventsMaximumPending)
        state = Mutex(State(store: store))
    }

    /// A process that nobody has any more has ended.
    deinit {
        fan.finish()
        disk.release(holder)
    }

    /// Opens the store on a disk, or makes it where that is allowed, and begins a new incarnation.
    ///
    /// - Parameters:
    ///   - digest: SHA-256.
    ///   - random: as many random bytes as it is asked for: of a simulation, those that its seed gives.
    ///   - now: the time of the opening.
    ///   - mustExist: whether a disk on which there was never a store is refused.
    ///   - archiveKey: compared before anything is written; `nil` for who reads nothing that is sealed.
    ///   - review: looks at all else that may keep the node from starting, given what was in use before. What it throws is
    ///     thrown here, and no incarnation has begun.
    /// - Throws: ``StoreError``: `store-locked`, `store-damaged`, `archive-key-wrong`, `disk-full` or `durability-lost`; or
    ///   ``SimulatedCrash``.
    package static func open(
        on disk: MemoryDisk, digest: @escaping DigestFunction, random: @Sendable (Int) -> [UInt8], now: Now,
        mustExist: Bool = false, archiveKey: ArchiveKeyCheck? = nil, limits: StoreLimits = StoreLimits(),
        review: (EarlierUse) async throws -> Void = { _ in }
    ) async throws -> MemoryLedger {
        guard let identifier = IncarnationID(bytes: random(16)) else {
            throw StoreError.invariant("an incarnation is 16 random bytes")
        }
        let holder = try disk.take()
        do {
            let found = disk.durable
            guard found != nil || !mustExist else { throw StoreError.notAStore(cause: "an empty disk") }
            let store = found ?? MemoryStore()
            if let archiveKey, let kept = store.archiveKeyCheck ?? store.caseKeys.first?.value {
                try archiveKey.compare(with: kept)
            }
            try await review(
                EarlierUse(directory: store.latestDirectory, revocationLists: store.revocationListsInUse))
            var transaction = MemoryTransaction(store, digest: digest, limits: limits, at: now.wall)
            let opening = try transaction.begin(identifier, archiveKey: archiveKey)
            try disk.commit(transaction.store, by: holder)
            return MemoryLedger(
                opening: opening, store: transaction.store, disk: disk, holder: holder, digest: digest,
                limits: limits)
        } catch {
            disk.release(holder)
            throw error
        }
    }

    package var events: AsyncStream<LedgerEvent> { fan.subscribe() }
    package var problem: StoreError? { state.withLock { $0.failing } }

    /// Lets another opening have the disk. A second call does nothing.
    package func close() async throws {
        state.withLock { $0.isClosed = true }
        fan.finish()
        disk.release(holder)
    }

    // MARK: Transactions

    /// Runs `body` on a copy of the store, makes that durable, and tells its events after that.
    func write<Value: Sendable>(at: Timestamp, _ body: (inout MemoryTransaction) throws -> Value) throws -> Value {
        do {
            let (value, events) = try state.withLock { state in
                if let loss = state.loss { throw loss }
                try checkIsOpen(state)
                var transaction = MemoryTransaction(state.store, digest: digest, limits: limits, at: at)
                let value = try body(&transaction)
                try disk.commit(transaction.store, by: holder)
                state.store = transaction.store
                state.failing = nil
                return (value, transaction.events)
            }
            fan.send(events)
            return value
        } catch let error as StoreError {
            // A change that breaks a rule is refused by a store that works.
            if error.code != .invariantViolated { noteFailure(error) }
            throw error
        } catch let crash as SimulatedCrash {
            fan.finish()
            throw crash
        }
    }

    /// The store as it was when this was called.
    func read() throws -> MemoryStore {
        try state.withLock { state in
            try checkIsOpen(state)
            return state.store
        }
    }

    private func checkIsOpen(_ state: State) throws {
        if state.isClosed { throw StoreError.closed }
        guard disk.isHeld(by: holder) else { throw SimulatedCrash() }
    }

    private func noteFailure(_ error: StoreError) {
        let isLost = state.withLock { state in
            state.failing = error
            guard error.code == .durabilityLost, state.loss == nil else { return false }
            state.loss = error
            return true
        }
        if isLost { fan.send([.durabilityLost]) }
    }
}

extension MemoryTransaction {
    /// Begins a new incarnation: its row, where every channel stood, and the audit leaf.
    fileprivate mutating func begin(
        _ incarnation: IncarnationID, archiveKey: ArchiveKeyCheck?
    ) throws -> StoreOpening {
        guard !store.openings.contains(where: { $0.incarnation == incarnation }) else {
            throw StoreError.invariant("an incarnation begins once")
        }
        if let archiveKey, store.archiveKeyCheck == nil { store.archiveKeyCheck = archiveKey.fresh }
        let past = store.openings.suffix(ProtocolLimits.tallyMaximumPredecessors).reversed()
        let positions = store.positionsToClaim()
        // Whether a partner holds more of a channel is not known until it was heard.
        for partner in store.partners.ascending.map(\.key) {
            store.change(partner) { row in
                row.isConfirmed = false
                if case .under(let span)? = row.recovery { row.recovery = .toCompare(until: span.until) }
            }
        }
        store.openings.append(StoredOpening(incarnation: incarnation, positions: positions))
        append(AuditLeaf(.storeOpened, at: at, note: incarnation.description))
        // Each ended where the one after it began.
        let ends = [positions] + past.dropLast().map(\.positions)
        return StoreOpening(
            incarnation: incarnation,
            predecessors: zip(past, ends).map { PastOpening(incarnation: $0.incarnation, positions: $1) })
    }
}

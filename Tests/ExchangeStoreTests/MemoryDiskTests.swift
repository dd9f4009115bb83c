import ExchangeCore
import ExchangeStore
import Synchronization
import Testing

@testable import ExchangeTesting

/// What is on a simulated disk, whatever became of the process on it.
@Suite struct MemoryDiskTests {
    /// A disk whose next write has a fate that a test sets; all others are durable.
    private final class Fates: Sendable {
        private let next = Mutex<MemoryDisk.Fate?>(nil)

        func set(_ fate: MemoryDisk.Fate) { next.withLock { $0 = fate } }

        func disk(_ durable: MemoryStore? = nil) -> MemoryDisk {
            MemoryDisk(durable) { _ in
                self.next.withLock { next in
                    defer { next = nil }
                    return next ?? .commit
                }
            }
        }
    }

    private func issued(_ ledger: MemoryLedger) async throws -> UInt64 {
        try await ledger.account(with: Community.avim).issued.number.value
    }

    @Test(arguments: [(MemoryDisk.Fate.crashBefore, UInt64(1)), (.crashAfter, 2)])
    func `a crash leaves the store as it was or as it became, and tells nobody`(
        fate: MemoryDisk.Fate, expected: UInt64
    ) async throws {
        let fates = Fates()
        let disk = fates.disk()
        let ledger = try await Sample.openMemory(on: disk)
        try await ledger.accept(1)
        var events = ledger.events.makeAsyncIterator()
        fates.set(fate)
        await #expect(throws: SimulatedCrash()) { try await ledger.accept(2) }
        #expect(await events.next() == nil, "the process has ended, and told nothing")
        // Whoever still has the ledger of the process that ended gets nothing of it.
        await #expect(throws: SimulatedCrash()) { try await ledger.accept(3) }
        await #expect(throws: SimulatedCrash()) { try await ledger.due() }
        let again = try await Sample.openMemory(on: disk)
        #expect(try await issued(again) == expected)
        #expect(again.opening.predecessors.map(\.incarnation) == [ledger.opening.incarnation])
        await #expect(throws: SimulatedCrash()) { try await ledger.accept(3) }
        #expect(try await issued(again) == expected, "it writes nothing behind the back of the next")
        guard case .intact = try await again.verifyAuditChain() else {
            Issue.record("the chain is broken")
            return
        }
    }

    @Test func `a process that ends between two writes leaves all that was durable, and lets another open`()
        async throws
    {
        let disk = MemoryDisk()
        let ledger = try await Sample.openMemory(on: disk)
        try await ledger.accept(1)
        disk.crash()
        await #expect(throws: SimulatedCrash()) { try await ledger.due() }
        #expect(try await Sample.openMemory(on: disk).due().numbers == [1])
    }

    @Test func `a disk forgets the last of its writes, and no more than are behind it`() async throws {
        let disk = MemoryDisk()
        let ledger = try await Sample.openMemory(on: disk)
        for ordinal in 1...4 { try await ledger.accept(ordinal) }
        disk.crash()
        #expect(disk.forget(writes: 2) == 2)
        let again = try await Sample.openMemory(on: disk)
        #expect(try await issued(again) == 2)
        disk.crash()
        // Both openings, the two messages that are left.
        #expect(disk.forget(writes: MemoryDisk.forgettableWrites) == 4)
        #expect(disk.durable == nil)
        #expect(disk.forget(writes: 1) == 0)
    }

    @Test func `a store that was torn does not open until something is put in its place`() async throws {
        let disk = MemoryDisk()
        let ledger = try await Sample.openMemory(on: disk)
        try await ledger.accept(1)
        let backup = disk.durable
        try await ledger.accept(2)
        disk.crash()
        disk.tear()
        for _ in 1...2 {
            let error = await #expect(throws: StoreError.self) { try await Sample.openMemory(on: disk) }
            #expect(error?.code == .storeDamaged)
        }
        disk.durable = backup
        #expect(try await issued(try await Sample.openMemory(on: disk)) == 1)
    }

    @Test(arguments: [false, true])
    func `a sync that failed is told, and nothing more is written until the store is opened anew`(
        isDurable: Bool
    ) async throws {
        let fates = Fates()
        let disk = fates.disk()
        let ledger = try await Sample.openMemory(on: disk)
        try await ledger.accept(1)
        var events = ledger.events.makeAsyncIterator()
        fates.set(.syncFails(isDurable: isDurable))
        for ordinal in 2...3 {
            let error = await #expect(throws: StoreError.self) { try await ledger.accept(ordinal) }
            #expect(error?.code == .durabilityLost)
        }
        #expect(ledger.problem?.code == .durabilityLost)
        #expect(await events.next() == .durabilityLost)
        #expect(try await ledger.due().numbers == [1], "what is in doubt is not shown")
        #expect(disk.writes == 3)
        try await ledger.close()
        #expect(await events.next() == nil, "it was told once")
        let again = try await Sample.openMemory(on: disk)
        #expect(try await issued(again) == (isDurable ? 2 : 1))
    }

    @Test func `a full disk takes nothing, and the next write finds room`() async throws {
        let fates = Fates()
        let ledger = try await Sample.openMemory(on: fates.disk())
        fates.set(.full)
        let error = await #expect(throws: StoreError.self) { try await ledger.accept(1) }
        #expect(error?.code == .diskFull)
        #expect(ledger.problem?.code == .diskFull)
        #expect(try await ledger.due().numbers.isEmpty)
        try await ledger.accept(1)
        #expect(ledger.problem == nil)
        #expect(try await ledger.due().numbers == [1])
    }

    @Test(arguments: [MemoryDisk.Fate.crashBefore, .syncFails(isDurable: false), .full])
    func `an opening that did not become durable began no incarnation, and lets go of the disk`(
        fate: MemoryDisk.Fate
    ) async throws {
        let fates = Fates()
        let disk = fates.disk()
        let first = try await Sample.openMemory(on: disk)
        try await first.close()
        fates.set(fate)
        await #expect(throws: (any Error).self) { try await Sample.openMemory(on: disk) }
        let second = try await Sample.openMemory(on: disk)
        #expect(second.opening.predecessors.map(\.incarnation) == [first.opening.incarnation])
    }

    @Test func `a snapshot that is restored is the older store, and gives its numbers again`() async throws {
        let disk = MemoryDisk()
        let first = try await Sample.openMemory(on: disk)
        try await first.accept(1)
        let snapshot = disk.durable
        try await first.accept(2)
        try await first.close()
        let second = try await Sample.openMemory(on: disk)
        #expect(try await issued(second) == 2)
        try await second.close()

        disk.durable = snapshot
        let restored = try await Sample.openMemory(on: disk)
        #expect(try await restored.due().numbers == [1])
        #expect(try await restored.message(try Sample.message(2).id) == nil)
        // It knows nothing of the second opening: that is how partners see what happened.
        #expect(restored.opening.predecessors.map(\.incarnation) == [first.opening.incarnation])
        try await restored.accept(3)
        #expect(try await restored.due().items.last?.item.messageID == Sample.message(3).id)
        #expect(try await restored.due().numbers == [1, 2])
    }

    @Test func `a clone is independent of the disk that it was copied from`() async throws {
        let disk = MemoryDisk()
        let first = try await Sample.openMemory(on: disk)
        try await first.accept(1)
        let clone = MemoryDisk(disk.durable)
        let other = try await Sample.openMemory(on: clone)
        try await first.accept(2)
        for ordinal in 3...4 { try await other.accept(ordinal) }
        #expect(try await first.due().numbers == [1, 2])
        #expect(try await other.due().numbers == [1, 2, 3])
        #expect(try await first.message(try Sample.message(3).id) == nil)
        #expect(try await other.message(try Sample.message(2).id) == nil)
        #expect(other.opening.predecessors.map(\.incarnation) == [first.opening.incarnation])
    }

    @Test func `a second opening is refused until the first is closed, and a closed ledger refuses`() async throws {
        let disk = MemoryDisk()
        let first = try await Sample.openMemory(on: disk)
        let locked = await #expect(throws: StoreError.self) { try await Sample.openMemory(on: disk) }
        #expect(locked?.code == .storeLocked)
        try await first.close()
        try await first.close()
        let write = await #expect(throws: StoreError.self) { try await first.accept(1) }
        #expect(write?.code == .storeUnavailable)
        let read = await #expect(throws: StoreError.self) { try await first.due() }
        #expect(read?.code == .storeUnavailable)
        let second = try await Sample.openMemory(on: disk)
        // A late closing of the first takes nothing from the second.
        try await first.close()
        try await second.accept(1)
    }

    @Test func `an empty disk is no store where there must be one`() async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await MemoryLedger.open(
                on: MemoryDisk(), digest: SHA256.digest, random: Sample.random, now: Sample.now(), mustExist: true)
        }
        #expect(error?.code == .storeDamaged)
    }

    @Test func `a store is opened under the archive key of its first opening alone, and else not changed`() async throws
    {
        struct WrongKey: Error {}
        @Sendable func open(_ disk: MemoryDisk, under key: UInt8?) async throws -> MemoryLedger {
            let check = key.map { key in
                ArchiveKeyCheck(fresh: [key]) { kept in
                    guard kept == [key] else { throw WrongKey() }
                }
            }
            return try await MemoryLedger.open(
                on: disk, digest: SHA256.digest, random: Sample.random, now: Sample.now(), archiveKey: check)
        }
        let disk = MemoryDisk()
        try await open(disk, under: 1).close()
        // One that was opened without a key has nothing but the keys of its cases.
        let keyless = MemoryDisk()
        let ledger = try await open(keyless, under: nil)
        _ = try await ledger.caseKey(for: Sample.case1, orKeep: [1])
        try await ledger.close()
        for disk in [disk, keyless] {
            let writes = disk.writes
            let error = await #expect(throws: StoreError.self) { try await open(disk, under: 2) }
            #expect(error?.code == .archiveKeyWrong)
            #expect(disk.writes == writes)
            try await open(disk, under: 1).close()
        }
    }

    @Test func `what a review finds keeps the incarnation from beginning, and is thrown as it is`() async throws {
        struct Unfit: Error, Equatable { let directory: Int64? }
        let disk = MemoryDisk()
        let first = try await Sample.openMemory(on: disk)
        _ = try await first.adoptDirectory(
            DirectoryMark(version: 7, digest: Sample.digest("seven")), at: Sample.start)
        try await first.close()
        await #expect(throws: Unfit(directory: 7)) {
            _ = try await MemoryLedger.open(
                on: disk, digest: SHA256.digest, random: Sample.random, now: Sample.now()
            ) { throw Unfit(directory: $0.directory?.version) }
        }
        let second = try await Sample.openMemory(on: disk)
        #expect(second.opening.predecessors.map(\.incarnation) == [first.opening.incarnation])
    }
}

import ExchangeCore
import Foundation
import Testing

@testable import ExchangeStore

/// A copy that is put back takes the place of a store, or leaves it as it was.
@Suite(.temporaryFolder) struct RestoringTests {
    private static let archiveKey = ArchiveKeyCheck(fresh: [1]) { _ in }

    /// A store with two messages, and a copy of it with the first alone.
    private func storeAndCopy() async throws -> String {
        let copy = TemporaryFolder.path + "/copy.sqlite"
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        try await ledger.receive(5, number: 1)
        _ = try await ledger.backUp(to: copy)
        try await ledger.accept(2)
        try await ledger.close()
        return copy
    }

    private func messages() async throws -> Int {
        let ledger = try await Sample.openSQLite()
        let count = try await ledger.deliveries(DeliveryFilter()).entries.count
        try await ledger.close()
        return count
    }

    @Test func `a copy takes the place of the store, which is kept beside it`() async throws {
        let copy = try await storeAndCopy()
        let aside = TemporaryFolder.path + "/aside"
        // Whoever made the copy may have let others read it.
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: copy)
        let done = try await StoreRestoring.restore(
            copy, to: TemporaryFolder.store, aside: aside, archiveKey: Self.archiveKey, digest: SHA256.digest,
            at: Sample.start)
        #expect(done.hasKept)
        let rights = try FileManager.default.attributesOfItem(atPath: TemporaryFolder.store)[.posixPermissions]
        #expect((rights as? NSNumber)?.int16Value == 0o600)
        #expect(try await messages() == 1)
        let ledger = try await Sample.openSQLite()
        let inbox = try await ledger.inbox(InboxFilter(), now: Sample.start)
        #expect(inbox.entries.map(\.mayBeRepeated) == [true], "it may have been handed over since the copy was made")
        try await ledger.close()
        #expect(FileManager.default.fileExists(atPath: aside + "/store.sqlite"))
    }

    @Test func `a store that was put back says of what time it is and what is gone, until a person ends that`()
        async throws
    {
        let copy = try await storeAndCopy()
        let now = Sample.start + Milliseconds.hours(5)
        func restore(_ aside: String) async throws -> StoreRestoring.Outcome {
            try await StoreRestoring.restore(
                copy, to: TemporaryFolder.store, aside: TemporaryFolder.path + aside, archiveKey: Self.archiveKey,
                digest: SHA256.digest, at: now)
        }
        let done = try await restore("/aside")
        #expect(done.asOf == Sample.start, "its last entry")
        func alarm() async throws -> AlarmEntry? {
            let ledger = try await Sample.openSQLite()
            let alarm = try await ledger.alarms(includingCleared: false).first { $0.alarm.code == .storePutBack }
            guard case .intact = try await ledger.verifyAuditChain() else { throw CocoaError(.fileReadCorruptFile) }
            try await ledger.close()
            return alarm
        }
        let said = try #require(try await alarm()?.alarm)
        #expect(said.partner == nil && said.at == now)
        for word in ["as of \(Sample.start)", "put back at \(now)", "handed in again", "then clear this"] {
            #expect(said.detail.contains(word), "\(said.detail)")
        }
        // A backup of this store has the alarm too: what was not cleared then is not forgotten.
        let ledger = try await Sample.openSQLite()
        let second = TemporaryFolder.path + "/second.sqlite"
        _ = try await ledger.backUp(to: second)
        try await ledger.close()
        _ = try await StoreRestoring.restore(
            second, to: TemporaryFolder.store, aside: TemporaryFolder.path + "/again", archiveKey: Self.archiveKey,
            digest: SHA256.digest, at: now + Milliseconds.hours(1))
        #expect(try await alarm()?.alarm.detail.contains("An earlier loss") == true)
        // A person ends it, and it stays ended.
        let cleared = try await Sample.openSQLite()
        try await cleared.clearAll(.storePutBack, partner: nil, at: now)
        try await cleared.close()
        #expect(try await alarm() == nil)
    }

    @Test func `a damaged backup is called one, and the store is as it was`() async throws {
        let copy = try await storeAndCopy()
        let bytes = try Data(contentsOf: URL(filePath: copy))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: copy))
        let error = await #expect(throws: StoreError.self) {
            try await StoreRestoring.restore(
                copy, to: TemporaryFolder.store, aside: TemporaryFolder.path + "/aside", archiveKey: Self.archiveKey,
                digest: SHA256.digest, at: Sample.start)
        }
        #expect(error?.code == .storeDamaged)
        #expect(error?.message.contains("The BACKUP \(copy)") == true, "\(String(describing: error))")
        #expect(error?.message.contains("was not touched") == true)
        #expect(try await messages() == 2)
    }

    @Test func `a copy that another archive key closed is not put back, and the store is as it was`() async throws {
        let copy = TemporaryFolder.path + "/copy.sqlite"
        let ledger = try await SQLiteLedger.open(
            at: TemporaryFolder.store, digest: SHA256.digest, random: Sample.random, now: Sample.now(),
            archiveKey: Self.archiveKey)
        _ = try await ledger.backUp(to: copy)
        try await ledger.accept(1)
        try await ledger.accept(2)
        try await ledger.close()
        let other = ArchiveKeyCheck(fresh: [2]) { _ in throw CocoaError(.fileReadCorruptFile) }
        let error = await #expect(throws: StoreError.self) {
            try await StoreRestoring.restore(
                copy, to: TemporaryFolder.store, aside: TemporaryFolder.path + "/aside", archiveKey: other,
                digest: SHA256.digest, at: Sample.start)
        }
        #expect(error?.code == .archiveKeyWrong, "\(String(describing: error))")
        #expect(try await messages() == 2)
    }

    @Test func `a copy is put back where no store lies, and nothing is put aside`() async throws {
        let copy = try await storeAndCopy()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: TemporaryFolder.store + suffix)
        }
        let aside = TemporaryFolder.path + "/aside"
        let done = try await StoreRestoring.restore(
            copy, to: TemporaryFolder.store, aside: aside, archiveKey: Self.archiveKey, digest: SHA256.digest,
            at: Sample.start)
        #expect(!done.hasKept && !FileManager.default.fileExists(atPath: aside))
        #expect(try await messages() == 1)
    }

    @Test func `a restore that fails half-way leaves the store as it was`() async throws {
        let copy = try await storeAndCopy()
        // A log that lies beside the database cannot be moved: its name there is longer than a path may be.
        try Data().write(to: URL(filePath: TemporaryFolder.store + "-wal"))
        let longest = Int(PATH_MAX) - 1 - "/store.sqlite".utf8.count
        var aside = TemporaryFolder.path
        while aside.utf8.count + 2 <= longest {
            aside += "/" + String(repeating: "a", count: min(200, longest - aside.utf8.count - 1))
        }
        #expect(aside.utf8.count >= longest - 1)
        let parent = URL(filePath: aside).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        await #expect(throws: StoreError.self) {
            try await StoreRestoring.restore(
                copy, to: TemporaryFolder.store, aside: aside, archiveKey: Self.archiveKey, digest: SHA256.digest,
                at: Sample.start)
        }
        #expect(FileManager.default.fileExists(atPath: aside), "it failed where the store had been moved already")
        #expect(try await messages() == 2)
        #expect(!FileManager.default.fileExists(atPath: TemporaryFolder.store + ".restoring"))
    }
}

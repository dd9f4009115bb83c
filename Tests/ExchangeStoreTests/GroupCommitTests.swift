import ExchangeCore
import GRDB
import Synchronization
import Testing

@testable import ExchangeStore

@Suite(.temporaryFolder) struct GroupCommitTests {
    private struct Fault: Error {}

    @Test func `an operation that fails takes back its own changes and harms no neighbour`() async throws {
        let ledger = try await Sample.openSQLite()
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for ordinal in 1...90 {
                group.addTask {
                    do {
                        if ordinal.isMultiple(of: 3) {
                            let request = Sample.request(try Sample.message(ordinal), ordinal: ordinal)
                            let facts = try await ledger.read { try $0.acceptanceFacts(for: request) }
                            try await ledger.write(at: Sample.start) { transaction in
                                guard
                                    case .accept(let changes) = Acceptance.decide(
                                        request, facts: facts, limits: NodeLimits(), now: Sample.now())
                                else { throw Fault() }
                                try transaction.apply(changes)
                                throw Fault()
                            }
                        } else {
                            try await ledger.accept(ordinal)
                        }
                        return (ordinal, true)
                    } catch {
                        return (ordinal, false)
                    }
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        for ordinal in 1...90 {
            #expect(outcomes[ordinal] == !ordinal.isMultiple(of: 3))
            let kept = try await ledger.message(try Sample.message(ordinal).id)
            #expect((kept != nil) == !ordinal.isMultiple(of: 3))
        }
        #expect(try await ledger.due(maximumItems: 100).numbers == Array(1...60))
        guard case .intact = try await ledger.verifyAuditChain() else {
            Issue.record("the chain is broken")
            return
        }
    }

    @Test func `what cannot be taken back alone is committed with no neighbour, and its caller hears why`() async throws
    {
        let ledger = try await Sample.openSQLite()
        let error = await #expect(throws: StoreError.self) {
            try await ledger.write(at: Sample.start) { transaction in
                try transaction.ensurePartner(Community.avim)
                // Without it the operation cannot be taken back by itself.
                try transaction.database.execute(sql: "RELEASE SAVEPOINT operation")
                throw Fault()
            }
        }
        #expect(error?.cause == "\(Fault())")
        #expect(try await ledger.partners().isEmpty)
        try await ledger.accept(1)
        #expect(try await ledger.due().numbers == [1])
    }

    @Test func `a failed rollback hides nothing, and ends the writing where the transaction still stands`() throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(configuration: configuration)
        let first = StoreError(.diskFull, "first")
        try queue.inDatabase { database in
            try database.beginTransaction()
            let standing = GroupCommit.takeBack(database, after: first) { _ in throw Fault() }
            #expect(standing.code == .durabilityLost)
            #expect(standing.cause.contains(first.description))
            let gone = GroupCommit.takeBack(database, after: first) {
                try $0.rollback()
                throw Fault()
            }
            #expect(gone == first)
        }
    }

    @Test func `writers that come together share a commit`() async throws {
        let ledger = try await Sample.openSQLite()
        let commits = CommitCount()
        ledger.pool.add(transactionObserver: commits, extent: .databaseLifetime)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for ordinal in 1...200 { group.addTask { try await ledger.accept(ordinal) } }
            try await group.waitForAll()
        }
        #expect(commits.count.withLock { $0 } < 100, "200 operations took \(commits.count.withLock { $0 }) commits")
    }

    final class CommitCount: TransactionObserver, Sendable {
        let count = Mutex(0)
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { count.withLock { $0 += 1 } }
        func databaseDidRollback(_ db: Database) {}
    }

    @Test func `a commit that fails fails every operation of its group, and none of them is there`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        let before = try await Rows.of(ledger)
        ledger.pool.add(transactionObserver: CommitRefusal(), extent: .nextTransaction)
        let failures = await withTaskGroup(of: Bool.self) { group in
            for ordinal in 2...20 {
                group.addTask { (try? await ledger.accept(ordinal)) == nil }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(failures >= 1)
        let kept = try await Rows.of(ledger)["message"]?.count ?? 0
        #expect(kept == (before["message"]?.count ?? 0) + 19 - failures)
        #expect(try await ledger.account(with: Community.avim).issued.number.value == UInt64(kept))
    }

    private final class CommitRefusal: TransactionObserver, Sendable {
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseWillCommit() throws { throw Fault() }
        func databaseDidCommit(_ db: Database) {}
        func databaseDidRollback(_ db: Database) {}
    }

    @Test func `a full store refuses what does not fit, and goes on when there is room`() async throws {
        let ledger = try await Sample.openSQLite()
        func limitPages(toMoreThanNow more: Int) async throws {
            try await ledger.pool.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages + more)")
            }
        }
        try await limitPages(toMoreThanNow: 40)
        let outcomes = await withTaskGroup(of: (Int, StoreError.Code?).self) { group in
            for ordinal in 1...100 {
                group.addTask {
                    do {
                        try await ledger.accept(ordinal, envelopeBytes: 8192)
                        return (ordinal, nil)
                    } catch {
                        return (ordinal, (error as? StoreError)?.code)
                    }
                }
            }
            return await group.reduce(into: [(Int, StoreError.Code?)]()) { $0.append($1) }
        }
        let accepted = outcomes.filter { $0.1 == nil }.map(\.0)
        #expect(accepted.count < 40)
        #expect(outcomes.allSatisfy { $0.1 == nil || $0.1 == .diskFull })
        for ordinal in 1...100 {
            let kept = try await ledger.message(try Sample.message(ordinal).id)
            #expect((kept != nil) == accepted.contains(ordinal))
        }
        try await limitPages(toMoreThanNow: 10_000)
        try await ledger.accept(1000)
        #expect(try await ledger.due(maximumItems: 200).numbers == Array(1...UInt64(accepted.count + 1)))
    }

    @Test func `a caller that is cancelled still gets its write done`() async throws {
        let ledger = try await Sample.openSQLite()
        let task = Task { try await ledger.accept(1) }
        task.cancel()
        #expect(try await task.value == .accepted(try Sample.message(1).id))
        #expect(try await ledger.due().numbers == [1])
    }

    @Test func `a caller is told at once when too many writes wait`() async throws {
        var limits = StoreLimits()
        limits.pendingMaximumOperations = 4
        let ledger = try await Sample.openSQLite(limits: limits)
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for ordinal in 1...200 {
                group.addTask {
                    do {
                        try await ledger.accept(ordinal)
                        return false
                    } catch let error as StoreError {
                        #expect(error.code == .storeUnavailable)
                        return true
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(refused > 0)
        #expect(try await ledger.account(with: Community.avim).issued.number.value == UInt64(200 - refused))
    }

    @Test func `the log starts anew when it has become long, while writers go on`() async throws {
        var limits = StoreLimits()
        limits.checkpointEveryOperations = 10
        limits.walMaximumPages = 500
        let ledger = try await Sample.openSQLite(limits: limits)
        for ordinal in 1...400 { try await ledger.accept(ordinal, envelopeBytes: 4096) }
        // Without a checkpoint of the writer's own the log holds every page that was ever written, some 30 MiB.
        #expect(StoreFile.byteCount(of: TemporaryFolder.store + "-wal") < 8 << 20)
        #expect(try await ledger.account(with: Community.avim).open == 400)
    }
}

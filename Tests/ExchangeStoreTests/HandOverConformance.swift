import ExchangeCore
import GRDB
import Synchronization
import Testing

@testable import ExchangeStore

/// In which order messages come before people (`protocol.md` §10.5).
@Suite(.temporaryFolder) struct HandOverConformance {
    private static let wait = NodeLimits().predecessorWait

    /// The ordinals of the messages in the inbox, in its order; one whose predecessor is missing with that.
    private static func inbox(_ ledger: any ExchangeLedger, at now: Timestamp = Sample.start) async throws -> [String] {
        let names = try Dictionary(
            uniqueKeysWithValues: (1...9).map { (try Sample.message($0, from: Community.avim).id, "\($0)") })
        return try await ledger.inbox(InboxFilter(), now: now).map { entry in
            let missing = entry.missingPredecessor.flatMap { names[$0] }
            return (names[entry.message.id] ?? "?") + (missing.map { " without \($0)" } ?? "")
        }
    }

    @Test(arguments: StoreForm.all)
    func `a message whose predecessor waits itself goes on after it`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(2, number: 2, predecessor: 1)
        try await ledger.receive(3, number: 3, predecessor: 2)
        #expect(try await Self.inbox(ledger).isEmpty)
        try await ledger.receive(1, number: 1)
        #expect(try await Self.inbox(ledger) == ["1", "2", "3"])
    }

    @Test(arguments: StoreForm.all)
    func `a case that arrives backward goes on forward, all of it at once`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in [4, 3, 2] {
            try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: ordinal - 1)
            #expect(try await Self.inbox(ledger).isEmpty, "after \(ordinal)")
        }
        try await ledger.receive(1, number: 1)
        #expect(try await Self.inbox(ledger) == ["1", "2", "3", "4"])
    }

    @Test(arguments: StoreForm.all)
    func `the inbox follows the order of hand-over, and not that of arrival`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(3, number: 3, predecessor: 2)
        try await ledger.receive(9, number: 9)
        try await ledger.receive(2, number: 2)
        #expect(try await Self.inbox(ledger) == ["9", "2", "3"])
        let later = Sample.start + Milliseconds(10)
        try await ledger.receive(5, number: 5, predecessor: 4, at: later)
        try await ledger.receive(8, number: 8, at: later)
        // One that waited in vain has the place of its arrival.
        #expect(try await Self.inbox(ledger, at: later + Self.wait) == ["9", "2", "3", "5 without 4", "8"])
    }

    @Test(arguments: StoreForm.all)
    func `when a wait runs out all that waited for it goes on, in order and flagged`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(2, number: 2, predecessor: 1)
        let meanwhile = Sample.start + Milliseconds(10_000)
        try await ledger.receive(3, number: 3, predecessor: 2, at: meanwhile)
        try await ledger.receive(4, number: 4, predecessor: 3, at: meanwhile)
        try await ledger.receive(5, number: 5, predecessor: 2, priority: .stat, at: meanwhile)
        #expect(try await Self.inbox(ledger, at: meanwhile) == ["5 without 2"])
        let end = Sample.start + Self.wait
        #expect(try await Self.inbox(ledger, at: Sample.start + Self.wait + Milliseconds(-1)) == ["5 without 2"])
        #expect(try await Self.inbox(ledger, at: end) == ["5", "2 without 1", "3", "4"])
        // What comes after that finds its predecessor here; what was missing takes the flag away when it comes.
        try await ledger.receive(6, number: 6, predecessor: 4, at: end)
        try await ledger.receive(1, number: 1, at: end)
        #expect(try await Self.inbox(ledger, at: end) == ["5", "2", "3", "4", "6", "1"])
    }

    @Test(arguments: StoreForm.all)
    func `what came before the message that it waits for goes on with it, and after it`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let span = Milliseconds(10_000)
        try await ledger.receive(1, number: 1, predecessor: 9)
        try await ledger.receive(4, number: 4, predecessor: 3, at: Sample.start + span)
        try await ledger.receive(3, number: 3, predecessor: 2, at: Sample.start + span)
        try await ledger.receive(2, number: 2, predecessor: 1, at: Sample.start + span + span)
        let end = Sample.start + Self.wait
        #expect(try await Self.inbox(ledger, at: end) == ["1 without 9", "2", "3", "4"])
    }

    @Test(arguments: StoreForm.all)
    func `messages that wait for each other go on when the wait runs out`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(1, number: 1, predecessor: 2)
        try await ledger.receive(2, number: 2, predecessor: 1)
        #expect(try await Self.inbox(ledger).isEmpty)
        #expect(try await Self.inbox(ledger, at: Sample.start + Self.wait).count == 2)
    }

    @Test(arguments: StoreForm.all)
    func `who waits for a message that is declared void goes on at once`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(2, number: 2, predecessor: 1)
        try await ledger.receive(3, number: 3, predecessor: 2)
        try await ledger.receive(1, number: 1, declared: .held)
        #expect(try await Self.inbox(ledger).isEmpty, "a held message may still come")
        try await ledger.receive(1, number: 1, declared: .void)
        #expect(try await Self.inbox(ledger) == ["2", "3"])
    }

    @Test(arguments: StoreForm.all)
    func `another partner cannot declare void what one waits for`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.receive(2, number: 2, predecessor: 1)
        try await ledger.receive(1, number: 1, declared: .void, from: Community.nidos)
        #expect(try await Self.inbox(ledger).isEmpty, "whether it comes is for its sender to say")
        try await ledger.receive(1, number: 1, declared: .void)
        #expect(try await Self.inbox(ledger) == ["2"])
    }

    @Test(arguments: StoreForm.all)
    func `however many waited for one message, they go on in order, some in each transaction`(
        form: StoreForm
    ) async throws {
        var limits = StoreLimits()
        limits.operationMaximumSteps = 2
        let ledger = try await form.open(limits: limits)
        for ordinal in 2...6 {
            try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: ordinal - 1, priority: .stat)
        }
        for ordinal in 7...9 { try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: 1) }
        try await ledger.receive(1, number: 1)
        #expect(
            try await Self.inbox(ledger) == ["2", "3", "4", "5", "6", "1", "7", "8", "9"],
            "none is left with the flag of a missing one")
    }

    @Test func `all that follows from one batch has one budget of steps`() async throws {
        var limits = StoreLimits()
        limits.operationMaximumSteps = 3
        let ledger = try await Sample.openSQLite(limits: limits)
        for ordinal in [2, 3] { try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: 1) }
        for ordinal in [5, 6] { try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: 4) }
        let proposals = [
            try await ledger.proposal(1, number: 1), try await ledger.proposal(4, number: 4),
        ]
        let commits = GroupCommitTests.CommitCount()
        ledger.pool.add(transactionObserver: commits, extent: .databaseLifetime)
        _ = try await ledger.receive(proposals, from: Community.avim, limits: NodeLimits(), now: Sample.now())
        // Ten steps: six numbers that the position passes, and four messages that are let go; three in each operation.
        #expect(commits.count.withLock { $0 } == 4)
        #expect(try await Self.inbox(ledger) == ["1", "4", "2", "3", "5", "6"])
    }

    @Test(arguments: StoreForm.all)
    func `what cannot be lined up in one transaction goes on by its own time`(form: StoreForm) async throws {
        var limits = StoreLimits()
        limits.operationMaximumSteps = 2
        let ledger = try await form.open(limits: limits)
        let later = Sample.start + Milliseconds(10_000)
        try await ledger.receive(2, number: 2, predecessor: 1)
        for ordinal in 4...7 { try await ledger.receive(ordinal, number: UInt64(ordinal), predecessor: 3, at: later) }
        try await ledger.receive(3, number: 3, predecessor: 2, at: later)
        #expect(
            try await Self.inbox(ledger, at: Sample.start + Self.wait)
                == ["2 without 1", "3", "4", "5"])
        #expect(try await Self.inbox(ledger, at: later + Self.wait).count == 6)
    }
}

import ExchangeCore
import Foundation
import GRDB
import Testing

@testable import ExchangeStore

#if canImport(Glibc)
    import Glibc
#endif

/// What was reported is on the disk, whatever happens next.
@Suite(.temporaryFolder) struct DurabilityTests {
    @Test func `the writer waits for the disk at every commit`() async throws {
        let ledger = try await Sample.openSQLite()
        let level = try await ledger.pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
        #expect(level == 2, "2 is FULL")
    }

    @Test func `a copy taken at any moment holds all that was reported before it`() async throws {
        var limits = StoreLimits()
        // Without checkpoints the log only grows, so that a copy of both files is what a power cut would leave.
        limits.checkpointEveryOperations = .max
        let ledger = try await Sample.openSQLite(limits: limits)
        for round in 0..<8 {
            let writers = (1...8).map { writer in
                Task { for step in 0..<5 { try await ledger.accept(round * 100 + writer * 10 + step) } }
            }
            let reported = round * 100
            try await ledger.accept(reported)
            let copy = TemporaryFolder.path + "/copy\(round).sqlite"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: TemporaryFolder.store + suffix, toPath: copy + suffix)
            }
            for writer in writers { try await writer.value }
            let reopened = try await Sample.openSQLite(at: copy)
            #expect(try await reopened.message(try Sample.message(reported).id) != nil)
            let issued = try await reopened.account(with: Community.avim).issued.number.value
            #expect(issued >= UInt64(round * 41 + 1))
            let due = try await reopened.due(maximumItems: 1000)
            #expect(due.numbers == Array(1...issued))
            guard case .intact = try await reopened.verifyAuditChain() else {
                Issue.record("the chain of copy \(round) is broken")
                return
            }
        }
    }

    @Test(arguments: [1, 7, 60, 200])
    func `all that was reported is there after SIGKILL`(reports: Int) async throws {
        let path = TemporaryFolder.store
        let result = try await #require(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) { [path = path as String, reports = reports as Int] in
            var limits = StoreLimits()
            limits.checkpointEveryOperations = 16
            let ledger = try await Sample.openSQLite(at: path, limits: limits)
            let count = ReportCount(killAfter: reports)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 1...16 {
                    group.addTask {
                        for step in 0..<1000 {
                            let ordinal = writer * 1000 + step
                            try await ledger.accept(ordinal)
                            await count.report(ordinal)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let lines = String(decoding: result.standardOutputContent, as: UTF8.self).split(separator: "\n")
        let reported = lines.compactMap { $0.hasPrefix("accepted ") ? Int($0.dropFirst(9)) : nil }
        #expect(reported.count == reports)
        let ledger = try await Sample.openSQLite()
        for ordinal in reported {
            #expect(try await ledger.message(try Sample.message(ordinal).id) != nil, "\(ordinal) is lost")
        }
        let account = try await ledger.account(with: Community.avim)
        #expect(account.issued.number.value >= UInt64(reports))
        #expect(
            ledger.opening.claims(for: Community.avim).first?.last == .start,
            "no partner was heard, and nothing is certain")
        guard case .intact = try await ledger.verifyAuditChain() else {
            Issue.record("the chain is broken")
            return
        }
    }
}

/// Reports accepted ordinals on standard output, unbuffered, and kills the process after so many.
private actor ReportCount {
    private var left: Int

    init(killAfter left: Int) { self.left = left }

    func report(_ ordinal: Int) {
        let line = Array("accepted \(ordinal)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        left -= 1
        if left == 0 { kill(getpid(), SIGKILL) }
    }
}

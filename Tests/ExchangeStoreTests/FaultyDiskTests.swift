import CFaultyDisk
import ExchangeCore
import Foundation
import Testing

@testable import ExchangeStore

/// SQLite's n-th call of the disk fails, for every n of an operation; then the power goes, and all that was not synced with
/// it. What was reported is there, and nothing is there in part.
///
/// The disk is the whole process's, so that each sweep has a process of its own.
@Suite(.temporaryFolder) struct FaultyDiskTests {
    @Test(arguments: FaultSweep.all)
    func `whichever call of the disk fails, what was reported is there, and nothing by halves`(
        sweep: FaultSweep
    ) async throws {
        let folder = TemporaryFolder.path
        let result = try await #require(
            processExitsWith: .success, observing: [\.standardOutputContent]
        ) { [folder = folder as String, sweep = sweep as FaultSweep] in
            try #require(faulty_disk_install())
            print(try await sweep.run(in: folder))
        }
        print(String(decoding: result.standardOutputContent, as: UTF8.self), terminator: "")
    }
}

/// One operation, on a disk that fails in one way, at each of its calls.
struct FaultSweep: Codable, Sendable, CustomTestStringConvertible {
    enum Operation: String, CaseIterable, Codable, Sendable {
        /// The opening, which begins an incarnation.
        case open
        /// One message, under an idempotency key.
        case accept
        /// A batch of three: two messages and one that is refused.
        case receive
        /// The closing, which empties the log into the database.
        case close
    }

    enum Fault: String, CaseIterable, Codable, Sendable {
        case error
        case shortWrite = "short write"

        var code: faulty_disk_fault { self == .error ? FAULTY_DISK_ERROR : FAULTY_DISK_SHORT_WRITE }
    }

    let operation: Operation
    let fault: Fault
    /// Whether all calls after it fail too. A disk that works again at once is the harder case: a second sync succeeds.
    let persists: Bool

    var testDescription: String { "\(operation.rawValue), \(fault.rawValue), \(persists ? "for ever" : "once")" }

    static let all = Operation.allCases.flatMap { operation in
        Fault.allCases.flatMap { fault in
            [false, true].map { FaultSweep(operation: operation, fault: fault, persists: $0) }
        }
    }

    /// More than any of the operations makes.
    private static let callsMaximum = 500

    /// - Returns: how many calls were tried, in words.
    func run(in folder: String) async throws -> String {
        let base = folder + "/base.sqlite"
        let ledger = try await Sample.openSQLite(at: base)
        try await ledger.accept(1)
        try await ledger.receive(1, number: 1)
        try await ledger.close()
        var outcomes: [String: Int] = [:]
        for nth in 1...Self.callsMaximum {
            let path = folder + "/\(nth).sqlite"
            try FileManager.default.copyItem(atPath: base, toPath: path)
            guard let outcome = try await failing(at: nth, path) else {
                let told = outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
                return "\(testDescription): failed at each of \(nth - 1) calls; \(told)"
            }
            outcomes[outcome, default: 0] += 1
        }
        throw Endless()
    }

    private struct Endless: Error {}

    /// - Returns: what the operation came to; `nil` where it has fewer calls.
    private func failing(at nth: Int, _ path: String) async throws -> String? {
        if operation == .open { return try await failingToOpen(at: nth, path) }
        let ledger = try await Sample.openSQLite(at: path, limits: Self.limits)
        if operation == .close { try await ledger.accept(2, key: "two") }
        faulty_disk_arm(nth, fault.code, persists)
        let error = try await perform(on: ledger)
        guard faulty_disk_struck() else {
            try #require(error == nil, "\(nth): nothing failed on the disk")
            _ = try await loseAndReopen(ledger, path, isReported: true, at: nth)
            return nil
        }
        try #require(faulty_disk_syncs_after_failure() == 0, "\(nth): a sync was asked for after one that failed")
        if let error, operation != .close { try await check(ledger, after: error, at: nth) }
        let isThere = try await loseAndReopen(
            ledger, path, isReported: operation == .close || error == nil, at: nth)
        return "\(error?.code.rawValue ?? "done")\(isThere ? "" : ", and nothing is there")"
    }

    /// An incarnation that somebody may have heard of is in the history of all that follow.
    private func failingToOpen(at nth: Int, _ path: String) async throws -> String? {
        faulty_disk_arm(nth, fault.code, persists)
        var (ledger, failure): (SQLiteLedger?, StoreError?) = (nil, nil)
        do { ledger = try await Sample.openSQLite(at: path) } catch let error as StoreError { failure = error }
        let isStruck = faulty_disk_struck()
        try #require(faulty_disk_syncs_after_failure() == 0, "\(nth): a sync was asked for after one that failed")
        faulty_disk_cut_power(UInt32(nth - 1))
        try? await ledger?.close()
        faulty_disk_restore_power()
        let reopened = try await Sample.openSQLite(at: path)
        if let ledger {
            let before = reopened.opening.predecessors.first?.incarnation
            try #require(before == ledger.opening.incarnation, "\(nth): began, and is not in the history")
        }
        try await verifySent(reopened, upTo: 1, at: nth)
        try await verifyReceived(reopened, upTo: 1, at: nth)
        try await reopened.close()
        faulty_disk_forget()
        return isStruck ? failure?.code.rawValue ?? "done" : nil
    }

    /// Cuts the power, and looks at what is on the disk then.
    ///
    /// - Returns: whether the operation's changes are there.
    private func loseAndReopen(
        _ ledger: SQLiteLedger, _ path: String, isReported: Bool, at nth: Int
    ) async throws -> Bool {
        // Which of the writes that were not synced are on the disk all the same is another story for each call.
        faulty_disk_cut_power(UInt32(nth - 1))
        try? await ledger.close()
        faulty_disk_restore_power()
        let reopened = try await Sample.openSQLite(at: path)
        let isThere = try await verify(reopened, isReported: isReported, at: nth)
        try await reopened.close()
        faulty_disk_forget()
        return isThere
    }

    /// Without checkpoints beside the writer, so that each call is one of the operation.
    private static var limits: StoreLimits {
        var limits = StoreLimits()
        limits.checkpointEveryOperations = .max
        return limits
    }

    // MARK: The operation

    private func perform(on ledger: SQLiteLedger) async throws -> StoreError? {
        do {
            switch operation {
            case .open: preconditionFailure("a store that is open is not opened")
            case .accept: try await ledger.accept(2, key: "two")
            case .receive: try await receiveAll(on: ledger)
            case .close: try await ledger.close()
            }
            return nil
        } catch let error as StoreError {
            return error
        }
    }

    @discardableResult
    private func receiveAll(on ledger: SQLiteLedger) async throws -> [ReceptionResult] {
        var proposals: [ReceptionProposal] = []
        for ordinal in 2...4 {
            proposals.append(
                try await ledger.proposal(
                    ordinal, number: UInt64(ordinal), refusing: ordinal == 3 ? .schemaViolated : nil))
        }
        return try await ledger.receive(proposals, from: Community.avim, limits: NodeLimits(), now: Sample.now())
    }

    /// What a store that has just failed says and does.
    private func check(_ ledger: SQLiteLedger, after error: StoreError, at nth: Int) async throws {
        switch error.code {
        case .durabilityLost:
            let second = await #expect(throws: StoreError.self) { try await ledger.accept(9) }
            try #require(second?.code == .durabilityLost, "\(nth): written after a write was lost")
            // The closing leaves all as it is to the next opening, also what SQLite would do by itself.
            faulty_disk_arm(.max, fault.code, false)
            try? await ledger.close()
            try #require(faulty_disk_calls() == 0, "\(nth): the closing wrote after a write was lost")
        case .diskFull where persists: break
        case .diskFull:
            // There is room again, and the store goes on by itself.
            if let error = try await perform(on: ledger) { throw error }
            let reached = try await isThere(in: ledger)
            try #require(reached, "\(nth): not there after there was room")
        default: throw error
        }
    }

    // MARK: What is there

    private func isThere(in ledger: SQLiteLedger) async throws -> Bool {
        switch operation {
        case .open, .accept, .close: try await ledger.message(try Sample.message(2).id) != nil
        case .receive: try await ledger.message(try Sample.message(2, from: Community.avim).id) != nil
        }
    }

    /// - Returns: whether the operation's changes are there.
    private func verify(_ ledger: SQLiteLedger, isReported: Bool, at nth: Int) async throws -> Bool {
        let isThere = try await isThere(in: ledger)
        try #require(isThere || !isReported, "\(nth): reported, and lost")
        try #require(try await ledger.message(try Sample.message(1).id)?.envelope == Sample.envelope(1))
        let hasSent = operation != .receive && isThere
        let hasReceived = operation == .receive && isThere
        try await verifySent(ledger, upTo: hasSent ? 2 : 1, at: nth)
        try await verifyReceived(ledger, upTo: hasReceived ? 4 : 1, at: nth)
        // Handed in again, or sent again, as whoever heard nothing does: it is there once.
        switch operation {
        case .open, .accept, .close:
            let id = try Sample.message(2).id
            let again = try await ledger.accept(2, key: "two")
            try #require(again == (isThere ? .repeated(id) : .accepted(id)), "\(nth): \(again)")
            try await verifySent(ledger, upTo: 2, at: nth)
        case .receive:
            let again = try await receiveAll(on: ledger)
            let answers: [ReceptionResult] = [2, 3, 4].map { ordinal in
                let text = Array("\(ordinal == 3 ? "refusal" : "receipt") \(ordinal) under \(ordinal)".utf8)
                return .kept(ordinal == 3 ? .refusal(.schemaViolated, text) : .receipt(text))
            }
            try #require(again == answers, "\(nth): \(again)")
            try await verifyReceived(ledger, upTo: 4, at: nth)
        }
        return isThere
    }

    private func verifySent(_ ledger: SQLiteLedger, upTo last: Int, at nth: Int) async throws {
        let due = try await ledger.due()
        try #require(due.numbers == (1...UInt64(last)).map { $0 }, "\(nth): \(due.numbers)")
        try #require(try await ledger.account(with: Community.avim).issued.number.value == UInt64(last), "\(nth)")
        for ordinal in 1...last {
            let kept = try await ledger.message(try Sample.message(ordinal).id)
            try #require(kept?.envelope == Sample.envelope(ordinal), "\(nth): message \(ordinal) is not whole")
        }
        try await verifyChain(ledger, at: nth)
    }

    private func verifyReceived(_ ledger: SQLiteLedger, upTo last: Int, at nth: Int) async throws {
        let received = try await ledger.account(with: Community.avim).received.number.value
        try #require(received == UInt64(last), "\(nth): received \(received)")
        let inbox = try await ledger.inbox(InboxFilter(), now: Sample.start)
        // The third is refused, and handed over to nobody.
        try #require(inbox.count == (last == 1 ? 1 : 3), "\(nth): \(inbox.count) in the inbox")
        try await verifyChain(ledger, at: nth)
    }

    private func verifyChain(_ ledger: SQLiteLedger, at nth: Int) async throws {
        guard case .intact = try await ledger.verifyAuditChain() else {
            throw StoreError.invariant("\(nth): the audit chain is broken")
        }
    }
}

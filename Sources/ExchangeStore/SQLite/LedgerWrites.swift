package import ExchangeCore
import Foundation
import GRDB

// Each write is one decision of `StoreTransaction`, in one transaction.

extension SQLiteLedger {
    package func caseKey(for reference: CaseReference, orKeep candidate: [UInt8]) async throws -> [UInt8] {
        if let known = try await read({ try $0.caseKey(for: reference) }) { return known }
        // The time stands in no row of this change.
        return try await write(at: Timestamp(milliseconds: 0)) { transaction in
            try transaction.database.change(
                "INSERT OR IGNORE INTO case_key (case_reference, wrapped_key) VALUES (?, ?)",
                [reference.column, Data(candidate)])
            return try transaction.database.caseKey(for: reference) ?? candidate
        }
    }

    package func accept(
        _ request: AcceptanceRequest, limits: NodeLimits, now: Now
    ) async throws -> AcceptanceResult {
        try await write(at: now.wall) { try $0.accept(request, limits: limits, now: now) }
    }

    package func recordAttempt(
        _ numbers: [SequenceNumber], to partner: OIN, detail: String, at: Timestamp
    ) async throws {
        try await write(at: at) { transaction in
            for number in numbers {
                try transaction.recordAttempt(DeliveryKey(partner: partner, number: number), detail: detail)
            }
        }
    }

    package func recordAnswers(_ answers: [AnswerRecord], from partner: OIN, now: Now) async throws {
        try await write(at: now.wall) { try $0.record(answers, from: partner, now: now) }
    }

    package func moveTransport(
        _ key: DeliveryKey, _ event: TransportEvent, of message: MessageID?, reason: String, by actor: ActorID,
        at: Timestamp
    ) async throws -> Bool {
        try await write(at: at) { try $0.moveTransport(of: key, event, of: message, reason: reason, by: actor, at: at) }
    }

    package func receive(
        _ proposals: [ReceptionProposal], from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> [ReceptionResult] {
        var (results, unfinished) = try await write(at: now.wall) { transaction in
            let results = try proposals.map { try transaction.receive($0, from: partner, limits: limits, now: now) }
            return (results, transaction.unfinished)
        }
        // A number that closes a wide gap, or that many waited for: the rest in transactions that others can get in
        // between. Where the node ends before the rest, the gap is closed when the partner asks again, and who waits goes
        // on by its own time.
        while !unfinished.isEmpty {
            let rest = unfinished
            unfinished = try await write(at: now.wall) { transaction in
                try transaction.finish(rest, of: partner)
                return transaction.unfinished
            }
        }
        return results
    }

    package func takeTally(
        _ tally: Tally, signed: [UInt8], askedAt: Timestamp?, now: Now
    ) async throws -> PairAgreement {
        try await write(at: now.wall) { try $0.takeTally(tally, signed: signed, askedAt: askedAt, now: now) }
    }

    package func recover(
        _ items: [RecoveredItem], upTo: SequenceNumber, from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> RecoveryProgress {
        try await write(at: now.wall) { try $0.recover(items, upTo: upTo, from: partner, limits: limits, now: now) }
    }

    package func recoverFromStart(with partner: OIN, at: Timestamp) async throws {
        try await write(at: at) { try $0.recoverFromStart(with: partner) }
    }

    package func keepIncarnation(
        _ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN
    ) async throws {
        try await write(at: seen.firstSeen) { try $0.keep(seen, skipping: skipped, of: partner) }
    }

    package func raise(_ alarm: Alarm) async throws {
        try await write(at: alarm.at) { try $0.raise(alarm) }
    }

    package func clear(
        _ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp
    ) async throws {
        try await write(at: at) { try $0.clear(code, partner: partner, messageID: messageID, at: at) }
    }

    package func clearAll(_ code: AlarmCode, partner: OIN?, at: Timestamp) async throws {
        try await write(at: at) { try $0.clearAll(code, partner: partner, at: at) }
    }
}

package import ExchangeCore
import Foundation
import GRDB

// Each write reads its facts, asks the core, and applies what it decided, in one transaction.

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
        try await write(at: now.wall) { transaction in
            let facts = try transaction.database.acceptanceFacts(for: request)
            switch Acceptance.decide(request, facts: facts, limits: limits, now: now) {
            case .accept(let changes):
                try transaction.apply(changes)
                return .accepted(request.message.id)
            case .repeat(let message): return .repeated(message)
            case .refuse(let refusal): return .refused(refusal)
            }
        }
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
        try await write(at: now.wall) { transaction in
            for record in answers {
                let key = DeliveryKey(partner: partner, number: record.number)
                let facts = try transaction.facts(of: key)
                try transaction.apply(
                    AnswerRecording.decide(record.answer, for: key, facts: facts, jitter: record.jitter, now: now))
            }
        }
    }

    package func moveTransport(
        _ key: DeliveryKey, _ event: TransportEvent, reason: String, by actor: ActorID, at: Timestamp
    ) async throws -> Bool {
        try await write(at: at) { transaction in
            guard let facts = try transaction.database.deliveryFacts(for: key),
                let changes = Intervention.decide(event, reason: reason, for: key, facts: facts, by: actor, at: at)
            else { return false }
            try transaction.apply(changes)
            return true
        }
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
                if rest.hasMoreToAdvance { try transaction.advance(partner) }
                try transaction.releaseSuccessors(of: rest.toRelease, from: partner, at: now.wall)
                return transaction.unfinished
            }
        }
        return results
    }

    package func takeTally(
        _ tally: Tally, signed: [UInt8], isAnswer: Bool, now: Now
    ) async throws -> PairAgreement {
        try await write(at: now.wall) { transaction in
            let facts = try transaction.database.tallyFacts(for: tally)
            let (agreement, changes) = TallyReception.decide(
                tally, signed: signed, isAnswer: isAnswer, facts: facts, now: now)
            try transaction.apply(changes)
            return agreement
        }
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

extension LedgerTransaction {
    fileprivate func facts(of key: DeliveryKey) throws -> DeliveryFacts {
        guard let facts = try database.deliveryFacts(for: key) else {
            throw StoreError.invariant("an answer to number \(key.number), which \(key.partner) was never sent")
        }
        return facts
    }

    fileprivate mutating func receive(
        _ proposal: ReceptionProposal, from partner: OIN, limits: NodeLimits, now: Now
    ) throws -> ReceptionResult {
        let item = proposal.query.item
        let facts = try database.receptionFacts(for: proposal.query, from: partner)
        // Decided again on what stands now: a signature that was made for an older verdict is thrown away.
        let verdict = Reception.decide(item, proposal.examination, facts: facts, limits: limits, now: now)
        guard verdict == proposal.verdict else { return .changed }
        try apply(
            Reception.changes(
                item, from: partner, verdict, examination: proposal.examination, answer: proposal.answer,
                facts: facts, limits: limits, now: now))
        switch verdict {
        case .examine: preconditionFailure("an item is examined before it is written")
        case .repeat(let answer):
            try countDuplicate(from: partner)
            // A node that ended half-way through a wide gap goes on where its partner asks again.
            try advance(partner)
            return .kept(answer)
        case .note(let kind, let reason): return .kept(.noted(kind, reason: reason))
        case .later(let code, let detail, _): return .later(code, detail: detail)
        case .receipt, .refuse, .reissue:
            guard let answer = proposal.answer else { preconditionFailure("a receipt and a refusal are signed") }
            if case .reissue = verdict { try countDuplicate(from: partner) }
            return .kept(answer)
        }
    }
}

package import ExchangeCore
package import ExchangeStore

// Each write is one decision of `StoreTransaction`, in one transaction.

extension MemoryLedger {
    package func caseKey(for reference: CaseReference, orKeep candidate: [UInt8]) async throws -> [UInt8] {
        if let known = try read().caseKeys[reference] { return known }
        // The time stands in no row of this change.
        return try write(at: Timestamp(milliseconds: 0)) { transaction in
            if let known = transaction.store.caseKeys[reference] { return known }
            if !candidate.isEmpty { transaction.store.caseKeys[reference] = candidate }
            return candidate
        }
    }

    package func accept(
        _ request: AcceptanceRequest, limits: NodeLimits, now: Now
    ) async throws -> AcceptanceResult {
        try write(at: now.wall) { try $0.accept(request, limits: limits, now: now) }
    }

    package func recordAttempt(
        _ numbers: [SequenceNumber], to partner: OIN, detail: String, at: Timestamp
    ) async throws {
        try write(at: at) { transaction in
            for number in numbers {
                try transaction.recordAttempt(DeliveryKey(partner: partner, number: number), detail: detail)
            }
        }
    }

    package func recordAnswers(_ answers: [AnswerRecord], from partner: OIN, now: Now) async throws {
        try write(at: now.wall) { try $0.record(answers, from: partner, now: now) }
    }

    package func moveTransport(
        _ key: DeliveryKey, _ event: TransportEvent, of message: MessageID?, reason: String, by actor: ActorID,
        at: Timestamp
    ) async throws -> Bool {
        try write(at: at) { try $0.moveTransport(of: key, event, of: message, reason: reason, by: actor, at: at) }
    }

    package func receive(
        _ proposals: [ReceptionProposal], from partner: OIN, limits: NodeLimits, now: Now
    ) async throws -> [ReceptionResult] {
        var (results, unfinished) = try write(at: now.wall) { transaction in
            let results = try proposals.map { try transaction.receive($0, from: partner, limits: limits, now: now) }
            return (results, transaction.unfinished)
        }
        // A number that closes a wide gap, or that many waited for: the rest in transactions of their own.
        while !unfinished.isEmpty {
            let rest = unfinished
            unfinished = try write(at: now.wall) { transaction in
                try transaction.finish(rest, of: partner)
                return transaction.unfinished
            }
        }
        return results
    }

    package func takeTally(
        _ tally: Tally, signed: [UInt8], askedAt: Timestamp?, now: Now
    ) async throws -> PairAgreement {
        try write(at: now.wall) { try $0.takeTally(tally, signed: signed, askedAt: askedAt, now: now) }
    }

    package func keepIncarnation(
        _ seen: SeenIncarnation, skipping skipped: [IncarnationID], of partner: OIN
    ) async throws {
        try write(at: seen.firstSeen) { try $0.keep(seen, skipping: skipped, of: partner) }
    }

    package func adoptDirectory(_ directory: DirectoryMark, at: Timestamp) async throws -> DirectoryAdoption {
        try write(at: at) { try $0.adoptDirectory(directory) }
    }

    package func keepValidationData(_ inUse: [ValidationObject], since: Timestamp, at: Timestamp) async throws {
        try write(at: at) { try $0.keepValidationData(inUse, since: since) }
    }

    // MARK: What the organisation's systems follow

    package func addConsumer(
        _ name: ConsumerName, of feed: FeedName, fromStart: Bool, key: Bytes16, by actor: ActorID, now: Timestamp
    ) async throws -> ConsumerAddition {
        // "From now on" is behind all that is there to see.
        if feed == .inbox, !fromStart { try numberArrivals(now) }
        return try write(at: now) { transaction in
            try transaction.addConsumer(name, of: feed, fromStart: fromStart, key: key, by: actor, now: now)
        }
    }

    package func removeConsumer(_ name: ConsumerName, by actor: ActorID, at: Timestamp) async throws -> Bool {
        try write(at: at) { $0.removeConsumer(name, by: actor) }
    }

    package func confirm(
        _ cursor: FeedCursor, of name: ConsumerName, by actor: ActorID, at: Timestamp
    ) async throws -> Confirmation {
        try write(at: at) { $0.confirm(cursor, of: name, by: actor) }
    }

    package func inboxFeed(
        after position: FeedPosition, maximumItems: Int, now: Timestamp
    ) async throws -> [FeedEntry<InboxEntry>] {
        try numberArrivals(now)
        return try read().inboxFeed(after: position, maximumItems: maximumItems, now: now)
    }

    private func numberArrivals(_ now: Timestamp) throws {
        while try !read().unnumberedRows(now, atMost: 1).isEmpty { try write(at: now) { $0.numberArrivals(now) } }
    }

    // MARK: Alarms

    package func raise(_ alarm: Alarm) async throws {
        try write(at: alarm.at) { $0.raise(alarm) }
    }

    package func clear(_ code: AlarmCode, partner: OIN?, messageID: MessageID?, at: Timestamp) async throws {
        try write(at: at) { $0.clear(code, partner: partner, messageID: messageID, at: at) }
    }

    package func clearAll(_ code: AlarmCode, partner: OIN?, at: Timestamp) async throws {
        try write(at: at) { $0.clearAll(code, partner: partner, at: at) }
    }
}

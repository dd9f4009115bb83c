import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// Answers what partners ask of a case (NOD-07), by itself and as soon as it came; what it could not answer, because it was
/// stopped, killed or asked too often, is found in the store and answered later (`protocol.md` §15.3).
struct CaseAnswering: Service {
    /// How often it looks where nothing came: for what could not be answered, and for hours that are over.
    static let interval = Milliseconds.seconds(30)
    private static let pageMaximumItems = 200

    let context: NodeContext
    let submitting: Submitting

    func run() async throws {
        let bell = ChangeBell()
        // Subscribed before the first look, so that none comes between.
        let events = context.ledger.events
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    for await event in events where event == .caseQueryArrived || event == .everything { bell.ring() }
                }
                var standing = Standing(maximumPerHour: context.limits.caseAnswersMaximumPerPartnerPerHour)
                while !Task.isCancelled {
                    let count = bell.count
                    do {
                        try await answer(&standing)
                    } catch is CancellationError {
                        break
                    } catch {
                        context.logger.error(
                            "queries of a case could not be looked for", metadata: ["cause": "\(error)"])
                    }
                    await bell.wait(
                        beyond: count, until: context.now.monotonic + Self.interval, clock: context.clock)
                }
                group.cancelAll()
            }
        }
    }

    /// Answers all that is not answered and may be now.
    func answer(_ standing: inout Standing) async throws {
        for query in standing.failures(dueAt: context.now.monotonic) {
            try Task.checkCancellation()
            standing.settle(query, await answer(query, &standing), at: context.now.monotonic)
        }
        var place = standing.settledUpTo
        while true {
            let page = try await context.ledger.caseQueries(after: place, maximumItems: Self.pageMaximumItems)
            for received in page {
                try Task.checkCancellation()
                // What failed has its own time.
                var outcome: Outcome = received.isAnswered ? .done : .failed
                if outcome == .failed, !standing.hasFailed(received.query) {
                    outcome = await answer(received.query, &standing)
                    standing.settle(received.query, outcome, at: context.now.monotonic)
                }
                standing.pass(received.query, outcome, behind: place)
                place = received.query
            }
            guard page.count == Self.pageMaximumItems else { return }
        }
    }

    /// What came of one query.
    enum Outcome {
        /// Nothing is left to be done for it.
        case done
        /// Its sender asked often within the hour.
        case putOff
        /// It cannot be read, or is of who is no member now.
        case failed
    }

    private func answer(_ query: MessageID, _ standing: inout Standing) async -> Outcome {
        do {
            guard let kept = try await context.ledger.message(query) else { return .done }
            // Before anything is opened: whoever asks too often costs no more than a look.
            guard standing.mayAnswer(kept.message.sender.oin, at: context.now.monotonic) else {
                if standing.isNewlyPutOff(kept.message.sender.oin, at: context.now.monotonic) {
                    context.logger.info(
                        "a query of a case is answered later: its sender asked often within the hour",
                        metadata: ["partner": "\(kept.message.sender.oin)", "message": "\(query)"])
                }
                return .putOff
            }
            let content = try await StoredContent(context).read(kept)
            let asker = content.sender
            // Who is not a member now is answered when it is one again.
            guard context.community.directory.member(asker.oin) != nil,
                let me = content.recipients.first(where: { $0.party.oin == context.oin })
            else { return .failed }
            let account = try await CaseLedger(context).account(
                for: asker.oin, of: content.caseRef, before: content.messageID("before"))
            let now = context.now.wall
            let answer = SignedContent(
                id: MessageID(at: now, random: context.randomness.bytes16()), type: CaseQuery.answerType,
                sender: me.party, recipients: [Recipient(asker)], caseRef: content.caseRef,
                conversation: content.conversation, inReplyTo: query, created: now, priority: content.priority,
                purpose: content.purpose, legalBasis: content.legalBasis, handling: content.handling, body: account.body
            )
            guard
                let claim = IdempotencyClaim(
                    key: CaseQuery.answerKey(of: query), submissionDigest: kept.message.digest)
            else { preconditionFailure("the key of an answer is a key") }
            _ = try await submitting.accept(answer, claim: claim, inboxStep: nil, by: .node)
            standing.note(asker.oin, at: context.now.monotonic)
            context.logger.info(
                "a query of a case was answered",
                metadata: [
                    "partner": "\(asker.oin)", "message": "\(query)", "entries": "\(account.entries.count)",
                    "scope": account.isOfAll ? "all" : "shared",
                ])
            return .done
        } catch let error as NodeError where error.code == .contentPurged {
            // Whoever asked so long ago asks again.
            return .done
        } catch {
            context.logger.warning(
                "a query of a case could not be answered yet", metadata: ["message": "\(query)", "cause": "\(error)"])
            return .failed
        }
    }

    /// How far queries are answered, what failed, and how often each partner was answered within the hour. A start begins it anew:
    /// what is answered is in the store.
    struct Standing {
        /// As many are remembered as failed. What is over is looked at again with each look, and what came behind it.
        static let failuresMaximumItems = 10_000
        /// What fails is tried again after ``CaseAnswering/interval``, then after twice that, up to this.
        static let retryMaximum = Milliseconds.hours(1)

        private let maximumPerHour: Int
        /// Up to here, in the order of arrival, all is answered or stands among what failed.
        private(set) var settledUpTo: MessageID?
        private var failed: [MessageID: Failure] = [:]
        private var answered: [OIN: [MonotonicTime]] = [:]
        private var putOff: [OIN: MonotonicTime] = [:]

        private struct Failure {
            var count = 0
            var next: MonotonicTime
        }

        init(maximumPerHour: Int) { self.maximumPerHour = maximumPerHour }

        /// What failed before and is to be tried again by now, in the order of their times.
        func failures(dueAt now: MonotonicTime) -> [MessageID] {
            failed.filter { $0.value.next <= now }.sorted { ($0.value.next, $0.key) < ($1.value.next, $1.key) }
                .map(\.key)
        }

        func hasFailed(_ query: MessageID) -> Bool { failed[query] != nil }

        /// Notes what came of a query that was tried again.
        mutating func settle(_ query: MessageID, _ outcome: Outcome, at now: MonotonicTime) {
            switch outcome {
            case .done: failed[query] = nil
            case .putOff: break
            case .failed:
                guard hasFailed(query) || failed.count < Self.failuresMaximumItems else { return }
                var failure = failed[query] ?? Failure(next: now)
                failure.next =
                    now + min(Milliseconds(CaseAnswering.interval.count << min(failure.count, 16)), Self.retryMaximum)
                failure.count += 1
                failed[query] = failure
            }
        }

        /// Goes on from a query where all before it is settled: what failed keeps back nothing that came behind it.
        ///
        /// - Parameter place: the query before it, in the order of arrival.
        mutating func pass(_ query: MessageID, _ outcome: Outcome, behind place: MessageID?) {
            if outcome == .done || hasFailed(query), place == settledUpTo { settledUpTo = query }
        }

        func mayAnswer(_ partner: OIN, at now: MonotonicTime) -> Bool {
            recent(partner, at: now).count < maximumPerHour
        }

        /// Whether the log has not said within the hour that this partner's queries are answered later.
        mutating func isNewlyPutOff(_ partner: OIN, at now: MonotonicTime) -> Bool {
            if let before = putOff[partner], now < before + .hours(1) { return false }
            putOff[partner] = now
            return true
        }

        mutating func note(_ partner: OIN, at now: MonotonicTime) {
            answered[partner] = recent(partner, at: now) + [now]
        }

        private func recent(_ partner: OIN, at now: MonotonicTime) -> [MonotonicTime] {
            (answered[partner] ?? []).filter { now < $0 + .hours(1) }
        }
    }
}

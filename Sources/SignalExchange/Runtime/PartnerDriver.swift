package import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle
import Synchronization

/// What a partner's node is asked, however it is reached.
package protocol PartnerConnection: Sendable {
    func exchangeTally(_ signed: [UInt8]) async throws -> [UInt8]
    func deliver(_ batch: [UInt8]) async throws -> [UInt8]
    func refill(_ request: [UInt8]) async throws -> [UInt8]
    /// Lets go of what it holds. Nothing is asked of it after that.
    func shutdown() async
}

/// A partner's node found out that this one is not the organisation's running node (`protocol.md` §9.5).
package struct FencedError: Error, Sendable, CustomStringConvertible {
    /// The partner's words.
    package let detail: String
    /// The partner's signed tally, where this node had sent its own.
    package let tally: [UInt8]?

    package init(detail: String, tally: [UInt8]?) {
        self.detail = detail
        self.tally = tally
    }

    package var description: String { "\(RequestErrorCode.incarnationFenced.rawValue): \(detail)" }
}

/// Carries out what one partner's ``PartnerLink`` decides. One driver a partner: a slow partner slows only its own.
package actor PartnerDriver {
    nonisolated package let partner: OIN
    private let context: NodeContext
    private let connection: any PartnerConnection
    private let transmitting: Transmitting
    private let tallies: TallyExchange
    private let recovering: Recovering
    private let mending: Mending
    private var isMendingDue = false
    private var link: PartnerLink
    private var timer: Task<Void, Never>?
    private var lastProblem: String?
    /// Since when nothing could be got back that the partner is asked for.
    private var recoveryFailsSince: MonotonicTime?
    /// Whether an alarm of that may be open: also one of an earlier run.
    private var mayHaveRecoveryAlarm = true
    /// What was loaded and is to be sent next.
    private var loaded: (batch: Transmitting.Prepared, isSmallest: Bool)?
    private let mailbox = Mailbox()
    /// Rings when an exchange of tallies ended, well or not.
    private let greeted = ChangeBell()
    private var greetings = Greetings()

    package init(partner: OIN, context: NodeContext, connection: any PartnerConnection) {
        self.partner = partner
        self.context = context
        self.connection = connection
        transmitting = Transmitting(context)
        tallies = TallyExchange(context)
        recovering = Recovering(context)
        mending = Mending(context)
        link = PartnerLink(limits: context.limits, now: context.now)
    }

    /// Tells the link that something happened elsewhere: work arrived, or the partner called.
    nonisolated package func signal(_ event: PartnerLink.Event) { mailbox.post(event) }

    /// Exchanges tallies now, where the link is not busy with something else.
    nonisolated package func greet() { mailbox.post(.greetingAsked) }

    /// Exchanges tallies anew, and returns whether the partner answered one since this was asked.
    ///
    /// - Parameter span: how long at most. A link that sends does so first, and goes on beside.
    package func isHeardAnew(within span: Milliseconds) async -> Bool {
        let deadline = context.now.monotonic + span
        let asked = greetings
        greet()
        while true {
            let count = greeted.count
            if greetings.answered > asked.answered { return true }
            // One that was under way already may have failed of what is over now: the next says so.
            guard greetings.failed <= asked.failed + (asked.isUnderWay ? 1 : 0), context.now.monotonic < deadline,
                !Task.isCancelled, !Task.isShuttingDownGracefully
            else { return false }
            await greeted.wait(beyond: count, until: deadline, clock: context.clock)
        }
    }

    /// How many exchanges of tallies ended, and whether one has begun.
    private struct Greetings {
        var answered = 0
        var failed = 0
        var isUnderWay = false
    }

    /// How the link stands, for the queue's display.
    package struct Status: Sendable {
        package let phase: PartnerLink.Phase
        package let failures: Int
        package let unreachableSince: Timestamp?
        package let lastProblem: String?

        /// When the link tries again, by the wall clock; `nil` where it does not wait.
        package func nextTry(_ now: Now) -> Timestamp? {
            guard case .backingOff(let until) = phase else { return nil }
            return now.wall + Milliseconds(until.milliseconds - now.monotonic.milliseconds)
        }
    }

    package var status: Status {
        Status(
            phase: link.phase, failures: link.failures, unreachableSince: link.unreachableSince,
            lastProblem: lastProblem)
    }

    /// Runs until the task is cancelled or the node stops.
    package func run() async {
        mailbox.post(.started)
        for await _ in mailbox.bell {
            for event in mailbox.take() { await process(event) }
            if link.phase == .stopped { break }
        }
        timer?.cancel()
    }

    private func process(_ first: PartnerLink.Event) async {
        var pending = [first]
        while !pending.isEmpty {
            let effects = link.handle(pending.removeFirst(), now: context.now)
            for effect in effects {
                let event = await perform(effect)
                // What happened meanwhile goes first: a stop must not wait until a long queue is sent.
                pending.append(contentsOf: mailbox.take())
                if let event { pending.append(event) }
            }
        }
    }

    private func perform(_ effect: PartnerLink.Effect) async -> PartnerLink.Event? {
        switch effect {
        case .exchangeTally:
            greetings.isUnderWay = true
            let event = await attempt("tally") { try await self.exchangeTally() }
            greetings.isUnderWay = false
            if case .failed = event { greetings.failed += 1 } else { greetings.answered += 1 }
            greeted.ring()
            return event
        case .loadDue(let halvings): return await attempt("queue") { try await self.load(halvings: halvings) }
        case .transmit: return await attempt("batch") { try await self.transmit() }
        case .recover: return await recover()
        case .wake(let moment):
            wake(at: moment)
            return nil
        case .raiseUnreachable(let since):
            // Only what is durable was raised: where the store does not take it now, the link asks again.
            let isKept = await note {
                try await $0.ledger.raise(
                    Alarm(
                        code: .partnerUnreachable, partner: self.partner, messageID: nil,
                        detail:
                            "nothing gets through since \(since) (\(self.lastProblem ?? "no answer")); look at this "
                            + "node's log, then call the partner's duty contact", at: $0.now.wall))
            }
            guard isKept else { return nil }
            await warn(unreachableSince: since)
            return .alarmKept
        case .clearUnreachable:
            _ = await note {
                try await $0.ledger.clear(
                    .partnerUnreachable, partner: self.partner, messageID: nil, at: $0.now.wall)
            }
            return nil
        }
    }

    /// Tallies get through all the while, so that no other alarm tells of it.
    private func recover() async -> PartnerLink.Event {
        let event = await attempt("recovery") {
            .recovered(try await self.recovering.step(with: self.partner, over: self.connection))
        }
        guard case .failed = event else {
            recoveryFailsSince = nil
            if mayHaveRecoveryAlarm {
                mayHaveRecoveryAlarm = await !note {
                    try await $0.ledger.clear(
                        .recoveryIncomplete, partner: self.partner, messageID: nil, at: $0.now.wall)
                }
            }
            return event
        }
        let since = recoveryFailsSince ?? context.now.monotonic
        recoveryFailsSince = since
        guard context.now.monotonic >= since + context.limits.unreachableAlarmAfter else { return event }
        mayHaveRecoveryAlarm = true
        _ = await note {
            try await $0.ledger.raise(
                Alarm(
                    code: .recoveryIncomplete, partner: self.partner, messageID: nil,
                    detail:
                        "what this node had sent to this partner cannot be got back (\(self.lastProblem ?? "no answer")); "
                        + "it is asked again with each tally. Look at both nodes' logs, and call its duty contact",
                    at: $0.now.wall))
        }
        return event
    }

    /// With the alarm, and so once while nothing gets through: who reads the log alone must see it too, and each single
    /// attempt is of no interest to a person.
    private func warn(unreachableSince since: Timestamp) async {
        let waiting: String
        do {
            waiting = "\(try await context.ledger.account(with: partner).open)"
        } catch {
            waiting = "unknown (\(error))"
        }
        context.logger.warning(
            "a partner cannot be reached; call its duty contact",
            metadata: [
                "partner": "\(partner)", "name": "\(context.community.directory.member(partner)?.name ?? "")",
                "since": "\(since)", "waiting": "\(waiting)", "cause": "\(lastProblem ?? "no answer")",
            ])
    }

    /// Nothing of this node's gets through any more, and the agency must not believe that it does.
    private func alarm(of fenced: FencedError) async {
        _ = await note {
            try await $0.ledger.raise(
                Alarm(
                    code: .nodeFenced, partner: self.partner, messageID: nil,
                    detail:
                        "this partner takes nothing from this node, since another runs on a copy of its store: stop the "
                        + "copy. Where this is the right one, start it again (\(fenced.detail.shortened))",
                    at: $0.now.wall))
        }
    }

    private func exchangeTally() async throws -> PartnerLink.Event {
        let own = try await tallies.make(for: partner)
        let askedAt = context.now.wall
        let answer: [UInt8]
        do {
            answer = try await connection.exchangeTally(own)
        } catch let fenced as FencedError {
            // It answers at its address all the same. Were that not heard, two nodes that take copies of each other for the
            // running one would turn each other away for ever.
            if let signed = fenced.tally {
                do {
                    try await tallies.take(signed, from: partner, askedAt: askedAt)
                } catch {
                    // That this node is turned away is what people are told all the same.
                    context.warn("an account beside a fence cannot be taken", cause: "\(error)", from: partner)
                }
            }
            throw fenced
        }
        // This driver alone sends to the partner, and waits for one answer at a time: all that the partner had answered
        // was kept here before this tally was asked for.
        let agreement = try await tallies.take(answer, from: partner, askedAt: askedAt)
        try await clearAlarms(after: agreement)
        let standing = try await context.ledger.account(with: partner).standing
        guard standing.isConfirmed || standing.span != nil else {
            throw NodeError(
                .answerInvalid,
                "the account of \(partner) does not fit this node's, and nothing is sent to it; see the alarms")
        }
        isMendingDue = true
        return .tallyExchanged(isRecovering: standing.span != nil)
    }

    /// A tally that came, verified and was compared ends what was said while none could be judged; alarms of an earlier
    /// run too. Whether messages get through is another matter, and the link's; what was said of single messages is
    /// theirs, and stays.
    private func clearAlarms(after agreement: PairAgreement) async throws {
        var over: Set<AlarmCode> = [.revocationListStale, .signerUnknown, .clockSkewed]
        if agreement.outgoing.isAgreed, agreement.incoming.isAgreed { over.insert(.talliesDiffer) }
        over.insert(.nodeFenced)
        let open = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
        for alarm in open where alarm.partner == partner && alarm.messageID == nil && over.contains(alarm.code) {
            try await context.ledger.clear(
                alarm.code, partner: partner, messageID: nil, at: context.now.wall)
        }
    }

    private func load(halvings: Int) async throws -> PartnerLink.Event {
        loaded = nil
        // Nothing under a number that may stand for something else there already.
        guard try await context.ledger.account(with: partner).standing.maySend else {
            return .loaded(items: 0, nextDueIn: nil)
        }
        let found = try await transmitting.due(for: partner, halvings: halvings)
        guard !found.items.isEmpty else {
            // Once after each exchange of tallies, and behind all that is due: a partner that lets such a request hang keeps
            // nothing new from itself.
            if isMendingDue {
                isMendingDue = false
                await mending.mend(with: partner, over: connection)
            }
            return .loaded(items: 0, nextDueIn: found.nextDue.map { $0 - context.now.wall })
        }
        guard let prepared = try await transmitting.prepare(found, for: partner) else {
            return .loaded(items: 0, nextDueIn: Transmitting.holdRetry)
        }
        loaded = (prepared, isSmallest: halvings == PartnerLink.halvingsMaximum)
        return .loaded(items: prepared.deliveries.count, nextDueIn: nil)
    }

    private func transmit() async throws -> PartnerLink.Event {
        guard let (prepared, isSmallest) = loaded else { preconditionFailure("a batch is loaded before it is sent") }
        loaded = nil
        let answer: BatchAnswer
        do {
            // An answer that cannot be read is none.
            answer = try prepared.answer(try await connection.deliver(prepared.bytes), from: partner)
        } catch {
            do {
                try await transmitting.recordFailure(of: prepared, to: partner, isSmallest: isSmallest, cause: error)
            } catch let second {
                // What the batch failed with is what the link goes by, and what people are told.
                context.logger.error(
                    "a failed batch could not be noted", metadata: ["partner": "\(partner)", "cause": "\(second)"])
            }
            throw error
        }
        // What fails from here on is this node's: no attempt is counted against deliveries that were answered.
        try await transmitting.record(answer, to: prepared, from: partner)
        return .answered
    }

    /// A failure of any kind is a wait, never an end.
    private func attempt(
        _ what: String, _ body: () async throws -> PartnerLink.Event
    ) async -> PartnerLink.Event {
        do {
            let event = try await body()
            lastProblem = nil
            return event
        } catch {
            if let fenced = error as? FencedError { await alarm(of: fenced) }
            lastProblem = "\(what): \(error)"
            _ = await note { try await $0.alarm(of: error, from: self.partner) }
            // A partner that calls again and again, and answers nothing well, is tried each time that it calls.
            context.warn(
                "a partner did not answer; trying again", cause: "\(what): \(error)", from: partner, level: .info)
            return .failed(jitter: context.randomness.word())
        }
    }

    /// - Returns: whether it is durable; where not, the log says why.
    private func note(_ body: (NodeContext) async throws -> Void) async -> Bool {
        do {
            try await body(context)
            return true
        } catch {
            context.logger.error(
                "an alarm could not be kept", metadata: ["partner": "\(partner)", "cause": "\(error)"])
            return false
        }
    }

    private func wake(at moment: MonotonicTime) {
        timer?.cancel()
        timer = Task(executorPreference: context.executor) { [context, mailbox] in
            do {
                try await context.clock.wait(until: moment)
                mailbox.post(.timerFired)
            } catch {
                // Cancelled: a later wake has taken this one's place.
            }
        }
    }
}

/// What waits for a link. A link that is busy needs to know that something happened, and not how often, so that each
/// kind of event waits once and a partner that calls a thousand times fills nothing.
private final class Mailbox: Sendable {
    private let waiting = Mutex<[PartnerLink.Event]>([])
    /// Rings once for any number of events.
    let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init() { (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func post(_ event: PartnerLink.Event) {
        waiting.withLock { waiting in
            if !waiting.contains(event) { waiting.append(event) }
        }
        ring.yield()
    }

    func take() -> [PartnerLink.Event] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}

import ExchangeCore
import ExchangeStore
import Logging
import Synchronization

/// How the node reaches the agency's system by itself, for agencies that cannot do more than wait: web hooks, the
/// watched folder, and the programs of the ladder. Each is a consumer of the node's own: what was handed over is confirmed, and what was not is tried
/// again, without an end.
struct AgencyReach: Sendable {
    let context: NodeContext
    let consumers: ConsumerViews
    let alarm: AgencyAlarm
    let name: ConsumerName
    let feed: FeedName

    /// The consumer as it is, made where it is not there yet: of the inbox from the first message on, so that none is left
    /// out; of deliveries from what changes then, and of escalations from what is taken then.
    func consumer() async throws -> Consumer {
        if let known = try await context.ledger.consumer(name) { return known }
        switch try await context.ledger.addConsumer(
            name, of: feed, fromStart: feed == .inbox, key: context.randomness.bytes16(), by: .node,
            now: context.now.wall)
        {
        case .added(let consumer), .known(let consumer): return consumer
        case .tooMany(let maximum):
            throw NodeError(
                .consumerLimitReached,
                "\(maximum) consumers are there, so that \(name) cannot be made; remove one that nobody uses any more")
        }
    }

    /// Keeps that all up to here was handed over.
    func confirm(_ cursor: FeedCursor) async throws {
        try demandConfirmed(
            try await context.ledger.confirm(cursor, of: name, by: .node, at: context.now.wall))
    }

    /// Keeps that this one entry was handed over, of what is handed over in turns.
    func confirm(_ escalation: NumberedEscalation, takenBy consumer: Consumer) async throws {
        try demandConfirmed(
            try await context.ledger.confirmEscalation(
                escalation.number, of: name, key: consumer.key, by: .node, at: context.now.wall))
    }

    private func demandConfirmed(_ confirmation: Confirmation) throws(NodeError) {
        guard case .confirmed = confirmation else {
            throw NodeError(.cursorInvalid, "\(name) was removed while it was at work; it begins anew")
        }
    }

    /// How often the ledger changed; to be read before it is looked at.
    var seen: UInt64 { consumers.views.changes.count }

    /// Waits until something may have come.
    func waitForMore(beyond seen: UInt64) async {
        await consumers.views.changes.wait(
            beyond: seen, until: context.now.monotonic + LedgerWatch.handOverLook, clock: context.clock)
    }

    /// Waits for the time alone: what failed is not mended by what happens in the ledger.
    func wait(until moment: MonotonicTime) async {
        while !isEnding, context.now.monotonic < moment {
            await consumers.views.changes.wait(beyond: seen, until: moment, clock: context.clock)
        }
    }

    var isEnding: Bool { consumers.views.watch.isEnding }

    /// Tells people that the system is not reached this way, or takes that back (`nil`).
    func tell(_ problem: String?) async {
        if let problem {
            context.logger.warning(
                alarm.words, metadata: ["by": "\(name)", "cause": "\(problem)"])
        }
        guard alarm.note(problem, of: name) else { return }
        await alarm.keep(context)
    }
}

/// How often something that failed is tried again: later after each time, without an end.
struct Attempts: Sendable {
    private static let retryMinimum = Milliseconds.seconds(1)
    private static let retryMaximum = Milliseconds.minutes(1)

    private(set) var failures = 0
    private(set) var next: MonotonicTime

    /// Tried at once.
    init(at now: MonotonicTime) { next = now }

    mutating func fail(at now: MonotonicTime) {
        failures += 1
        let backoff = Backoff.delay(afterFailures: failures, jitter: Randomness.word())
        next = now + min(max(backoff, Self.retryMinimum), Self.retryMaximum)
    }
}

/// The one alarm of all ways of a kind, to the agency's system or to who is told that something is late: it names each that fails,
/// and ends when none does.
final class AgencyAlarm: Sendable {
    let code: AlarmCode
    /// Said in the log with each failure.
    let words: Logger.Message
    private let problems = Mutex<[ConsumerName: String]>([:])

    init(_ code: AlarmCode, saying words: Logger.Message) {
        self.code = code
        self.words = words
    }

    /// - Returns: whether that is new: what stands there already is not said again.
    func note(_ problem: String?, of name: ConsumerName) -> Bool {
        problems.withLock { problems in
            guard problems[name] != problem else { return false }
            problems[name] = problem
            return true
        }
    }

    /// Keeps it as it is now. At the start of a node nothing has failed yet: what a run before this one raised, of a way
    /// that may be set up no more, ends.
    func keep(_ context: NodeContext) async {
        let detail = problems.withLock { problems in
            problems.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        }
        do {
            if detail.isEmpty {
                try await context.ledger.clear(code, partner: nil, messageID: nil, at: context.now.wall)
            } else {
                try await context.ledger.raise(
                    Alarm(
                        code: code, partner: nil, messageID: nil, detail: detail.shortened,
                        at: context.now.wall))
            }
        } catch {
            context.logger.error("an alarm could not be kept", metadata: ["cause": "\(error)"])
        }
    }
}

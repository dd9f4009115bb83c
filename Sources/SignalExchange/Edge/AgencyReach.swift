import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// How the node reaches the agency's system by itself, for agencies that cannot do more than wait: web hooks and the
/// watched folder. Each is a consumer of the node's own: what was handed over is confirmed, and what was not is tried
/// again, without an end.
struct AgencyReach: Sendable {
    /// How often it looks where nothing rings: for what time alone brings into the inbox.
    static let look = Milliseconds.seconds(1)
    private static let retryMaximum = Milliseconds.minutes(1)

    let context: NodeContext
    let consumers: ConsumerViews
    let name: ConsumerName
    let feed: FeedName

    /// The consumer as it is, made where it is not there yet: of the inbox from the first message on, so that none is left
    /// out; of deliveries from what changes then.
    func consumer() async throws -> Consumer {
        if let known = try await context.ledger.consumer(name) { return known }
        switch try await context.ledger.addConsumer(
            name, of: feed, fromStart: feed == .inbox, key: Randomness.bytes16(), by: .node, now: context.now.wall)
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
        guard case .confirmed = try await context.ledger.confirm(cursor, of: name, by: .node, at: context.now.wall)
        else {
            throw NodeError(.cursorInvalid, "\(name) was removed while it was at work; it begins anew")
        }
    }

    /// Waits until something may have come.
    func waitForMore(beyond seen: UInt64) async {
        await consumers.views.changes.wait(
            beyond: seen, until: context.now.monotonic + Self.look, clock: context.clock)
    }

    /// How long to wait before the next attempt, longer after each that failed.
    func pause(after failures: Int) -> Milliseconds {
        min(max(Backoff.delay(afterFailures: failures, jitter: Randomness.word()), Self.look), Self.retryMaximum)
    }

    /// Waits before the next attempt.
    func waitAfter(failures: Int) async {
        // A failed attempt is no change of the ledger: what rings meanwhile is no reason to try earlier.
        let end = context.now.monotonic + pause(after: failures)
        while !isEnding, context.now.monotonic < end {
            let seen = consumers.views.changes.count
            await consumers.views.changes.wait(beyond: seen, until: end, clock: context.clock)
        }
    }

    var isEnding: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// Tells people that the system is not reached.
    func raise(_ problem: String) async {
        context.logger.warning(
            "the agency's system is not reached", metadata: ["by": "\(name)", "cause": "\(problem)"])
        await keep { [alarm = alarm(problem)] in try await context.ledger.raise(alarm) }
    }

    /// Takes that back, where it was said of this way last. There is one alarm for all ways: another that still fails says so
    /// again with its next attempt.
    func clear() async {
        await keep {
            let open = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
                .first { $0.code == .agencyUnreachable }
            guard open?.detail.hasPrefix(prefix) == true else { return }
            try await context.ledger.clear(.agencyUnreachable, partner: nil, messageID: nil, at: context.now.wall)
        }
    }

    private var prefix: String { "\(name): " }

    private func alarm(_ problem: String) -> Alarm {
        Alarm(
            code: .agencyUnreachable, partner: nil, messageID: nil, detail: (prefix + problem).shortened,
            at: context.now.wall)
    }

    private func keep(_ change: () async throws -> Void) async {
        do {
            try await change()
        } catch {
            context.logger.error("an alarm could not be kept", metadata: ["cause": "\(error)"])
        }
    }
}

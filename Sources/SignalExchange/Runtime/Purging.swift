import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// Erases content that nobody needs any more: closed, safe on both sides, and past its class's retention
/// (`protocol.md` §9.6). At the start, and every hour.
struct Purging: Service {
    private static let interval = Milliseconds.hours(1)
    /// Looked at, and erased at most, in one transaction: messages flow meanwhile.
    private static let batchMaximumMessages = 200

    let context: NodeContext
    let periods: RetentionPeriods

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let count = try await purge()
                    context.logger.info("retention was looked at", metadata: ["purged": "\(count)"])
                    if count > 0 {
                        context.logger.notice(
                            "content was erased by retention", metadata: ["messages": "\(count)"])
                    }
                    try await context.clock.wait(until: context.now.monotonic + Self.interval)
                } catch is CancellationError {
                    return
                } catch {
                    // Nothing waits for it: what could not go now goes within the hour.
                    context.logger.error("content could not be erased", metadata: ["cause": "\(error)"])
                    try? await context.clock.wait(until: context.now.monotonic + Self.interval)
                }
            }
        }
    }

    /// Goes once through all that might go.
    ///
    /// - Returns: how many messages' content went.
    func purge() async throws -> Int {
        let now = context.now.wall
        let until = now + Milliseconds(-periods.shortest.count)
        var count = 0
        var place: RetentionPlace?
        repeat {
            let page = try await context.ledger.retentionPage(
                after: place, keptUntil: until, maximumItems: Self.batchMaximumMessages)
            let due = page.facts.filter { Retention.decide($0, periods: periods, now: now) == .purge }
                .map(\.message.id)
            if !due.isEmpty { count += try await context.ledger.purge(due, periods: periods, now: now) }
            place = page.next
            try Task.checkCancellation()
        } while place != nil
        return count
    }
}

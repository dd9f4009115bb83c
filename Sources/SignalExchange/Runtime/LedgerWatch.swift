import ExchangeCore
import Logging
import ServiceLifecycle

/// Looks at the ledger until what somebody waits for is there.
struct LedgerWatch: Sendable {
    /// How often who waits for a message looks again for what time alone brings into the inbox: one that waited for its
    /// predecessor comes when its time is over, which is no change in the ledger.
    static let handOverLook = Milliseconds.seconds(1)

    let context: NodeContext
    let changes: ChangeBell

    /// Whoever waits must not keep a node that is asked to stop: it is shown what there is.
    var isEnding: Bool { Task.isShuttingDownGracefully || Task.isCancelled }

    /// - Parameters:
    ///   - span: how long at most.
    ///   - interval: how often it looks where nothing changes; `nil` for what changes alone bring.
    ///   - words: said in the log, for debugging, before each wait.
    /// - Returns: the first look that has it; the last one, where the time is over or the node is to stop.
    func look<Seen>(
        for span: Milliseconds, every interval: Milliseconds? = nil, saying words: Logger.Message,
        _ metadata: Logger.Metadata, until isThere: (Seen) -> Bool, _ look: () async throws -> Seen
    ) async throws -> Seen {
        let deadline = context.now.monotonic + span
        while true {
            let count = changes.count
            let seen = try await look()
            let now = context.now.monotonic
            guard !isThere(seen), !isEnding, now < deadline else { return seen }
            context.logger.debug(words, metadata: metadata)
            await changes.wait(
                beyond: count, until: interval.map { min(deadline, now + $0) } ?? deadline, clock: context.clock)
        }
    }
}

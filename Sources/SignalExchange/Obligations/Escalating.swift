import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// Looks at what is owed, and tells whom the ladder names when something is late (`docs/obligations.md`).
struct Escalating: Service {
    /// Looked at in one transaction: messages flow meanwhile.
    private static let batchMaximumMessages = 200

    let obligations: NodeObligations
    private var context: NodeContext { obligations.context }

    init(_ obligations: NodeObligations) { self.obligations = obligations }

    /// Often enough for the shortest clock that is set, and no oftener than once a tenth of a second.
    private var interval: Milliseconds {
        let shortest = obligations.policy.shortest.count / 10
        return Milliseconds(min(max(shortest, 100), 5000))
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var clock = SteadyClock()
            while !Task.isCancelled {
                do {
                    try await look(at: clock.read(context.now))
                } catch is CancellationError {
                    return
                } catch {
                    // What could not be looked at now is due again at once.
                    context.logger.error("obligations could not be looked at", metadata: ["cause": "\(error)"])
                }
                try? await context.clock.wait(until: context.now.monotonic + interval)
            }
        }
    }

    /// Looks at all that is due.
    func look(at moment: Timestamp) async throws {
        var isMore = true
        while isMore {
            let due = try await context.ledger.looksDue(by: moment, maximumItems: Self.batchMaximumMessages)
            isMore = due.count == Self.batchMaximumMessages
            guard !due.isEmpty else { return }
            let taken = try await context.ledger.look(
                at: due, by: obligations.rules, now: Now(monotonic: context.now.monotonic, wall: moment))
            for (message, step) in taken {
                context.logger.warning(
                    "an acknowledgement is late",
                    metadata: [
                        "message": "\(message)", "subject": "\(step.subject.text)", "step": "\(step.step.rawValue)",
                        "debtor": "\(step.debtor?.text ?? "this organisation")",
                    ])
            }
            try Task.checkCancellation()
        }
    }
}

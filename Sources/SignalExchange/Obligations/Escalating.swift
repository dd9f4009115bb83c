import ExchangeCore
import ExchangeStore
import Logging
import ServiceLifecycle

/// Looks at what is owed, and tells whom the ladder names when something is late (`docs/obligations.md`).
package struct Escalating: Service {
    /// Looked at in one transaction: messages flow meanwhile.
    private static let batchMaximumMessages = 200

    let obligations: NodeObligations
    private var context: NodeContext { obligations.context }

    package init(_ obligations: NodeObligations) { self.obligations = obligations }

    /// Often enough for the shortest clock that is set, and no oftener than once a tenth of a second.
    private var interval: Milliseconds {
        let shortest = obligations.policy.shortest.count / 10
        return Milliseconds(min(max(shortest, 100), 5000))
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await work() }
    }

    /// Looks again and again, until the task is cancelled.
    package func work() async {
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

    /// Looks at all that is due.
    func look(at moment: Timestamp) async throws {
        var isMore = true
        while isMore {
            let due = try await context.ledger.looksDue(by: moment, maximumItems: Self.batchMaximumMessages)
            guard !due.isEmpty else { return }
            let looked = try await look(at: due, moment)
            isMore = due.count == Self.batchMaximumMessages && looked > 0
            try Task.checkCancellation()
        }
    }

    /// Looks at messages in one transaction; where that fails, at each by itself: nobody goes untold because of another's
    /// message.
    ///
    /// - Returns: how many could be looked at.
    private func look(at due: [MessageID], _ moment: Timestamp) async throws -> Int {
        do {
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
            return due.count
        } catch let error as StoreError where [.invariantViolated, .storeDamaged].contains(error.code) {
            guard due.count > 1 else {
                // Due again at once, and so tried again and again: it is said once a while.
                context.warn(
                    "what is owed on a message could not be looked at; report this with the log",
                    cause: "\(due.first?.description ?? ""): \(error)", from: nil, level: .critical)
                return 0
            }
            var looked = 0
            for message in due { looked += try await look(at: [message], moment) }
            return looked
        }
    }
}

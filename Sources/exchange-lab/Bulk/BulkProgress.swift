import ExchangeCore
import SignalExchange
import Synchronization

/// How far a bulk of submissions is, from the first submission to the last receipt.
final class BulkProgress: Sendable {
    private struct Counts {
        var submissions: Int
        var accepted = 0
        var isInputOver = false
    }

    struct State: Sendable {
        let submissions: Int
        let accepted: Int
        let receipted: Int64
        /// As many as there will be; reckoned from those that there are until the last submission is accepted.
        let expected: Int64
        let isOver: Bool
        let elapsed: Milliseconds

        var fraction: Double { expected == 0 ? 0 : min(1, Double(receipted) / Double(expected)) }
        /// Receipts a second, since the start.
        var rate: Double { elapsed.count == 0 ? 0 : Double(receipted) * 1000 / Double(elapsed.count) }
        /// `nil` where nothing can be said yet.
        var remaining: Milliseconds? {
            rate > 0 ? Milliseconds(Int64(Double(expected - receipted) * 1000 / rate)) : nil
        }
    }

    private let counts: Mutex<Counts>
    private let clock = NodeClock()
    private let start: MonotonicTime

    init(submissions: Int) {
        counts = Mutex(Counts(submissions: submissions))
        start = clock.now.monotonic
    }

    func accept() { counts.withLock { $0.accepted += 1 } }

    /// Nothing more will be submitted.
    func endInput() { counts.withLock { $0.isInputOver = true } }

    /// - Parameters:
    ///   - deliveries: those that the sender's node has made.
    ///   - open: those of them without an answer.
    func state(deliveries: Int64, open: Int64) -> State {
        let counts = counts.withLock { $0 }
        let isAllAccepted = counts.isInputOver
        let perSubmission = counts.accepted == 0 ? 1 : Double(deliveries) / Double(counts.accepted)
        return State(
            submissions: counts.submissions, accepted: counts.accepted, receipted: deliveries - open,
            expected: isAllAccepted ? deliveries : Int64(perSubmission * Double(counts.submissions)),
            isOver: isAllAccepted && open == 0,
            elapsed: Milliseconds(clock.now.monotonic.milliseconds - start.milliseconds))
    }
}

extension BulkProgress.State {
    private static let barColumns = 24

    /// A bar with rate and remaining time, in 79 columns.
    var line: String {
        let filled = Int(fraction * Double(Self.barColumns))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.barColumns - filled)
        let left = isOver ? "" : ", " + (remaining.map { "\($0.seconds) s left" } ?? "reckoning")
        return "  \(bar) \(receipted)/\(expected) receipts, \(Int(rate.rounded()))/s\(left)"
    }
}

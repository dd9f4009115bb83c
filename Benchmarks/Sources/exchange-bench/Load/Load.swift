import ExchangeTesting
import Foundation
import Synchronization

/// Hands notices to a node over several connections at once, a thread each.
struct Load: Sendable {
    let sender: LocalNode
    let recipients: [LocalNode]
    private let submissions: [String]
    /// Makes the idempotency keys of this load its own.
    private let name: String

    init(from sender: LocalNode, to recipients: [LocalNode], notices: Notices, name: String) {
        self.sender = sender
        self.recipients = recipients
        self.name = name
        let parties = recipients.map { (oin: $0.oin, role: $0.role) }
        submissions = (0..<notices.count).map { notices.submission($0, to: parties) }
    }

    /// What a load came to.
    struct Outcome: Sendable {
        let messages: Int
        /// From the first submission to the last receipt.
        let span: Duration
        /// Deliveries without a receipt when the last submission was accepted: beyond a batch for each recipient the nodes
        /// exchange more slowly than they accept.
        let backlog: Int

        var rate: Double { Double(messages) / (span / .seconds(1)) }
    }

    /// Submits for a while, as fast as the node accepts, and returns when all of it is receipted.
    func submit(for span: Duration) async throws -> Outcome {
        let clock = ContinuousClock()
        let begin = clock.now
        let counts = try await lanes(Plan.submitters) { lane, connection in
            var count = 0
            while clock.now - begin < span, !Task.isCancelled {
                let index = count * Plan.submitters + lane
                _ = try connection.submit(submissions[index % submissions.count], key: "\(name)-\(index)")
                count += 1
            }
            return count
        }
        let backlog = try LocalConnection(to: sender.socket).openDeliveries(to: Set(recipients.map(\.oin)))
        try await waitUntilSettled(since: begin)
        return Outcome(messages: counts.reduce(0, +), span: clock.now - begin, backlog: backlog)
    }

    /// Submits message by message, each connection the next when the one before is receipted.
    ///
    /// - Returns: how long each message took, from its submission to the moment at which its sender was told of the last
    ///   receipt.
    func exchange(_ count: Int, atOnce connections: Int) async throws -> (outcome: Outcome, latencies: Latencies) {
        let clock = ContinuousClock()
        let begin = clock.now
        let spans = try await lanes(connections) { lane, connection in
            var spans: [Duration] = []
            for index in stride(from: lane, to: count, by: connections) {
                let start = clock.now
                let id = try connection.submit(
                    submissions[index % submissions.count], key: "\(name)-\(connections)-\(index)")
                try connection.waitForReceipts(of: id)
                spans.append(clock.now - start)
            }
            return spans
        }
        return (Outcome(messages: count, span: clock.now - begin, backlog: 0), Latencies(spans.flatMap { $0 }))
    }

    /// Returns when nothing is open to the recipients.
    private func waitUntilSettled(since begin: ContinuousClock.Instant) async throws {
        let connection = try LocalConnection(to: sender.socket)
        let partners = Set(recipients.map(\.oin))
        let clock = ContinuousClock()
        while try connection.openDeliveries(to: partners) > 0 {
            guard clock.now - begin < Plan.settlingMaximum else {
                throw LocalConnection.Failure(words: "not all was receipted within \(Plan.settlingMaximum)")
            }
            // tidy: words because a count has no signal, and 5 ms are little beside the seconds that are measured
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func lanes<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (_ lane: Int, _ connection: LocalConnection) throws -> Value
    ) async throws -> [Value] {
        let socket = sender.socket
        return try await withThrowingTaskGroup(of: Value.self) { group in
            for lane in 0..<count {
                group.addTask {
                    // A thread of its own: calls that wait must not hold the threads of the tasks.
                    try await withCheckedThrowingContinuation { continuation in
                        Thread {
                            continuation.resume(
                                with: Result { try body(lane, try LocalConnection(to: socket)) })
                        }.start()
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// How long messages took.
struct Latencies: Sendable {
    private let sorted: [Duration]

    init(_ spans: [Duration]) {
        precondition(!spans.isEmpty, "something was measured")
        sorted = spans.sorted()
    }

    /// - Parameter percent: 0 to 100.
    func milliseconds(percentile percent: Int) -> Double {
        sorted[min(sorted.count * percent / 100, sorted.count - 1)] / .milliseconds(1)
    }
}

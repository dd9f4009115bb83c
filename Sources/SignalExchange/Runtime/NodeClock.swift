package import ExchangeCore

/// What a node reads its time from, and waits by.
package struct NodeClock: Sendable {
    private let read: @Sendable () -> Now
    private let wait: @Sendable (MonotonicTime) async throws -> Void

    /// - Parameter wait: returns when the monotonic clock reaches a moment, or throws when the task is cancelled.
    package init(
        read: @escaping @Sendable () -> Now, wait: @escaping @Sendable (MonotonicTime) async throws -> Void
    ) {
        self.read = read
        self.wait = wait
    }

    /// The machine's clocks.
    ///
    /// - Parameter ahead: how far the wall clock is ahead of the machine's, for a trial. The monotonic one is the machine's.
    package init(ahead: Milliseconds = .zero) {
        let start = ContinuousClock.now
        self.init {
            let (seconds, attoseconds) = start.duration(to: .now).components
            return Now(
                monotonic: MonotonicTime(milliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000),
                wall: .current + ahead)
        } wait: { moment in
            try await ContinuousClock().sleep(until: start + .milliseconds(moment.milliseconds))
        }
    }

    package var now: Now { read() }

    /// Returns when the monotonic clock reaches `moment`, or when the task is cancelled.
    package func wait(until moment: MonotonicTime) async throws { try await wait(moment) }
}

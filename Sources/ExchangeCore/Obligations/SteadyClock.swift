/// The time by which something is late, where the wall clock may be set.
///
/// Somebody who sets a clock by an hour must not wake a deputy for what is not late, nor let what is late sleep for an hour. So
/// a jump is not believed at once: for ``settling`` the time goes on as it did before, by the clock that never jumps. What the
/// wall clock says after that is the time. A restart begins with what the wall clock says.
package struct SteadyClock: Sendable {
    /// Two readings that differ by no more are one clock that is kept right.
    package static let toleranceMaximum = Milliseconds.seconds(5)
    package static let settling = Milliseconds.minutes(10)

    private var anchor: Now?
    /// Since when the wall clock disagrees, by the other one.
    private var jumpedAt: MonotonicTime?

    package init() {}

    package mutating func read(_ now: Now) -> Timestamp {
        guard let anchor else { return settle(now) }
        let passed = now.monotonic.milliseconds - anchor.monotonic.milliseconds
        let expected = anchor.wall + Milliseconds(passed)
        let deviation = now.wall - expected
        guard abs(deviation.count) > Self.toleranceMaximum.count else { return settle(now) }
        let since = jumpedAt ?? now.monotonic
        jumpedAt = since
        return since + Self.settling <= now.monotonic ? settle(now) : expected
    }

    private mutating func settle(_ now: Now) -> Timestamp {
        anchor = now
        jumpedAt = nil
        return now.wall
    }
}

/// The way out to one partner: when to greet, when to send, when to wait. Each partner has a link of its own, so that a
/// dead one costs one probe at a time and never delays another (`protocol.md` §10).
///
/// A link knows nothing of what it sends: a driver loads and transmits batches when told, and tells what came of it.
/// It has no state "given up".
package struct PartnerLink: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Nothing is due.
        case idle
        /// A tally is on its way: it finds out whether the partner is there, and what both hold.
        case greeting
        /// The store is asked for what is due.
        case loading
        /// A batch is on its way.
        case transmitting
        /// A part of our own channel is got back from the partner.
        case recovering
        /// The partner did not answer; the next probe goes at this time.
        case backingOff(until: MonotonicTime)
        /// The node is stopping: what is on its way may end, nothing new begins.
        case stopped
    }

    package enum Event: Hashable, Sendable {
        case started
        /// A delivery to this partner was accepted or released.
        case workArrived
        /// The partner called us, so it can probably be called.
        case signOfLife
        /// Somebody wants the accounts compared now, not at the next interval.
        case greetingAsked
        case timerFired
        /// - isRecovering: whether a part of our own channel has to be got back from the partner.
        case tallyExchanged(isRecovering: Bool)
        case recovered(RecoveryProgress)
        /// What the store had: how many items are due now, and in how long the next is where there are none.
        case loaded(items: Int, nextDueIn: Milliseconds?)
        case answered
        /// - jitter: a random word.
        case failed(jitter: UInt64)
        /// The alarm that was to be raised is durable.
        case alarmKept
        case stopping
    }

    package enum Effect: Hashable, Sendable {
        case exchangeTally
        /// - halvings: how often the bounds of a batch are to be halved; one item always fits.
        case loadDue(halvings: Int)
        case transmit
        /// Gets back one part of our own channel: what is new goes first.
        case recover
        /// Replaces every earlier wake.
        case wake(at: MonotonicTime)
        case raiseUnreachable(since: Timestamp)
        case clearUnreachable
    }

    /// Beyond six halvings a batch of 64 items has one.
    package static let halvingsMaximum = 6

    package private(set) var phase: Phase = .idle
    /// Tallies that failed since the last that was exchanged.
    private var failedGreetings = 0
    /// Batches, or readings of the store, that failed since something was answered or nothing was left to send. A tally
    /// in between is no end of them: a partner whose batches never get through is not reached, whatever else it says.
    private var failedBatches = 0
    /// Grows with each failed batch and shrinks with each answered one: what is too large for a slow line, or for
    /// something on the way, becomes small enough.
    private var halvings = 0
    package private(set) var unreachableSince: Timestamp?
    private var firstFailure: MonotonicTime?
    /// Whether an alarm may be open: also one of an earlier run.
    private var mayHaveAlarmed = true
    private var hasAlarmed = false
    private var hasNewWork = false
    private var isRecovering = false
    /// Whether somebody asked for tallies while they were exchanged: those may have been under way before it.
    private var isGreetingAsked = false
    private var lastFailure: MonotonicTime?
    private var nextTally: MonotonicTime
    private let limits: NodeLimits

    /// Failures that nothing has ended yet.
    package var failures: Int { failedGreetings + failedBatches }

    package init(limits: NodeLimits, now: Now) {
        self.limits = limits
        nextTally = now.monotonic
    }

    package mutating func handle(_ event: Event, now: Now) -> [Effect] {
        if event == .stopping {
            phase = .stopped
            return []
        }
        if event == .alarmKept {
            hasAlarmed = true
            return []
        }
        // Where something is on its way, the greeting follows it.
        if event == .greetingAsked {
            nextTally = now.monotonic
            if phase == .greeting { isGreetingAsked = true }
        }
        switch phase {
        case .stopped: return []
        case .idle: return handleIdle(event, now: now)
        case .greeting: return handleGreeting(event, now: now)
        case .loading: return handleLoading(event, now: now)
        case .transmitting: return handleTransmitting(event, now: now)
        case .recovering: return handleRecovering(event, now: now)
        case .backingOff(let until): return handleBackingOff(event, until: until, now: now)
        }
    }

    private mutating func handleIdle(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .started, .greetingAsked: return greet()
        case .workArrived: return load()
        case .timerFired: return now.monotonic < nextTally ? load() : greet()
        case .signOfLife, .tallyExchanged, .recovered, .loaded, .answered, .failed, .alarmKept, .stopping: return []
        }
    }

    private mutating func handleGreeting(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .tallyExchanged(let isRecovering):
            self.isRecovering = isRecovering
            nextTally = isGreetingAsked ? now.monotonic : now.monotonic + ProtocolLimits.tallyInterval
            failedGreetings = 0
            return load()
        case .failed(let jitter): return fail(jitter: jitter, now: now)
        case .workArrived:
            hasNewWork = true
            return []
        case .started, .signOfLife, .greetingAsked, .timerFired, .recovered, .loaded, .answered, .alarmKept, .stopping:
            return []
        }
    }

    private mutating func handleLoading(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .loaded(items: 0, let nextDueIn):
            // Work that arrived while the store was read may not have been seen by that reading.
            if hasNewWork { return succeeded() + load() }
            if isRecovering {
                phase = .recovering
                return [.recover]
            }
            let ended = succeeded()
            phase = .idle
            let due = nextDueIn.map { now.monotonic + max($0, Milliseconds(1)) }
            return ended + [.wake(at: due.map { min($0, nextTally) } ?? nextTally)]
        case .loaded:
            phase = .transmitting
            return [.transmit]
        case .workArrived:
            hasNewWork = true
            return []
        case .failed(let jitter): return fail(jitter: jitter, now: now)
        case .started, .signOfLife, .greetingAsked, .timerFired, .tallyExchanged, .recovered, .answered, .alarmKept,
            .stopping:
            return []
        }
    }

    /// What arrived meanwhile goes before the next part: getting back a long channel must not keep back what is new.
    private mutating func handleRecovering(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .recovered(.more): return succeeded() + (now.monotonic < nextTally ? load() : greet())
        // The accounts are compared again.
        case .recovered(.done):
            isRecovering = false
            return succeeded() + greet()
        // For people to look at. What is new still goes, and it is asked again with the next tally.
        case .recovered(.contradicted), .recovered(.exhausted):
            isRecovering = false
            return succeeded() + load()
        // It keeps nothing new waiting, and is asked again with the next tally. A partner that is away shows by that.
        case .failed:
            isRecovering = false
            return load()
        case .workArrived:
            hasNewWork = true
            return []
        case .started, .signOfLife, .greetingAsked, .timerFired, .tallyExchanged, .loaded, .answered, .alarmKept,
            .stopping:
            return []
        }
    }

    private mutating func handleTransmitting(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .answered:
            halvings = max(halvings - 1, 0)
            return succeeded() + (now.monotonic < nextTally ? load() : greet())
        case .failed(let jitter):
            halvings = min(halvings + 1, Self.halvingsMaximum)
            return fail(jitter: jitter, now: now)
        case .workArrived:
            hasNewWork = true
            return []
        case .started, .signOfLife, .greetingAsked, .timerFired, .tallyExchanged, .recovered, .loaded, .alarmKept,
            .stopping:
            return []
        }
    }

    private mutating func handleBackingOff(_ event: Event, until: MonotonicTime, now: Now) -> [Effect] {
        switch event {
        case .timerFired:
            return now.monotonic < until ? wait(until: until, now: now) : greet()
        case .signOfLife, .greetingAsked:
            // At once, but not more than once in the first retry's span: a partner that calls often and cannot be
            // called must not make us spin.
            let earliest = (lastFailure ?? now.monotonic) + ProtocolLimits.retryFirst
            guard now.monotonic < earliest else { return greet() }
            phase = .backingOff(until: min(until, earliest))
            return [.wake(at: min(until, earliest))]
        case .started, .workArrived, .tallyExchanged, .recovered, .loaded, .answered, .failed, .alarmKept, .stopping:
            return []
        }
    }

    private mutating func greet() -> [Effect] {
        isGreetingAsked = false
        phase = .greeting
        return [.exchangeTally]
    }

    private mutating func load() -> [Effect] {
        hasNewWork = false
        phase = .loading
        return [.loadDue(halvings: halvings)]
    }

    /// The partner answered a batch, or nothing waits for it: what failed before is over.
    private mutating func succeeded() -> [Effect] {
        failedGreetings = 0
        failedBatches = 0
        lastFailure = nil
        firstFailure = nil
        unreachableSince = nil
        hasAlarmed = false
        defer { mayHaveAlarmed = false }
        return mayHaveAlarmed ? [.clearUnreachable] : []
    }

    private mutating func fail(jitter: UInt64, now: Now) -> [Effect] {
        if phase == .greeting { failedGreetings += 1 } else { failedBatches += 1 }
        lastFailure = now.monotonic
        unreachableSince = unreachableSince ?? now.wall
        // By the clock that nobody sets: one that is set back would put the alarm off.
        firstFailure = firstFailure ?? now.monotonic
        let until = now.monotonic + Backoff.delay(afterFailures: failures, jitter: jitter)
        phase = .backingOff(until: until)
        return wait(until: until, now: now)
    }

    /// Wakes for the next attempt, or before it for the alarm that falls due meanwhile: attempts are minutes apart, and who
    /// is to be told of a partner that is away is not to wait for the next.
    private mutating func wait(until: MonotonicTime, now: Now) -> [Effect] {
        guard !hasAlarmed, let first = firstFailure, let since = unreachableSince else { return [.wake(at: until)] }
        let due = first + limits.unreachableAlarmAfter
        guard now.monotonic >= due else { return [.wake(at: min(until, due))] }
        mayHaveAlarmed = true
        return [.wake(at: until), .raiseUnreachable(since: since)]
    }
}

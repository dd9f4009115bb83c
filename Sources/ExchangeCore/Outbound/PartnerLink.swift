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
        case tallyExchanged
        /// What the store had: how many items are due now, and in how long the next is where there are none.
        case loaded(items: Int, nextDueIn: Milliseconds?)
        case answered
        /// - jitter: a random word.
        case failed(jitter: UInt64)
        case stopping
    }

    package enum Effect: Hashable, Sendable {
        case exchangeTally
        case loadDue
        case transmit
        /// Replaces every earlier wake.
        case wake(at: MonotonicTime)
        case raiseUnreachable(since: Timestamp)
        case clearUnreachable
    }

    package private(set) var phase: Phase = .idle
    /// Failures since the last answer.
    package private(set) var failures = 0
    package private(set) var unreachableSince: Timestamp?
    private var hasAlarmed = false
    private var hasNewWork = false
    private var lastFailure: MonotonicTime?
    private var nextTally: MonotonicTime
    private let limits: NodeLimits

    package init(limits: NodeLimits, now: Now) {
        self.limits = limits
        nextTally = now.monotonic
    }

    package mutating func handle(_ event: Event, now: Now) -> [Effect] {
        if event == .stopping {
            phase = .stopped
            return []
        }
        // Where something is on its way, the greeting follows it.
        if event == .greetingAsked { nextTally = now.monotonic }
        switch phase {
        case .stopped: return []
        case .idle: return handleIdle(event, now: now)
        case .greeting: return handleGreeting(event, now: now)
        case .loading: return handleLoading(event, now: now)
        case .transmitting: return handleTransmitting(event, now: now)
        case .backingOff(let until): return handleBackingOff(event, until: until, now: now)
        }
    }

    private mutating func handleIdle(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .started, .greetingAsked: return greet()
        case .workArrived: return load()
        case .timerFired: return now.monotonic < nextTally ? load() : greet()
        case .signOfLife, .tallyExchanged, .loaded, .answered, .failed, .stopping: return []
        }
    }

    private mutating func handleGreeting(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .tallyExchanged:
            nextTally = now.monotonic + ProtocolLimits.tallyInterval
            return succeeded() + load()
        case .failed(let jitter): return fail(jitter: jitter, now: now)
        case .workArrived:
            hasNewWork = true
            return []
        case .started, .signOfLife, .greetingAsked, .timerFired, .loaded, .answered, .stopping: return []
        }
    }

    private mutating func handleLoading(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .loaded(items: 0, let nextDueIn):
            // Work that arrived while the store was read may not have been seen by that reading.
            if hasNewWork { return load() }
            phase = .idle
            let due = nextDueIn.map { now.monotonic + max($0, Milliseconds(1)) }
            return [.wake(at: due.map { min($0, nextTally) } ?? nextTally)]
        case .loaded:
            phase = .transmitting
            return [.transmit]
        case .workArrived:
            hasNewWork = true
            return []
        case .failed(let jitter): return fail(jitter: jitter, now: now)
        case .started, .signOfLife, .greetingAsked, .timerFired, .tallyExchanged, .answered, .stopping: return []
        }
    }

    private mutating func handleTransmitting(_ event: Event, now: Now) -> [Effect] {
        switch event {
        case .answered: return succeeded() + (now.monotonic < nextTally ? load() : greet())
        case .failed(let jitter): return fail(jitter: jitter, now: now)
        case .workArrived:
            hasNewWork = true
            return []
        case .started, .signOfLife, .greetingAsked, .timerFired, .tallyExchanged, .loaded, .stopping: return []
        }
    }

    private mutating func handleBackingOff(_ event: Event, until: MonotonicTime, now: Now) -> [Effect] {
        switch event {
        case .timerFired:
            return now.monotonic < until ? [.wake(at: until)] : greet()
        case .signOfLife, .greetingAsked:
            // At once, but not more than once in the first retry's span: a partner that calls often and cannot be
            // called must not make us spin.
            let earliest = (lastFailure ?? now.monotonic) + ProtocolLimits.retryFirst
            guard now.monotonic < earliest else { return greet() }
            phase = .backingOff(until: min(until, earliest))
            return [.wake(at: min(until, earliest))]
        case .started, .workArrived, .tallyExchanged, .loaded, .answered, .failed, .stopping: return []
        }
    }

    private mutating func greet() -> [Effect] {
        phase = .greeting
        return [.exchangeTally]
    }

    private mutating func load() -> [Effect] {
        hasNewWork = false
        phase = .loading
        return [.loadDue]
    }

    private mutating func succeeded() -> [Effect] {
        failures = 0
        lastFailure = nil
        unreachableSince = nil
        defer { hasAlarmed = false }
        return hasAlarmed ? [.clearUnreachable] : []
    }

    private mutating func fail(jitter: UInt64, now: Now) -> [Effect] {
        failures += 1
        lastFailure = now.monotonic
        let since = unreachableSince ?? now.wall
        unreachableSince = since
        let until = now.monotonic + Backoff.delay(afterFailures: failures, jitter: jitter)
        phase = .backingOff(until: until)
        guard !hasAlarmed, now.wall - since >= limits.unreachableAlarmAfter else { return [.wake(at: until)] }
        hasAlarmed = true
        return [.wake(at: until), .raiseUnreachable(since: since)]
    }
}

import ExchangeCore
import Synchronization

/// Hands each event to every reader of ``ExchangeLedger/events``.
///
/// An event says "look again", not what is to be seen. Equal events that nobody has read yet are therefore one, and
/// where more distinct ones wait than ``StoreLimits/eventsMaximumPending``, a single `.everything` takes their place:
/// a slow reader costs bounded memory and misses nothing.
package final class EventFan: Sendable {
    private struct State {
        var mailboxes: [WeakMailbox] = []
        var isFinished = false
    }

    private struct WeakMailbox: Sendable {
        weak var mailbox: EventMailbox?
    }

    private let state = Mutex(State())
    private let maximumPending: Int

    package init(maximumPending: Int) { self.maximumPending = maximumPending }

    /// A stream of what happens from now on; it ends with the store, or with its reader.
    package func subscribe() -> AsyncStream<LedgerEvent> {
        let mailbox = EventMailbox(maximumPending: maximumPending)
        let isFinished = state.withLock { state in
            state.mailboxes.removeAll { $0.mailbox == nil }
            state.mailboxes.append(WeakMailbox(mailbox: mailbox))
            return state.isFinished
        }
        if isFinished { mailbox.finish() }
        // The stream alone holds the mailbox: a reader that goes away takes it along.
        return AsyncStream(unfolding: { await mailbox.next() }, onCancel: { mailbox.finish() })
    }

    package func send(_ events: [LedgerEvent]) {
        guard !events.isEmpty else { return }
        for mailbox in mailboxes() { mailbox.put(events) }
    }

    package func finish() {
        state.withLock { $0.isFinished = true }
        for mailbox in mailboxes() { mailbox.finish() }
    }

    private func mailboxes() -> [EventMailbox] { state.withLock { $0.mailboxes.compactMap(\.mailbox) } }
}

/// What one reader has not read yet.
private final class EventMailbox: Sendable {
    private struct State {
        /// In the order in which they first happened; those before `read` have been read.
        var pending: [LedgerEvent] = []
        var read = 0
        var known: Set<LedgerEvent> = []
        var waiting: [CheckedContinuation<LedgerEvent?, Never>] = []
        var isFinished = false

        /// Forgets what was read, and puts one `.everything` in the place of more than fits.
        mutating func bound(to maximum: Int) {
            guard pending.count > 2 * maximum || known.count > maximum else { return }
            if known.count > maximum {
                // That the process must end is not among what a reader finds when it looks at everything.
                pending = known.contains(.durabilityLost) ? [.durabilityLost, .everything] : [.everything]
            } else {
                pending = [LedgerEvent](pending[read...])
            }
            read = 0
            known = Set(pending)
        }

        mutating func take() -> LedgerEvent? {
            guard read < pending.count else { return nil }
            let event = pending[read]
            read += 1
            known.remove(event)
            if read == pending.count {
                pending.removeAll(keepingCapacity: true)
                read = 0
            }
            return event
        }
    }

    private let state = Mutex(State())
    private let maximumPending: Int

    init(maximumPending: Int) { self.maximumPending = maximumPending }

    func put(_ events: [LedgerEvent]) {
        typealias Answer = (CheckedContinuation<LedgerEvent?, Never>, LedgerEvent)
        let ready: [Answer] = state.withLock { state in
            guard !state.isFinished else { return [] }
            for event in events where state.known.insert(event).inserted { state.pending.append(event) }
            state.bound(to: maximumPending)
            var ready: [Answer] = []
            while !state.waiting.isEmpty, let event = state.take() {
                ready.append((state.waiting.removeFirst(), event))
            }
            return ready
        }
        for (continuation, event) in ready { continuation.resume(returning: event) }
    }

    func next() async -> LedgerEvent? {
        await withCheckedContinuation { continuation in
            let answer: LedgerEvent?? = state.withLock { state in
                if let event = state.take() { return .some(event) }
                if state.isFinished { return .some(nil) }
                state.waiting.append(continuation)
                return .none
            }
            if case .some(let event) = answer { continuation.resume(returning: event) }
        }
    }

    func finish() {
        let waiting = state.withLock { state in
            state.isFinished = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }
}

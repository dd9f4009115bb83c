import ExchangeCore
import SignalExchange
import Synchronization

/// What time it is in the story: the machine's, and what has passed in it besides.
final class StoryClock: Sendable {
    /// When the child arrived.
    let began = Timestamp.current
    private let ahead = Mutex(Milliseconds.zero)

    var now: Timestamp { .current + ahead.withLock { $0 } }

    /// Lets the time pass until a moment, to the second.
    ///
    /// - Precondition: it lies ahead.
    /// - Returns: how far the story is ahead of the machine from then on.
    func advance(to moment: Timestamp) -> Milliseconds {
        precondition(moment > now, "time does not go back")
        let span = Milliseconds.seconds((moment - .current).count / 1000)
        ahead.withLock { $0 = span }
        return span
    }
}

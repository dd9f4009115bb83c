import ExchangeCore
import SignalExchange
import Synchronization

/// A node's clocks: one that nobody sets, and one that stands wrong as far as somebody set it.
final class SimulatedClock: Sendable {
    private let loop: SimulationLoop
    private let start: Timestamp
    private let offset = Mutex(Milliseconds.zero)

    init(_ loop: SimulationLoop, from start: Timestamp) {
        self.loop = loop
        self.start = start
    }

    /// How far the wall clock stands ahead.
    var ahead: Milliseconds {
        get { offset.withLock(\.self) }
        set { offset.withLock { $0 = newValue } }
    }

    var node: NodeClock {
        NodeClock {
            let monotonic = self.loop.now
            return Now(monotonic: monotonic, wall: self.start + Milliseconds(monotonic.milliseconds) + self.ahead)
        } wait: {
            try await self.loop.wait(until: $0)
        }
    }
}

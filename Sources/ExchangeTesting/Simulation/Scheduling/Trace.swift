package import ExchangeCore
import Synchronization

/// FNV-1a: no secret rests on it, it only tells two texts apart.
package struct TraceHash: Hashable, Sendable, CustomStringConvertible {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func fold(_ text: String) {
        for byte in text.utf8 { fold(byte) }
        // So that two texts are not one.
        fold(0)
    }

    private mutating func fold(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

    package var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// What happened in a run, in its order: each line is folded into a hash, and the last lines are kept for people.
///
/// A line names what does not change from one process to another: seats, numbers, times since the beginning. Ids are
/// named by the order in which they were first seen, and signatures not at all.
package final class Trace: Sendable {
    package static let lastLines = 400

    private struct State {
        var hash = TraceHash()
        var lines: [String] = []
        var count = 0
        var names: [Bytes16: Int] = [:]
    }

    private let state = Mutex(State())
    private let keptLines: Int

    /// - Parameter keptLines: how many of the last lines are kept.
    package init(keptLines: Int = lastLines) { self.keptLines = keptLines }

    package func note(_ moment: MonotonicTime, _ text: String) {
        let line = "\(moment.milliseconds) \(text)"
        state.withLock { state in
            state.hash.fold(line)
            state.count += 1
            state.lines.append(line)
            if state.lines.count / 2 >= keptLines { state.lines.removeFirst(keptLines) }
        }
    }

    /// `m7` for the seventh message that was named.
    package func name(_ id: MessageID) -> String {
        let ordinal = state.withLock { state in
            if let known = state.names[id.value] { return known }
            state.names[id.value] = state.names.count + 1
            return state.names.count
        }
        return "m\(ordinal)"
    }

    package var hash: TraceHash { state.withLock(\.hash) }
    package var count: Int { state.withLock(\.count) }
    package var tail: [String] { state.withLock { $0.lines.suffix(keptLines) } }
}

import ExchangeCore
import NIOCore
import Synchronization

/// What is open through a relay, whether more may come, and what is done to what goes through.
final class RelayedConnections: Sendable {
    private struct State {
        var isCut = false
        var trouble: RelayTrouble?
        var counts = RelayCounts()
        var open: [ObjectIdentifier: any Channel] = [:]
    }

    /// How far a piece may go that has come.
    enum Passage {
        case whole
        /// It waits for the relay to be mended.
        case none
        /// So many bytes of it, and both ends are closed behind them.
        case part(Int)
    }

    private let state = Mutex(State())

    var counts: RelayCounts { state.withLock(\.counts) }

    /// - Parameter isCaller: of a connection that comes, and not of the one that is made for it.
    func admit(_ channel: any Channel, isCaller: Bool) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            if state.isCut {
                if isCaller { state.counts.turnedAway += 1 }
            } else {
                state.open[key] = channel
            }
            return !state.isCut
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [weak self] _ in
                self?.state.withLock { $0.open[key] = nil }
            }
        }
        return isAdmitted
    }

    /// - Returns: what is to be closed.
    func cut() -> [any Channel] {
        state.withLock { state in
            if !state.isCut { state.counts.closed += state.open.count / 2 }
            state.isCut = true
            return Array(state.open.values)
        }
    }

    func trouble(with trouble: RelayTrouble) { state.withLock { $0.trouble = trouble } }

    /// - Returns: those whose pieces may have waited.
    func mend() -> [any Channel] {
        state.withLock { state in
            state.isCut = false
            state.trouble = nil
            return Array(state.open.values)
        }
    }

    /// - Returns: how long the next piece of a side waits before it is taken; `nil` where it waits for the relay to be mended.
    func delay(of side: RelayTrouble.Side) -> Milliseconds? {
        state.withLock { state in
            switch state.trouble {
            case .held(side): return nil
            case .slowed(let span):
                state.counts.slowed += 1
                return span
            case .held, .severed, nil: return .zero
            }
        }
    }

    /// A piece of a side has come.
    func pass(_ byteCount: Int, of side: RelayTrouble.Side) -> Passage {
        state.withLock { state in
            switch state.trouble {
            case .held(side):
                state.counts.held += 1
                return .none
            case .severed(side, let left):
                guard byteCount > left else {
                    state.trouble = .severed(side, afterBytes: left - byteCount)
                    return .whole
                }
                state.trouble = nil
                state.counts.severed += 1
                return .part(left)
            case .held, .slowed, .severed, nil: return .whole
            }
        }
    }
}

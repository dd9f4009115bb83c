import ExchangeCore
import Synchronization

/// How many requests of each partner are under way here, over all its connections: a body is held in memory while it is
/// judged, and a partner that opens ever more of them would fill it (`protocol.md` §10.3).
final class RequestsUnderWay: Sendable {
    private let counts = Mutex<[OIN: Int]>([:])

    /// Counts one more, until ``end(of:)``.
    ///
    /// - Throws: ``RequestError`` `node-unavailable` where the partner has as many under way as it may; none is counted.
    func begin(of partner: OIN) throws(RequestError) {
        let maximum = ProtocolLimits.requestsPerConnectionMaximumPending
        let isCounted = counts.withLock { counts in
            guard counts[partner, default: 0] < maximum else { return false }
            counts[partner, default: 0] += 1
            return true
        }
        guard isCounted else {
            throw RequestError(.nodeUnavailable, "\(maximum) requests of yours are under way here; wait for an answer")
        }
    }

    func end(of partner: OIN) {
        counts.withLock { counts in
            guard let count = counts[partner] else { preconditionFailure("a request ends after it began") }
            // What is not under way takes no place.
            counts[partner] = count > 1 ? count - 1 : nil
        }
    }
}

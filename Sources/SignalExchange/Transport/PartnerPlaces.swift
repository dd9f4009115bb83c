import ExchangeCore
import Synchronization

/// How many places of one kind each partner takes up here at once: requests under way, or connections. None may take those
/// of the others (`protocol.md` §10.3).
final class PartnerPlaces: Sendable {
    let maximum: Int
    private let taken = Mutex<[OIN: Int]>([:])

    init(maximum: Int) { self.maximum = maximum }

    /// Takes a place, until ``leave(by:)``.
    ///
    /// - Returns: `false` where the partner has as many as it may; then none is taken.
    func enter(by partner: OIN) -> Bool {
        taken.withLock { taken in
            guard taken[partner, default: 0] < maximum else { return false }
            taken[partner, default: 0] += 1
            return true
        }
    }

    func leave(by partner: OIN) {
        taken.withLock { taken in
            guard let count = taken[partner] else { preconditionFailure("a place is left after it was taken") }
            // Who has no place takes up no memory.
            taken[partner] = count > 1 ? count - 1 : nil
        }
    }
}

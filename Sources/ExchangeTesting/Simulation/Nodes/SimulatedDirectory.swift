import ExchangeCore
import SignalExchange
import Synchronization

/// The community's directory as it changes in a run. Each version has the certificates of the one before, and of one
/// organisation new ones before them: what was signed or sealed by the old is on its way yet.
final class SimulatedDirectory: Sendable {
    private struct State {
        var renewed: Set<Int> = []
        /// By their version, from 1.
        var versions: [Community]
    }

    private let community: SimulatedCommunity
    private let nodes: Int
    private let state: Mutex<State>

    init(_ community: SimulatedCommunity, nodes: Int) {
        self.community = community
        self.nodes = nodes
        state = Mutex(State(versions: [community.community(of: nodes, version: 1, renewed: [])]))
    }

    var newest: Int { state.withLock(\.versions.count) }

    subscript(version: Int) -> Community { state.withLock { $0.versions[version - 1] } }

    /// Issues a version with new certificates of one seat; again for one that has them, with no other change.
    func renew(_ seat: Int) {
        state.withLock { state in
            state.renewed.insert(seat)
            state.versions.append(
                community.community(of: nodes, version: state.versions.count + 1, renewed: state.renewed))
        }
    }
}

/// The ways between the nodes of a community: a ``Relay`` for each node that calls and each that is called, so that a
/// pair can be parted and every other pair goes on.
///
/// It holds one listening socket for each of these ways, and two more for each connection: n × (n − 1) of each.
package final class LocalNetwork: Sendable {
    /// By the places of the two nodes in the community.
    package struct Way: Hashable, Sendable {
        package let caller: Int
        package let called: Int

        package init(caller: Int, called: Int) {
            precondition(caller != called, "no node calls itself")
            self.caller = caller
            self.called = called
        }

        /// On which the one that is called calls back.
        package var back: Way { Way(caller: called, called: caller) }
    }

    private let relays: [Way: Relay]

    /// - Parameter ports: where the nodes listen, in their order.
    init(ports: [Int]) async throws {
        var relays: [Way: Relay] = [:]
        do {
            for caller in ports.indices {
                for called in ports.indices where called != caller {
                    relays[Way(caller: caller, called: called)] = try await Relay.listen(for: ports[called])
                }
            }
        } catch {
            for relay in relays.values { await relay.close() }
            throw error
        }
        self.relays = relays
    }

    /// The port at which one node calls another.
    func port(from caller: Int, to called: Int) -> Int { relay(Way(caller: caller, called: called)).port }

    private func relay(_ way: Way) -> Relay {
        guard let relay = relays[way] else { preconditionFailure("no such nodes are in this network") }
        return relay
    }

    /// All ports that are listened on.
    var ports: [Int] { relays.values.map(\.port) }

    /// Closes both ways between two nodes. Returns when nothing goes through them any more.
    func part(_ one: Int, _ other: Int) async {
        for relay in ways(between: one, other) { await relay.cut() }
    }

    func join(_ one: Int, _ other: Int) {
        for relay in ways(between: one, other) { relay.mend() }
    }

    package func joinAll() {
        for relay in relays.values { relay.mend() }
    }

    // MARK: One way

    /// Closes one way, in which one node calls and the other is called; the other way goes on.
    package func cut(_ way: Way) async { await relay(way).cut() }

    package func trouble(_ way: Way, with trouble: RelayTrouble) { relay(way).trouble(with: trouble) }

    package func mend(_ way: Way) { relay(way).mend() }

    /// What has really been done on one way.
    package func counts(_ way: Way) -> RelayCounts { relay(way).counts }

    /// Gives all ports back. To be called in the end.
    func close() async {
        for relay in relays.values { await relay.close() }
    }

    private func ways(between one: Int, _ other: Int) -> [Relay] {
        let way = Way(caller: one, called: other)
        return [relay(way), relay(way.back)]
    }
}

/// The ways between the nodes of a community: a ``Relay`` for each node that calls and each that is called, so that a
/// pair can be parted and every other pair goes on.
///
/// It holds one listening socket for each of these ways, and two more for each connection: n × (n − 1) of each.
final class LocalNetwork: Sendable {
    private struct Way: Hashable {
        let caller: Int
        let called: Int
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
    func port(from caller: Int, to called: Int) -> Int {
        guard let relay = relays[Way(caller: caller, called: called)] else {
            preconditionFailure("no node calls itself")
        }
        return relay.port
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

    func joinAll() {
        for relay in relays.values { relay.mend() }
    }

    /// Gives all ports back. To be called in the end.
    func close() async {
        for relay in relays.values { await relay.close() }
    }

    private func ways(between one: Int, _ other: Int) -> [Relay] {
        [Way(caller: one, called: other), Way(caller: other, called: one)].compactMap { relays[$0] }
    }
}

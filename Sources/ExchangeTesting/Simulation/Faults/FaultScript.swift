import ExchangeCore

/// What befalls nodes and paths at moments of its own: crashes, partitions, clogged paths, clocks that are set, and what
/// operators do.
struct FaultScript {
    let world: SimulationWorld
    let network: SimulatedNetwork
    let nodes: [SimulatedNode]
    let agencies: [SimulatedAgency]

    /// Draws all of it, for the time of unrest.
    func write() {
        let lots = world.lots("script")
        let unrest = Int(world.plan.unrest.count)
        func each(
            _ kind: FaultKind, _ times: ClosedRange<Int>, _ body: @escaping @Sendable (inout SeededRandom) -> Void
        ) {
            guard world.plan.has(kind) else { return }
            for _ in 0..<lots.draw({ $0.within(times) }) {
                let moment = MonotonicTime(milliseconds: Int64(lots.draw { $0.within(0...unrest) }))
                world.loop.call(at: moment) { lots.draw { body(&$0) } }
            }
        }
        let (world, network, nodes, agencies) = (world, network, nodes, agencies)
        each(.crash, 1...4) { random in
            let node = random.pick(nodes)
            guard node.process != nil else { return }
            world.count(.crashedBetweenWrites)
            node.crash()
        }
        each(.partition, 1...3) { random in
            let path = Self.path(&random, world)
            network.part([path, path.back], until: world.loop.now + random.span(1_000...90_000))
        }
        each(.oneWayPartition, 1...3) { random in
            network.part([Self.path(&random, world)], until: world.loop.now + random.span(1_000...90_000))
        }
        each(.clogging, 1...5) { random in
            network.clog(Self.path(&random, world), until: world.loop.now + random.span(1_000...40_000))
        }
        each(.clockJump, 1...3) { random in
            let span = random.span(1_000...random.pick([60_000, 600_000, 3_600_000]))
            let isForward = random.chance(50)
            let node = random.pick(nodes)
            let clock = node.clock
            world.witness.write { _ = $0.seatsWithSetClocks.insert(node.seat) }
            clock.ahead = isForward ? clock.ahead + span : clock.ahead - span
            // Never beyond an hour: the example certificates begin some hours before.
            clock.ahead = min(max(clock.ahead, .hours(-1)), .hours(1))
            world.count(isForward ? .clockSetForward : .clockSetBack)
        }
        each(.hold, 1...4) { random in random.pick(agencies).move(.heldByOperator) }
        each(.withdrawal, 1...3) { random in random.pick(agencies).move(.withdrawnByPerson) }
        writeLosses()
    }

    /// What needs recovery: a store that is older than what its node signed, one that is gone, and two that go on from one.
    /// Nothing of it is drawn while its kinds are among ``FaultKind/awaitingRecovery``.
    private func writeLosses() {
        let lots = world.lots("losses")
        let unrest = Int(world.plan.unrest.count)
        let (world, network, nodes) = (world, network, nodes)
        func later(_ kind: FaultKind, _ body: @escaping @Sendable (SimulatedNode) -> Void) {
            guard world.plan.has(kind) else { return }
            let (node, moment) = lots.draw {
                ($0.pick(nodes), MonotonicTime(milliseconds: Int64($0.within(0...unrest))))
            }
            world.loop.call(at: moment) { body(node) }
        }
        later(.restore) { node in
            guard let backup = node.disk.durable else { return }
            world.loop.call(in: lots.draw { $0.span(1_000...60_000) }) {
                world.count(.restored)
                world.witness.write { _ = $0.seatsWithLostStores.insert(node.seat) }
                node.replaceDisk(by: backup)
            }
        }
        later(.diskLoss) { node in
            world.count(.diskLost)
            world.witness.write { _ = $0.seatsWithLostStores.insert(node.seat) }
            node.replaceDisk(by: nil)
        }
        later(.clone) { node in
            guard let copy = node.disk.durable else { return }
            world.count(.cloned)
            let clone = SimulatedNode(world, seat: node.seat, network: network, durable: copy)
            clone.start()
            world.loop.call(in: lots.draw { $0.span(1_000...60_000) }) { clone.retire() }
        }
    }

    private static func path(_ random: inout SeededRandom, _ world: SimulationWorld) -> SimulatedNetwork.Path {
        let from = random.within(0...world.plan.nodes - 1)
        let step = random.within(1...world.plan.nodes - 1)
        return SimulatedNetwork.Path(from: from, to: (from + step) % world.plan.nodes)
    }
}

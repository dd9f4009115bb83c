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
            let isForward = random.chance(50)
            // What was signed by a clock that stands ahead waits until then, and all tell each other their accounts
            // meanwhile: an hour ahead is ten runs' work, and seldom.
            let farthest: Int64 = isForward && !random.chance(6) ? 600_000 : 3_600_000
            let span = random.span(1_000...random.pick([60_000, 420_000, farthest]))
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
        each(.renewal, 1...2) { random in
            let node = random.pick(nodes)
            world.directory.renew(node.seat)
            let version = world.directory.newest
            world.note("version \(version) of the directory has new certificates of n\(node.seat)")
            for node in nodes {
                world.loop.call(in: random.span(0...40_000)) { node.install(directory: version) }
                world.whenHealed { node.install(directory: version) }
            }
            // Before some others know of it, or long after they seal to it.
            world.loop.call(in: random.span(0...40_000)) { node.renewKeys() }
            world.whenHealed { node.renewKeys() }
        }
        writeLosses()
    }

    /// What needs recovery: a store that is older than what its node signed, one that is gone, and two that go on from one.
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
                // What is healed stays so.
                guard world.isFaulty else { return }
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
        later(.lostWrites) { node in node.forget(writes: lots.draw { $0.within(1...MemoryDisk.forgettableWrites) }) }
        later(.tornWrite) { node in
            let backup = node.disk.durable
            world.loop.call(in: lots.draw { $0.span(1_000...60_000) }) {
                guard world.isFaulty else { return }
                node.tear(backup: backup)
            }
        }
        later(.clone) { node in
            guard node.disk.durable != nil else { return }
            world.witness.write { _ = $0.seatsWithClones.insert(node.seat) }
            let clone = SimulatedNode(world, seat: node.seat, network: network, cloneOf: node)
            clone.start()
            handIn(at: clone, lots)
            // Somebody finds it, at the latest when all is healed: no rule of the protocol ends it.
            world.whenHealed { clone.retire() }
            world.loop.call(in: lots.draw { $0.span(5_000...120_000) }) { clone.retire() }
        }
    }

    /// A part of the agency speaks to the clone, and does not know that it is one.
    private func handIn(at clone: SimulatedNode, _ lots: Lots) {
        let others = nodes.map(\.seat).filter { $0 != clone.seat }
        let assignments = (0..<lots.draw { $0.within(0...3) }).map { ordinal in
            lots.draw { random in
                let submission = History.Submission(
                    seat: clone.seat, key: "c\(clone.seat)-\(ordinal)",
                    recipients: others.shuffled(using: &random).prefix(random.within(1...2)).sorted(),
                    priority: random.pick(Priority.allCases), caseNumber: 2000 + clone.seat, isAtClone: true)
                let index = world.witness.write { history in
                    history.submissions.append(submission)
                    return history.submissions.count - 1
                }
                return SimulatedAgency.Assignment(
                    index: index, at: world.loop.now + random.span(100...20_000), submission: submission,
                    caseReference: CaseReference(random: random.bytes16()))
            }
        }
        SimulatedAgency(world, node: clone).take(assignments)
    }

    private static func path(_ random: inout SeededRandom, _ world: SimulationWorld) -> SimulatedNetwork.Path {
        let from = random.within(0...world.plan.nodes - 1)
        let step = random.within(1...world.plan.nodes - 1)
        return SimulatedNetwork.Path(from: from, to: (from + step) % world.plan.nodes)
    }
}

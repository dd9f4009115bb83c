package import ExchangeCore
import ExchangeStore

/// One run of several nodes, from its seed: unrest, then healing of a part, and what came of it.
package struct Simulation {
    /// What a run came to.
    package struct Outcome: Sendable {
        package let plan: SimulationPlan
        package let hash: TraceHash
        package let happenings: HappeningCounts
        package let violations: [Violation]
        package let tail: [String]
        package let jobs: Int
        /// The simulated time that it took.
        package let span: Milliseconds

        package init(
            plan: SimulationPlan, hash: TraceHash = TraceHash(), happenings: HappeningCounts = HappeningCounts(),
            violations: [Violation], tail: [String] = [], jobs: Int = 0, span: Milliseconds = .zero
        ) {
            self.plan = plan
            self.hash = hash
            self.happenings = happenings
            self.violations = violations
            self.tail = tail
            self.jobs = jobs
            self.span = span
        }

        func adding(_ violation: Violation) -> Outcome {
            Outcome(
                plan: plan, hash: hash, happenings: happenings, violations: violations + [violation], tail: tail,
                jobs: jobs, span: span)
        }
    }

    /// Within this time after the healing all is settled: the longest wait between two attempts is five minutes.
    private static let settlingMaximum = Milliseconds.minutes(20)
    /// A message that was signed by a clock that stood ahead waits until that time has come.
    private static let settlingMaximumAfterClockJump = Milliseconds.minutes(85)
    /// Within this time a healthy partner's receipt is there, whoever else is dead: with a second to find out that there is
    /// something to send, and each way at most 60 ms.
    private static let errandMaximum = Milliseconds.seconds(2)
    /// Before that is measured, what was lost in the unrest is given up by who waits for it, and each has called each.
    private static let calmMinimum =
        ProtocolLimits.requestTimeout + ProtocolLimits.tallyInterval + .seconds(5)
    /// How often it is looked whether all is settled.
    private static let lookInterval = Milliseconds.seconds(2)

    private let world: SimulationWorld
    private let network: SimulatedNetwork
    private let nodes: [SimulatedNode]
    private let agencies: [SimulatedAgency]
    private let equivocator: Equivocator?

    /// Runs a plan on this thread.
    ///
    /// - Parameter keptLines: how much of its trace is kept.
    package static func run(
        _ plan: SimulationPlan, in community: SimulatedCommunity, keptLines: Int = Trace.lastLines
    ) -> Outcome {
        Simulation(SimulationWorld(plan, community, trace: Trace(keptLines: keptLines))).run()
    }

    private init(_ world: SimulationWorld) {
        self.world = world
        let network = SimulatedNetwork(world)
        let plan = world.plan
        // The last seats are of those that are no nodes like ours.
        var seats = Array(0..<plan.nodes)
        if plan.has(.deadPartner) { seats.removeLast() }
        var equivocator: Equivocator?
        if plan.has(.equivocation), let seat = seats.popLast() {
            equivocator = Equivocator(world, seat: seat, network: network)
        }
        nodes = seats.map { SimulatedNode(world, seat: $0, network: network) }
        for node in nodes { network.attach(node) }
        agencies = nodes.map { SimulatedAgency(world, node: $0) }
        self.network = network
        self.equivocator = equivocator
    }

    private func run() -> Outcome {
        if world.plan.has(.deadPartner) { world.count(.partnerDead) }
        for node in nodes { node.start() }
        for agency in agencies { agency.follow() }
        assign()
        FaultScript(world: world, network: network, nodes: nodes, agencies: agencies).write()
        equivocator?.begin(against: nodes.map(\.seat))
        world.loop.run(until: MonotonicTime(milliseconds: world.plan.unrest.count))
        let healed = heal()
        let settlement = Settlement(world: world, nodes: nodes, agencies: agencies, healed: healed)
        settle(settlement)
        if world.witness.history.unsettled.isEmpty, runErrands(among: healed) { settle(settlement) }
        let history = end(healed: healed)
        return Outcome(
            plan: world.plan, hash: world.trace.hash, happenings: world.happenings,
            violations: Checkers.violations(of: history), tail: world.trace.tail, jobs: world.loop.jobs,
            span: Milliseconds(world.loop.now.milliseconds))
    }

    // MARK: Unrest

    private func assign() {
        let lots = world.lots("assignments")
        let plan = world.plan
        let cases = max(1, plan.messages / 8)
        let references = (0..<cases).map { _ in CaseReference(random: lots.draw { $0.bytes16() }) }
        var assignments: [Int: [SimulatedAgency.Assignment]] = [:]
        for index in 0..<plan.messages {
            let assignment = lots.draw { random in
                let seat = random.pick(nodes).seat
                var others = (0..<plan.nodes).filter { $0 != seat && $0 != equivocator?.seat }
                others.shuffle(using: &random)
                let submission = History.Submission(
                    seat: seat, key: "s\(index)", recipients: others.prefix(random.within(1...3)).sorted(),
                    priority: random.pick(Priority.allCases), caseNumber: random.within(0...cases - 1))
                return SimulatedAgency.Assignment(
                    index: index, at: MonotonicTime(milliseconds: random.span(0...plan.unrest.count).count),
                    submission: submission, caseReference: references[submission.caseNumber])
            }
            world.witness.write { $0.submissions.append(assignment.submission) }
            assignments[assignment.submission.seat, default: []].append(assignment)
        }
        for agency in agencies {
            agency.take((assignments[agency.seat] ?? []).sorted { ($0.at, $0.index) < ($1.at, $1.index) })
        }
    }

    // MARK: Healing

    /// Ends all faults, but leaves some nodes broken: who was never there, and in some runs one more.
    ///
    /// - Returns: the seats that are healed.
    private func heal() -> [Int] {
        let lots = world.lots("healing")
        world.note("healing")
        world.heal()
        network.heal()
        var healed = nodes.map(\.seat)
        if nodes.count > 2, world.plan.has(.crash), lots.draw({ $0.chance(30) }), let last = nodes.last {
            last.retire()
            healed.removeLast()
            world.note("n\(last.seat) stays down")
        }
        for node in nodes where healed.contains(node.seat) {
            node.clock.ahead = .zero
            node.start()
        }
        for agency in agencies where healed.contains(agency.seat) { agency.releaseAll() }
        return healed
    }

    private func settle(_ settlement: Settlement) {
        let start = world.loop.now
        let bound = start + (world.plan.has(.clockJump) ? Self.settlingMaximumAfterClockJump : Self.settlingMaximum)
        var nextLook = start
        world.loop.run(until: bound) {
            guard world.loop.now >= nextLook else { return false }
            nextLook = world.loop.now + Self.lookInterval
            return settlement.open(atMost: 1).isEmpty
        }
        let open = settlement.open()
        world.witness.write { $0.unsettled = open }
        for line in open { world.note("not settled: \(line)") }
        world.note("settled after \(Milliseconds(world.loop.now.milliseconds - start.milliseconds).count) ms")
    }

    /// Each healed node tells one that is broken and one that is not: who is dead must delay nobody.
    ///
    /// - Returns: whether there was one to be run.
    private func runErrands(among healed: [Int]) -> Bool {
        let unreached = (0..<world.plan.nodes).first { !healed.contains($0) && $0 != equivocator?.seat }
        guard let broken = unreached, healed.count > 1 else { return false }
        let calm = MonotonicTime(milliseconds: world.plan.unrest.count) + Self.calmMinimum
        if world.loop.now < calm { world.loop.run(until: calm) }
        let lots = world.lots("errands")
        // Who was turned away by a fence tries again in its own time, which is another question.
        let fenced = world.witness.history.seatsFenced
        for (place, seat) in healed.enumerated() where !fenced.contains(seat) {
            let to = healed[(place + 1) % healed.count]
            let index = world.witness.write { history in
                history.submissions.append(
                    History.Submission(
                        seat: seat, key: "e\(seat)", recipients: [to, broken].sorted(), priority: .asap,
                        caseNumber: 1000 + seat))
                return history.submissions.count - 1
            }
            guard let agency = agencies.first(where: { $0.seat == seat }),
                let node = nodes.first(where: { $0.seat == seat })
            else { continue }
            let submission = world.witness.history.submissions[index]
            agency.take([
                SimulatedAgency.Assignment(
                    index: index, at: world.loop.now, submission: submission,
                    caseReference: CaseReference(random: lots.draw { $0.bytes16() }))
            ])
            let start = world.loop.now
            let partner = world.oin(to)
            let isThere = world.loop.run(until: start + Self.errandMaximum) {
                guard let id = world.witness.history.submissions[index].answers.first else { return false }
                return node.disk.durable?.deliveries(of: id).contains {
                    $0.key.partner == partner && $0.transport == .receipted
                } ?? false
            }
            let took = isThere ? Milliseconds(world.loop.now.milliseconds - start.milliseconds) : nil
            world.witness.write { $0.errands.append(History.Errand(from: seat, to: to, took: took)) }
            world.note("errand n\(seat) to n\(to): \(took.map { "\($0.count) ms" } ?? "too late")")
        }
        return true
    }

    // MARK: The end

    private func end(healed: [Int]) -> History {
        let moment = world.loop.now
        world.isOver = true
        for node in nodes { node.retire() }
        // What still waits finds out that the run is over.
        world.loop.run(until: world.loop.now + .minutes(10))
        var history = world.witness.history
        let reader = DiskReader(world: world)
        for seat in 0..<world.plan.nodes {
            let store = nodes.first { $0.seat == seat }?.disk.durable
            history.ends.append(store.map { reader.read($0, of: seat, isHealed: healed.contains(seat), at: moment) })
        }
        world.count(.duplicateAnswered, reader.duplicates(nodes.compactMap(\.disk.durable)))
        for end in history.ends.compactMap(\.self) {
            world.count(.escalated, end.owed.count { !$0.steps.isEmpty })
            world.count(.unreachable, end.alarms.count { $0.code == .partnerUnreachable })
            world.count(.refused, end.incoming.values.reduce(0) { $0 + $1.count { $0.answer == .refusal } })
        }
        return history
    }
}

import ExchangeCore
import Synchronization

/// What all parts of one run share: its plan, its time, its lots, and what is written down of it.
final class SimulationWorld: Sendable {
    let plan: SimulationPlan
    let community: SimulatedCommunity
    let directory: SimulatedDirectory
    let loop: SimulationLoop
    let trace: Trace
    let witness: Witness
    private let counts = Mutex(HappeningCounts())
    private let faulty = Mutex(true)
    private let over = Mutex(false)
    private let atHealing = Mutex<[@Sendable () -> Void]>([])

    init(_ plan: SimulationPlan, _ community: SimulatedCommunity, trace: Trace) {
        self.plan = plan
        self.trace = trace
        self.community = community
        directory = SimulatedDirectory(community, nodes: plan.nodes)
        loop = SimulationLoop(SeededRandom(seed: plan.seed, for: "order"))
        let seats = community.seats.prefix(plan.nodes).map(\.party.oin).enumerated().map { ($1, $0) }
        witness = Witness(trace: trace, seats: Dictionary(uniqueKeysWithValues: seats))
    }

    /// Lots for one purpose.
    func lots(_ purpose: String) -> Lots { Lots(SeededRandom(seed: plan.seed, for: purpose)) }

    func oin(_ seat: Int) -> OIN { community.seats[seat].party.oin }

    func note(_ text: String) { trace.note(loop.now, text) }

    func count(_ happening: Happening, _ times: Int = 1) { counts.withLock { $0[happening] += times } }
    var happenings: HappeningCounts { counts.withLock(\.self) }

    /// Whether faults are still drawn.
    private(set) var isFaulty: Bool {
        get { faulty.withLock(\.self) }
        set { faulty.withLock { $0 = newValue } }
    }

    /// Has something be done when all is healed.
    func whenHealed(_ body: @escaping @Sendable () -> Void) { atHealing.withLock { $0.append(body) } }

    /// No fault is drawn any more, and those that last end.
    func heal() {
        isFaulty = false
        let bodies = atHealing.withLock { bodies in
            defer { bodies = [] }
            return bodies
        }
        for body in bodies { body() }
    }

    /// Whether the run is over: whoever looks after something in a loop is to end.
    var isOver: Bool {
        get { over.withLock(\.self) }
        set { over.withLock { $0 = newValue } }
    }
}

import ExchangeCore

/// Makes a run that fails smaller while it still breaks the same rule: without kinds of faults, with fewer messages, with
/// fewer nodes, and with less time.
package struct Minimiser {
    private let run: (SimulationPlan) -> Simulation.Outcome
    private let rules: Set<String>
    package private(set) var smallest: Simulation.Outcome
    /// How many runs it took.
    package private(set) var runs = 0

    package init(_ failure: Simulation.Outcome, run: @escaping (SimulationPlan) -> Simulation.Outcome) {
        self.run = run
        rules = Set(failure.violations.map(\.rule))
        smallest = failure
    }

    package mutating func minimise() {
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for plan in smallerPlans(than: smallest.plan) {
                runs += 1
                let outcome = run(plan)
                guard outcome.violations.contains(where: { rules.contains($0.rule) }) else { continue }
                smallest = outcome
                isSmaller = true
                break
            }
        }
    }

    private func smallerPlans(than plan: SimulationPlan) -> [SimulationPlan] {
        func changed(_ body: (inout SimulationPlan) -> Void) -> SimulationPlan {
            var smaller = plan
            body(&smaller)
            return smaller
        }
        var plans = FaultKind.allCases.filter(plan.has).map { kind in changed { $0.faults.remove(kind) } }
        for messages in [plan.messages / 2, plan.messages - 1] where messages > 0 && messages < plan.messages {
            plans.append(changed { $0.messages = messages })
        }
        if plan.nodes > SimulationPlan.nodesRange.lowerBound { plans.append(changed { $0.nodes -= 1 }) }
        let half = plan.unrest.count / 2
        if half >= 1000 { plans.append(changed { $0.unrest = .init(half) }) }
        return plans
    }
}

import ExchangeTesting
import Foundation
import Testing

@Suite struct SeedTests {
    @Test func `three nodes without faults tell each other everything`() async throws {
        let community = try await SimulatedCommunity.make()
        var plan = SimulationPlan(seed: 1, nodes: 3)
        plan.faults = []
        let outcome = Simulation.run(plan, in: community)
        #expect(outcome.violations == [], "\(outcome.tail.joined(separator: "\n"))")
        print(outcome.hash, outcome.jobs, outcome.span)
    }
}

import ExchangeCore
import ExchangeTesting
import Foundation
import Testing

/// What the tests of whole runs share: making the keys takes seconds.
enum Shared {
    private static let task = Task { try await SimulatedCommunity.make() }

    static var community: SimulatedCommunity { get async throws { try await task.value } }

    static func value(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }
}

/// Runs what takes its thread for seconds on one of its own: there are as many for everybody's tasks as processors, and
/// those of other tests wait for them.
private func apart<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}

@Suite(.serialized) struct SeedTests {
    /// `make test` runs 2,000 beside these, when nothing else runs. `EXCHANGE_TEST_SEEDS` runs more, from
    /// `EXCHANGE_TEST_SEED` on.
    private static let seeds = Int(Shared.value("EXCHANGE_TEST_SEEDS") ?? 40)

    /// Seeds that each found a bug, planted or not (`docs/testing.md`): they run every time.
    private static let found: [UInt64] = [
        1, 2, 4, 5, 7, 10, 12, 13, 35, 37, 78, 86, 87, 149, 1441,
    ]

    @Test func `three nodes without faults tell each other everything`() async throws {
        var quiet = SimulationPlan(seed: 1, nodes: 3)
        quiet.faults = []
        let (plan, community) = (quiet, try await Shared.community)
        let outcome = await apart { Simulation.run(plan, in: community) }
        #expect(outcome.violations == [], "\(outcome.tail.joined(separator: "\n"))")
        #expect(outcome.happenings[.handedOver] > 0)
    }

    @Test(arguments: found) func `a seed that found a planted bug breaks no rule`(seed: UInt64) async throws {
        let community = try await Shared.community
        let outcome = await apart { Simulation.run(SimulationPlan(seed: seed), in: community) }
        #expect(outcome.violations == [], "exchange-lab simulate --replay \(seed)")
    }

    @Test func `many seeds break no rule`() async throws {
        // The same each time, so that what others changed is not held up by what nobody did; `make simulate` draws on.
        let first = Shared.value("EXCHANGE_TEST_SEED") ?? 1
        print("simulated from EXCHANGE_TEST_SEED=\(first)")
        let range = SeedRange(first: first, count: Self.seeds, nodes: nil, in: try await Shared.community)
        let report = await apart { range.run() }
        let seed = report.failure?.plan.seed ?? 0
        #expect(report.failure?.violations ?? [] == [], "exchange-lab simulate --replay \(seed)")
        #expect(report.failure != nil || report.seeds == Self.seeds)
    }

    @Test func `one seed gives one trace, and another gives another`() async throws {
        let community = try await Shared.community
        let hashes = await apart { [11, 11, 12].map { Simulation.run(SimulationPlan(seed: $0), in: community).hash } }
        #expect(hashes[0] == hashes[1])
        #expect(hashes[1] != hashes[2])
    }

    @Test func `a run that fails is made as small as it can be while it fails`() async throws {
        // Whatever the fault, a run with more than one message "fails" here: what is left is what it takes.
        func outcome(_ plan: SimulationPlan) -> Simulation.Outcome {
            Simulation.Outcome(
                plan: plan,
                violations: plan.messages > 1 && plan.has(.crash)
                    ? [Violation(rule: "a rule", objection: "an objection")] : [])
        }
        var plan = SimulationPlan(seed: 1, nodes: 8)
        plan.faults = Set(FaultKind.allCases)
        var minimiser = Minimiser(outcome(plan), run: outcome)
        minimiser.minimise()
        #expect(minimiser.smallest.plan.faults == [.crash])
        #expect(minimiser.smallest.plan.messages == 2)
        #expect(minimiser.smallest.plan.nodes == 3)
        #expect(minimiser.smallest.violations.count == 1)
    }

    @Test func `every kind of fault is drawn, and has something that it brings`() {
        let drawn = (1...500).reduce(into: Set<FaultKind>()) { $0.formUnion(SimulationPlan(seed: $1).faults) }
        #expect(drawn == Set(FaultKind.allCases))
        #expect(Set(Happening.allCases.compactMap(\.kind)) == Set(FaultKind.allCases))
    }
}

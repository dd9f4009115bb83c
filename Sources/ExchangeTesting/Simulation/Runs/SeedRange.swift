import ExchangeCore
import Foundation
import SignalExchange
import Synchronization

/// Runs many seeds, on as many threads as there are processors: each has its own simulation, and they share only keys.
package struct SeedRange: Sendable {
    /// One seed in so many is run twice, and must give the same trace.
    private static let repeatedEvery: UInt64 = 100
    private static let progressInterval = Milliseconds.seconds(5)

    package let first: UInt64
    package let count: Int
    /// `nil` where each seed says how many nodes there are.
    package let nodes: Int?
    private let community: SimulatedCommunity

    package init(first: UInt64, count: Int, nodes: Int?, in community: SimulatedCommunity) {
        self.first = first
        self.count = count
        self.nodes = nodes
        self.community = community
    }

    package struct Report: Sendable {
        package var seeds = 0
        package var repeated = 0
        package var happenings = HappeningCounts()
        /// The first that was found, where there is one.
        package var failure: Simulation.Outcome?
        package var milliseconds: Int64 = 0

        package var seedsPerSecond: Double { Double(seeds) / max(Double(milliseconds) / 1000, 0.001) }
    }

    package func plan(of seed: UInt64) -> SimulationPlan { SimulationPlan(seed: seed, nodes: nodes) }

    /// Runs until all seeds have been run, or one fails.
    ///
    /// - Parameter progress: told now and then, and once in the end.
    package func run(progress: @escaping @Sendable (Report) -> Void = { _ in }) -> Report {
        let clock = NodeClock()
        let report = Mutex(Report())
        let next = Mutex((index: 0, told: clock.now.monotonic))
        DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
            while let seed = next.withLock({ next -> UInt64? in
                guard next.index < count, report.withLock({ $0.failure == nil }) else { return nil }
                defer { next.index += 1 }
                return first + UInt64(next.index)
            }) {
                let outcome = judge(seed)
                let now = clock.now.monotonic
                let told = report.withLock { report in
                    report.seeds += 1
                    if seed % Self.repeatedEvery == 0 { report.repeated += 1 }
                    report.happenings.add(outcome.happenings)
                    if !outcome.violations.isEmpty, report.failure == nil { report.failure = outcome }
                    report.milliseconds = now.milliseconds
                    return report
                }
                let isDue = next.withLock { next in
                    guard now >= next.told + Self.progressInterval else { return false }
                    next.told = now
                    return true
                }
                if isDue { progress(told) }
            }
        }
        let final = report.withLock(\.self)
        progress(final)
        return final
    }

    private func judge(_ seed: UInt64) -> Simulation.Outcome {
        let outcome = Simulation.run(plan(of: seed), in: community)
        guard seed % Self.repeatedEvery == 0 else { return outcome }
        let again = Simulation.run(plan(of: seed), in: community)
        return again.hash == outcome.hash
            ? outcome
            : outcome.adding(
                Violation(
                    rule: "one seed is one schedule",
                    objection: "trace \(outcome.hash), and \(again.hash) the second time"))
    }
}

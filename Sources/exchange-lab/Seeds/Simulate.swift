import ArgumentParser
import ExchangeCore
import ExchangeTesting
import Foundation

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs several nodes in one thread, over a network and disks that fail.",
        discussion: """
            Each seed is one run: 3 to 8 nodes with their real runtime and real
            cryptography, and a schedule of faults. First anything may fail; then
            a part is healed, and everything between the healed nodes has to
            settle. Rules that know nothing of a node's inside judge what agencies
            were told and handed, what went over the wire, and what the disks hold.

            A seed that fails is made smaller as long as it fails, and printed with
            the command that runs it again.

            EXIT CODES
              0  no rule was broken, and every fault happened
              1  a rule was broken, or of 200 seeds and more a fault never happened
              64 the command line is wrong

            EXAMPLE
              exchange-lab simulate --seeds 1000
              exchange-lab simulate --replay 4711
              exchange-lab simulate --replay 4711 --messages 2 --faults crash,hold
            """)

    /// Of fewer seeds nothing can be said of what never happened.
    private static let seedsForCounters = 200

    @Option(name: .long, help: "How many seeds to run.")
    var seeds = 200
    @Option(name: .long, help: "The first seed.")
    var first: UInt64 = 1
    @Option(name: .long, help: "As many nodes in each run, 3 to 8.")
    var nodes: Int?
    @Option(name: .long, help: "Run this seed alone, and print its trace.")
    var replay: UInt64?
    @Option(name: .long, help: "In a replay, as many messages as this.")
    var messages: Int?
    @Option(name: .long, help: "In a replay, so long a time of unrest, in ms.")
    var unrest: Int64?
    @Option(name: .long, help: "In a replay, these faults alone, with commas; or none.")
    var faults: String?

    @Flag(name: .customLong("as-found"), help: "Do not make a seed that fails smaller.")
    var asFound = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds: run at least one") }
        if replay == nil, messages != nil || unrest != nil || faults != nil {
            throw ValidationError("--messages, --unrest and --faults: change one seed, with --replay")
        }
        if let messages, messages < 1 { throw ValidationError("--messages: at least one") }
        if let unrest, unrest < 1 { throw ValidationError("--unrest: at least one ms") }
        _ = try chosenFaults()
        if let nodes, !SimulationPlan.nodesRange.contains(nodes) {
            throw ValidationError(
                "--nodes: \(SimulationPlan.nodesRange.lowerBound) to \(SimulationPlan.nodesRange.upperBound)")
        }
    }

    private func chosenFaults() throws -> Set<ExchangeTesting.FaultKind>? {
        guard let faults, faults != "none" else { return faults.map { _ in [] } }
        return Set(
            try faults.split(separator: ",").map { name in
                guard let kind = ExchangeTesting.FaultKind(rawValue: String(name)) else {
                    throw ValidationError("--faults: there is no \(name); see docs/testing.md")
                }
                return kind
            })
    }

    func run() async throws {
        let community = try await SimulatedCommunity.make()
        let range = SeedRange(
            first: replay ?? first, count: replay == nil ? seeds : 1, nodes: nodes, in: community)
        throw ExitCode(replay == nil ? run(range, in: community) : show(try replayed(range), in: community))
    }

    private func run(_ range: SeedRange, in community: SimulatedCommunity) -> Int32 {
        say("seeds \(range.first) to \(range.first + UInt64(range.count - 1))")
        let report = range.run { report in
            say(
                "  \(report.seeds) seeds, \(report.seedsPerSecond.formatted(.number.precision(.fractionLength(1)))) a second"
            )
        }
        if let failure = report.failure { return tell(failure, in: community) }
        say("\nwhat really happened")
        for happening in Happening.allCases {
            say(
                "  \(happening.rawValue.padding(toLength: 48, withPad: " ", startingAt: 0)) \(report.happenings[happening])"
            )
        }
        say("\n\(report.seeds) seeds broke no rule; \(report.repeated) of them ran twice and gave the same trace")
        let missing = report.happenings.missing
        guard report.seeds >= Self.seedsForCounters, !missing.isEmpty else { return 0 }
        say("but these never happened: \(missing.map(\.rawValue).joined(separator: ", "))")
        return 1
    }

    private func replayed(_ range: SeedRange) throws -> SimulationPlan {
        var plan = range.plan(of: range.first)
        if let messages { plan.messages = messages }
        if let unrest { plan.unrest = Milliseconds(unrest) }
        if let faults = try chosenFaults() { plan.faults = faults }
        return plan
    }

    private func show(_ plan: SimulationPlan, in community: SimulatedCommunity) -> Int32 {
        let outcome = Simulation.run(plan, in: community, keptLines: .max)
        for line in outcome.tail { say(line) }
        say("\n\(describe(outcome.plan))\ntrace \(outcome.hash), \(outcome.span.count / 1000) s of simulated time")
        for violation in outcome.violations { say("BROKEN \(violation)") }
        return outcome.violations.isEmpty ? 0 : 1
    }

    private func tell(_ failure: Simulation.Outcome, in community: SimulatedCommunity) -> Int32 {
        say("\nseed \(failure.plan.seed) broke a rule")
        for violation in failure.violations { say("  \(violation)") }
        say("\nagain: exchange-lab simulate --replay \(failure.plan.seed)\(nodes.map { " --nodes \($0)" } ?? "")")
        guard !asFound else { return 1 }
        say("\nmade smaller …")
        var minimiser = Minimiser(failure) { Simulation.run($0, in: community) }
        minimiser.minimise()
        let smallest = minimiser.smallest
        say("after \(minimiser.runs) runs: \(describe(smallest.plan))")
        for violation in smallest.violations { say("  \(violation)") }
        say("\nagain: exchange-lab simulate \(replay(of: smallest.plan))")
        say("\nthe end of its trace")
        for line in smallest.tail.suffix(80) { say("  \(line)") }
        return 1
    }

    /// The arguments that run a plan again.
    private func replay(of plan: SimulationPlan) -> String {
        "--replay \(plan.seed) --nodes \(plan.nodes) --messages \(plan.messages) --unrest \(plan.unrest.count) --faults "
            + (plan.faultNames.isEmpty ? "none" : plan.faultNames.joined(separator: ","))
    }

    private func describe(_ plan: SimulationPlan) -> String {
        "\(plan.nodes) nodes, \(plan.messages) messages, \(plan.unrest.count / 1000) s of unrest with "
            + (plan.faultNames.isEmpty ? "no faults" : plan.faultNames.joined(separator: ", "))
    }

    /// At once, also into a file or a pipe: a run may take hours.
    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

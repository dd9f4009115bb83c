package import ExchangeCore

/// What a run is made of: drawn from its seed, and made smaller where a failure is looked for.
package struct SimulationPlan: Hashable, Sendable {
    package static let nodesRange = 3...8

    package let seed: UInt64
    package var nodes: Int
    /// How many submissions the agencies make.
    package var messages: Int
    package var faults: Set<FaultKind>
    /// How long faults are drawn and submissions made.
    package var unrest: Milliseconds
    /// In percent, where their kinds are among the faults.
    package var lossPercent: Int
    package var duplicationPercent: Int
    package var delayPercent: Int

    /// - Parameter nodes: `nil` where the seed says how many.
    package init(seed: UInt64, nodes: Int? = nil) {
        var random = SeededRandom(seed: seed, for: "plan")
        self.seed = seed
        // Many small runs find more than few large ones: the accounts that nodes exchange grow with the square of them.
        let drawn = random.pick([3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 6, 7, 8])
        self.nodes = nodes ?? drawn
        messages = random.within(2...14)
        unrest = .seconds(Int64(random.within(15...80)))
        lossPercent = random.within(1...30)
        duplicationPercent = random.within(1...50)
        delayPercent = random.within(5...40)
        // Some runs are quiet, and most have several kinds at once: what fails only together is found so too.
        let share = random.pick([0, 20, 40, 60])
        faults = []
        for kind in FaultKind.allCases where random.chance(share) { faults.insert(kind) }
        // Each of these costs simulated time, or a node: not in every run.
        for kind in [
            FaultKind.clockJump, .deadPartner, .equivocation, .restore, .diskLoss, .lostWrites, .tornWrite, .clone,
        ]
        where !random.chance(50) {
            faults.remove(kind)
        }
    }

    package func has(_ kind: FaultKind) -> Bool { faults.contains(kind) }

    /// In the order of ``FaultKind``.
    package var faultNames: [String] { FaultKind.allCases.filter(has).map(\.rawValue) }
}

import ExchangeCore
import Foundation

/// What a chaos run does, from beginning to end.
struct ChaosPlan: Sendable {
    /// Determines what each agency submits and what each source of faults draws. Processes and disks have their own time,
    /// so that a seed repeats the draws and not every interleaving.
    let seed: UInt64
    let nodeCount: Int
    let kills: Int
    /// How often each fault of disks happens.
    let diskFaults: Int
    /// Whether disks can be full here.
    let canFillDisks: Bool
    /// After which no more faults are begun, whether all kills have happened or not.
    let maximum: Milliseconds
    /// Records whose text is sent; the example where there is none.
    let records: URL?
    /// The folder that was named for them.
    let dataFolder: String?
    /// Where the report goes.
    let report: URL?

    /// The command that does the same again.
    var command: String {
        var words = [
            "exchange-lab chaos --seed \(seed) --nodes \(nodeCount) --kills \(kills) --disk-faults \(diskFaults)"
        ]
        if let dataFolder { words.append("--data \(dataFolder)") }
        return words.joined(separator: " ")
    }

    /// Faults of disks that are asked for and can be had.
    var kindsOfDisks: [FaultKind] {
        diskFaults == 0 ? [] : FaultKind.ofDisks.filter { $0 != .fullDisk || canFillDisks }
    }
    /// All that is to happen.
    var kinds: [FaultKind] {
        FaultKind.allCases.filter { !FaultKind.ofDisks.contains($0) || kindsOfDisks.contains($0) }
    }

    /// Killed at once; at least one node is left alone.
    var killersCount: Int { max(1, min(3, nodeCount - 1)) }
    /// Ways that are in trouble at once.
    var troublersCount: Int { max(1, min(3, nodeCount - 1)) }

    /// Between two messages of one agency: about eight messages a second of all of them, which a debug build on two cores
    /// carries while it starts nodes.
    var pauseMaximum: Milliseconds { Milliseconds(240 * Int64(nodeCount)) }

    /// How long everything may take to come to rest. The retry of a partner that was away for long waits 5 minutes at most,
    /// and every sign of life cuts that short.
    var settlementMaximum: Milliseconds { .minutes(6) }
}

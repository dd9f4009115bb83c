import ExchangeCore
import Foundation

/// What a run does, from beginning to end.
struct DisasterPlan: Sendable {
    /// Determines to whom what happens, and what each agency submits. Processes and disks have their own time.
    let seed: UInt64
    let nodeCount: Int
    /// How long agencies work before the backup, between it and the disaster, and after that.
    let work: Milliseconds
    /// Where the report goes.
    let report: URL?

    /// The command that does the same again.
    var command: String {
        "exchange-lab disaster --seed \(seed) --nodes \(nodeCount) --seconds \(work.count / 1000)"
    }

    /// Between two messages of one agency.
    var pauseMaximum: Milliseconds { Milliseconds(240 * Int64(nodeCount)) }

    /// How long everything may take to come to rest.
    var settlementMaximum: Milliseconds { .minutes(4) }
}

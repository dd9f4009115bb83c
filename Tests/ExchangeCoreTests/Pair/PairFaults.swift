import ExchangeCore

/// How often the world misbehaves, in percent.
struct PairFaults {
    var lostPercent = 8
    var duplicatedPercent = 8
    var slowPercent = 8
    var crashPercent = 1
    var laterPercent = 3
    /// Faults stop here; what was accepted must then arrive.
    var endAt: Int64 = 90_000

    static let none = PairFaults(
        lostPercent: 0, duplicatedPercent: 0, slowPercent: 0, crashPercent: 0, laterPercent: 0, endAt: 0)
}

/// What really happened in a run, or in many. A run in which a fault never occurs tests nothing of it.
enum PairEvent: String, CaseIterable {
    case requestLost, answerLost, duplicated, reordered, answerLate, requestTimedOut, connectionRefused
    case crashedBeforeCommit, crashedWithUnsyncedWrites, crashedAfterSync, writesLost
    case resubmitted, repeatedSubmission, duplicateAnswered, verdictChanged, answeredLater, answeredRefusal
    case twinRefused, held, released, withdrawn, withdrawnTooLate, voidNoted, voidRefused, heldNoted
    case waitedForPredecessor, statPassedPredecessor, unreachableAlarm, wokenBySignOfLife, incarnationSkipped
    case acknowledged, overtakenTally, tallyAnswered
}

struct PairCounts {
    private var counts: [PairEvent: Int] = [:]

    subscript(_ event: PairEvent) -> Int { counts[event, default: 0] }

    mutating func note(_ event: PairEvent) { counts[event, default: 0] += 1 }

    mutating func add(_ other: PairCounts) {
        for event in PairEvent.allCases { counts[event, default: 0] += other[event] }
    }

    var missing: [String] { PairEvent.allCases.filter { self[$0] == 0 }.map(\.rawValue) }

    var summary: String { PairEvent.allCases.map { "\($0.rawValue) \(self[$0])" }.joined(separator: ", ") }
}

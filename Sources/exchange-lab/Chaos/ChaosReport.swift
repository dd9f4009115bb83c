import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation

/// What a run has come to: as tables for people, and as JSON lines for the file that is kept.
struct ChaosReport: Sendable {
    let plan: ChaosPlan
    let tally: FaultTally
    let ledger: ChaosLedger
    let accounts: [NodeAccount]
    let proofs: Proofs.Outcome
    let verdict: Verdict
    /// Messages that were made twice because the key of the first was lost with a disk.
    let secondMessages: Int
    /// From the first message to the last fault.
    let chaos: Milliseconds
    /// From the last fault until every pair agreed.
    let settlement: Milliseconds

    var faults: Table {
        Table(
            head: ["fault", "begun", "happened"],
            rows: plan.kinds.map { kind in
                [kind.rawValue, "\(tally[kind].begun)", "\(tally[kind].happened)"]
            })
    }

    /// What was handed over and nobody has sent, but for what a disk took the key of.
    private var unexpectedCount: Int { max(0, Set(ledger.unexpected.map(\.message)).count - secondMessages) }

    var duplicates: Int64 { accounts.reduce(0) { $0 + $1.duplicates } }

    /// Accepted messages a second, while nodes were killed.
    var rate: Double { chaos.count == 0 ? 0 : Double(ledger.counts.accepted) * 1000 / Double(chaos.count) }

    var summary: [String] {
        let counts = ledger.counts
        return [
            "\(tally.kills) kills in \(chaos.seconds) s; everything at rest \(settlement.seconds) s after the last",
            "\(counts.accepted) messages accepted (\((rate * 10).rounded() / 10)/s), \(ledger.owed.count) deliveries, "
                + "\(ledger.answers.count) taken by people, \(counts.unanswered) submissions without an answer and handed in again",
            "lost \(ledger.lost.count), unexpected \(unexpectedCount), handed over again after it was confirmed "
                + "\(counts.handedTwice) without and \(counts.flaggedAgain) with the flag that says so",
            "\(counts.handedInAgain) messages were lost with a disk before anybody else had them, and handed in again; "
                + "\(secondMessages) came twice because their key was lost; \(counts.stepsAgain) messages were taken again",
            "\(counts.cameAgain) entries came again before that, \(duplicates) messages came again between nodes",
            "\(proofs.verified) receipts verified by the openssl command",
        ]
    }

    /// One object a line: the run, its faults, its nodes, what was found.
    func write(to file: URL) throws {
        let counts = ledger.counts
        var lines: [JSONValue] = [
            [
                "run": "chaos", "seed": .string(String(plan.seed)), "command": .string(plan.command),
                "nodes": .integer(Int64(plan.nodeCount)), "kills": .integer(Int64(tally.kills)),
                "chaosMilliseconds": .integer(chaos.count), "settlementMilliseconds": .integer(settlement.count),
                "accepted": .integer(Int64(counts.accepted)), "deliveries": .integer(Int64(ledger.owed.count)),
                "answers": .integer(Int64(ledger.answers.count)),
                "messagesPerMinute": .integer(Int64((rate * 60).rounded())),
                "unanswered": .integer(Int64(counts.unanswered)), "repeated": .integer(Int64(counts.repeated)),
                "cameAgain": .integer(Int64(counts.cameAgain)), "duplicatesBetweenNodes": .integer(duplicates),
            ]
        ]
        lines += plan.kinds.map { kind in
            [
                "fault": .string(kind.rawValue), "begun": .integer(Int64(tally[kind].begun)),
                "happened": .integer(Int64(tally[kind].happened)),
            ]
        }
        lines += accounts.map { account in
            [
                "node": .string(account.node.member.slug), "starts": .integer(Int64(account.runs)),
                "issued": .integer(account.issued), "received": .integer(account.received),
                "receipts": .integer(account.receipts), "retries": .integer(account.retries),
                "duplicates": .integer(account.duplicates), "tallies": .integer(Int64(account.agreeing)),
                "auditLeaves": account.auditLeaves.map { .integer($0) } ?? .null,
            ]
        }
        lines.append([
            "good": .bool(verdict.isGood), "lost": .integer(Int64(ledger.lost.count)),
            "unexpected": .integer(Int64(unexpectedCount)),
            "handedTwice": .integer(Int64(counts.handedTwice)), "flaggedAgain": .integer(Int64(counts.flaggedAgain)),
            "handedInAgain": .integer(Int64(counts.handedInAgain)), "secondMessages": .integer(Int64(secondMessages)),
            "stepsAgain": .integer(Int64(counts.stepsAgain)), "verified": .integer(Int64(proofs.verified)),
            "shortfalls": .array(verdict.shortfalls.prefix(ReportFile.shortfallsMaximum).map { .string($0) }),
        ])
        try ReportFile.write(lines, to: file)
    }
}

import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation

/// What a run has come to: the ledger for people, and JSON lines for the file that is kept.
struct DisasterReport: Sendable {
    let plan: DisasterPlan
    let cast: DisasterRun.Cast
    let ledger: ChaosLedger
    let accounts: [NodeAccount]
    let proofs: Proofs.Outcome
    /// How many partners turned the copy away.
    let fencing: Int
    /// Messages that were made twice because the answer to the first was lost with the disk.
    let lostAnswers: Int
    let verdict: Verdict

    /// How far each pair's lists agree, by who sends and who receives.
    var pairs: Table {
        Table(
            head: ["sent by"] + accounts.map { "to " + $0.node.member.slug },
            rows: accounts.map { account in
                [account.node.member.name]
                    + accounts.map { other in
                        account.partners.first { $0.oin == other.node.member.oin }?.outgoing ?? "-"
                    }
            })
    }

    var summary: [String] {
        let counts = ledger.counts
        return [
            "\(cast.wiped.member.name) lost its disk, \(cast.restored.member.name) got its backup back, of "
                + "\(cast.cloned.member.name) a copy ran beside it",
            "\(counts.accepted) messages accepted, \(ledger.owed.count) deliveries, lost \(ledger.lost.count), handed over again "
                + "\(counts.handedTwice) without and \(counts.flaggedAgain) with the flag that says so",
            "\(counts.handedInAgain) messages were lost with the disks of all who had them, and handed in again; \(lostAnswers) came "
                + "twice because the answer was lost with the disk",
            "the copy was turned away by \(fencing) of \(accounts.count - 1) partners",
            "\(proofs.verified) receipts verified by the openssl command",
        ]
    }

    /// One object a line: the run, its nodes, what was found.
    func write(to file: URL) throws {
        let counts = ledger.counts
        var lines: [JSONValue] = [
            [
                "run": "disaster", "seed": .string(String(plan.seed)), "command": .string(plan.command),
                "nodes": .integer(Int64(plan.nodeCount)), "wiped": .string(cast.wiped.member.slug),
                "restored": .string(cast.restored.member.slug), "cloned": .string(cast.cloned.member.slug),
                "accepted": .integer(Int64(counts.accepted)), "deliveries": .integer(Int64(ledger.owed.count)),
            ]
        ]
        lines += accounts.map { account in
            [
                "node": .string(account.node.member.slug), "issued": .integer(account.issued),
                "received": .integer(account.received), "receipts": .integer(account.receipts),
                "tallies": .integer(Int64(account.agreeing)),
                "auditLeaves": account.auditLeaves.map { .integer($0) } ?? .null,
                "alarms": .array(account.alarms.map { .string($0.code) }),
            ]
        }
        lines.append([
            "good": .bool(verdict.isGood), "lost": .integer(Int64(ledger.lost.count)),
            "handedTwice": .integer(Int64(counts.handedTwice)), "flaggedAgain": .integer(Int64(counts.flaggedAgain)),
            "handedInAgain": .integer(Int64(counts.handedInAgain)), "lostAnswers": .integer(Int64(lostAnswers)),
            "fencedBy": .integer(Int64(fencing)), "verified": .integer(Int64(proofs.verified)),
            "shortfalls": .array(verdict.shortfalls.prefix(ReportFile.shortfallsMaximum).map { .string($0) }),
        ])
        try ReportFile.write(lines, to: file)
    }
}

extension Verdict {
    /// What agencies were told holds although three nodes lost what they had.
    ///
    /// - Returns: how many messages were made twice: the first was accepted and sent, and its answer was lost with the disk.
    mutating func judge(
        _ ledger: ChaosLedger, after cast: DisasterRun.Cast, accounts: [NodeAccount]
    ) -> Int {
        for duty in ledger.lost.sorted(by: { ($0.message, $0.recipient.text) < ($1.message, $1.recipient.text) }) {
            demand(false, "\(duty.message) was accepted, and never handed over to \(duty.recipient)")
        }
        add(ledger.complaints)
        // An agency has one submission under way, so that each disk took one answer with it at most.
        let struck = accounts.filter { [cast.wiped, cast.restored].map(\.member.oin).contains($0.node.member.oin) }
        let theirs = Set(struck.flatMap(\.deliveries).map(\.messageID.description))
        let twice = Set(ledger.unexpected.map(\.message))
        for message in twice.subtracting(theirs).sorted() {
            demand(false, "\(message) was sent by nobody, and handed over")
        }
        demand(
            twice.count <= struck.count,
            "\(twice.count) messages came twice; an answer was lost at \(struck.count) nodes")
        judgeAlarms(after: cast, accounts: accounts)
        return twice.count
    }

    /// Who lost something says so, and who saw it says so; nothing else stands.
    private mutating func judgeAlarms(after cast: DisasterRun.Cast, accounts: [NodeAccount]) {
        let seen: Set<AlarmCode> = [
            .storeRolledBack, .storePutBack, .partnerRolledBack, .partnerCloned, .partnerHistoryUnproven, .nodeFenced,
        ]
        for account in accounts {
            for alarm in account.alarms where !seen.map(\.rawValue).contains(alarm.code) {
                demand(false, "\(account.node.member.slug): the alarm \(alarm.code) is open: \(alarm.detail)")
            }
            let isWiped = account.node.member.oin == cast.wiped.member.oin
            let isSaid = account.alarms.contains { $0.code == AlarmCode.storeRolledBack.rawValue }
            demand(!isWiped || isSaid, "\(account.node.member.slug) lost its disk, and does not say so")
        }
    }
}

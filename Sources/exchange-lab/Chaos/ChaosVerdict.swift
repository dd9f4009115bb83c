import ExchangeCore
import ExchangeTesting

extension Verdict {
    /// What the agencies were told holds: nothing is lost, nothing came from nowhere, and nothing twice but what a restored disk
    /// explains.
    ///
    /// - Returns: how many messages were made twice, because the key of the first was lost with the disk.
    mutating func judge(_ ledger: ChaosLedger, against accounts: [NodeAccount]) -> Int {
        judgeHandOver(ledger)
        let rows = accounts.flatMap(\.deliveries).filter {
            !Self.acknowledgements.contains($0.type) && $0.type != Self.lostType
        }
        let byDuty = Dictionary(
            rows.map { (ChaosLedger.Duty(message: $0.messageID.description, recipient: $0.recipient), $0) },
            uniquingKeysWith: { first, _ in first })
        let delivered = Set(byDuty.keys)
        // A submission that was handed in again and again has made one message.
        let extra = delivered.subtracting(ledger.owed).union(ledger.unexpected)
        let twice = Set(extra.map(\.message)).subtracting(ledger.replaced)
        judgeSecondMessages(twice, of: ledger, accounts: accounts)
        list(ledger.owed.subtracting(delivered), "was accepted, and is in no queue, for")
        for answer in ledger.answers {
            let told = byDuty[answer.duty]?.followUp
            demand(
                told == answer.followUp,
                "\(answer.duty.message) was \(answer.followUp.rawValue) by \(answer.duty.recipient), and its sender was told "
                    + (told?.rawValue ?? "nothing"))
        }
        // A step that was asked for again and again is one acknowledgement.
        for account in accounts {
            let node = account.node.member.oin
            let sent = Set(account.deliveries.filter { Self.acknowledgements.contains($0.type) }.map(\.messageID)).count
            let due = ledger.answers(by: node).reduce(0) { $0 + ($1.followUp == .concluded ? 2 : 1) }
            // A node that has forgotten a step is told it again.
            let holds = ledger.lossCount(of: node) == 0 ? sent == due : sent >= due
            demand(holds, "\(due) steps of people have made \(sent) acknowledgements at \(account.node.member.slug)")
        }
        return twice.count
    }

    /// Messages that nodes make of what people do; the types are those of the catalogue.
    private static let acknowledgements: Set = ["NOD-02", "NOD-03"]
    /// No message: what stands for a number that was lost with its message, and that the partner never received.
    private static let lostType = "NOD-00"

    /// Every fault has really happened, or the run has shown nothing of it.
    mutating func judge(_ tally: FaultTally, of plan: ChaosPlan) {
        for kind in plan.kinds {
            demand(tally[kind].happened > 0, "\(kind.rawValue) has happened to nobody: the run shows nothing of it")
        }
        demand(tally.kills >= plan.kills, "\(tally.kills) of \(plan.kills) kills happened in the time that there was")
    }

    private mutating func list(_ duties: Set<ChaosLedger.Duty>, _ what: String) {
        for duty in duties.sorted(by: { ($0.message, $0.recipient.text) < ($1.message, $1.recipient.text) }) {
            demand(false, "\(duty.message) \(what) \(duty.recipient)")
        }
    }
}

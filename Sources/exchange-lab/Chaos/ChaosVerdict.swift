import ExchangeCore
import ExchangeTesting

extension Verdict {
    /// What the agencies were told holds: nothing is lost, nothing came from nowhere, and nothing twice.
    mutating func judge(_ ledger: ChaosLedger, against accounts: [NodeAccount]) {
        list(ledger.lost, "was accepted, and never handed over to")
        list(ledger.unexpected, "was sent by nobody, and handed over to")
        add(ledger.complaints)
        let rows = accounts.flatMap(\.deliveries).filter { !Self.acknowledgements.contains($0.type) }
        let byDuty = Dictionary(
            rows.map { (ChaosLedger.Duty(message: $0.messageID.description, recipient: $0.recipient), $0) },
            uniquingKeysWith: { first, _ in first })
        let delivered = Set(byDuty.keys)
        // A submission that was handed in again and again has made one message.
        list(delivered.subtracting(ledger.owed), "is in a queue without having been accepted, for")
        list(ledger.owed.subtracting(delivered), "was accepted, and is in no queue, for")
        for answer in ledger.answers {
            let told = byDuty[answer.duty]?.followUp
            demand(
                told == answer.followUp,
                "\(answer.duty.message) was \(answer.followUp.rawValue) by \(answer.duty.recipient), and its sender was told "
                    + (told?.rawValue ?? "nothing"))
        }
        // A step that was asked for again and again is one acknowledgement.
        let sent = accounts.flatMap(\.deliveries).count { Self.acknowledgements.contains($0.type) }
        let due = ledger.answers.reduce(0) { $0 + ($1.followUp == .concluded ? 2 : 1) }
        demand(sent == due, "\(due) steps of people have made \(sent) acknowledgements")
    }

    /// Messages that nodes make of what people do; the types are those of the catalogue.
    private static let acknowledgements: Set = ["NOD-02", "NOD-03"]

    /// Every fault has really happened, or the run has shown nothing of it.
    mutating func judge(_ tally: FaultTally, of plan: ChaosPlan) {
        for kind in FaultKind.allCases {
            demand(tally[kind].happened > 0, "\(kind.rawValue) has happened to nobody: the run shows nothing of it")
        }
        demand(tally.kills >= plan.kills, "\(tally.kills) of \(plan.kills) kills happened in the time that there was")
    }

    /// A node that is killed and parted from others is neither rolled back nor cloned, and loses nothing: in the end no alarm
    /// stands.
    mutating func judgeAlarms(of accounts: [NodeAccount]) {
        for account in accounts {
            for alarm in account.alarms {
                demand(false, "\(account.node.member.slug): the alarm \(alarm.code) is open: \(alarm.detail)")
            }
        }
    }

    private mutating func list(_ duties: Set<ChaosLedger.Duty>, _ what: String) {
        for duty in duties.sorted(by: { ($0.message, $0.recipient.text) < ($1.message, $1.recipient.text) }) {
            demand(false, "\(duty.message) \(what) \(duty.recipient)")
        }
    }
}

import ExchangeCore
import ExchangeTesting

extension Verdict {
    /// Alarms by which nodes tell that one has lost what it had.
    private static let lossAlarms: Set<AlarmCode> = [
        .storeRolledBack, .storePutBack, .partnerRolledBack, .partnerCloned, .partnerHistoryUnproven,
    ]

    /// Nobody was left out, and nothing was said that must never be.
    mutating func judgeHandOver(_ ledger: ChaosLedger) {
        for duty in ledger.lost.sorted(by: { ($0.message, $0.recipient.text) < ($1.message, $1.recipient.text) }) {
            demand(false, "\(duty.message) was accepted, and never handed over to \(duty.recipient)")
        }
        add(ledger.complaints)
    }

    /// Messages of which the agencies know nothing were made twice under one key, because a disk took the key or the answer
    /// with it. An agency has one submission under way, so that there is one such at most a loss; and its node has lost
    /// something.
    mutating func judgeSecondMessages(_ messages: Set<String>, of ledger: ChaosLedger, accounts: [NodeAccount]) {
        let losers = accounts.filter { ledger.losers.contains($0.node.member.oin) }
        let theirs = losers.map { Set($0.deliveries.map(\.messageID.description)) }
        for message in messages.subtracting(theirs.joined()).sorted() {
            demand(false, "\(message) was sent by nobody, and handed over")
        }
        for (loser, own) in zip(losers, theirs) {
            let (count, losses) = (messages.intersection(own).count, ledger.lossCount(of: loser.node.member.oin))
            demand(
                count <= losses,
                "\(loser.node.member.slug) has lost what it had \(losses) times, and made \(count) messages twice")
        }
    }

    /// Who has lost something says so, and who saw it says so of that one; nothing else stands.
    ///
    /// - Parameter others: what may stand beside that.
    mutating func judgeAlarms(of accounts: [NodeAccount], losers: Set<OIN>, others: Set<AlarmCode> = []) {
        for account in accounts {
            for alarm in account.alarms where !isExplained(alarm, at: account, losers, others) {
                demand(
                    false,
                    "\(account.node.member.slug): the alarm \(alarm.code)\(alarm.partner.map { " of \($0)" } ?? "") is "
                        + "open: \(alarm.detail)")
            }
        }
    }

    private func isExplained(
        _ alarm: AlarmRow, at account: NodeAccount, _ losers: Set<OIN>, _ others: Set<AlarmCode>
    ) -> Bool {
        guard let code = AlarmCode(rawValue: alarm.code) else { return false }
        if others.contains(code) { return true }
        guard Self.lossAlarms.contains(code) else { return false }
        return code == .storeRolledBack || code == .storePutBack
            ? losers.contains(account.node.member.oin) : alarm.partner.map(losers.contains) == true
    }
}

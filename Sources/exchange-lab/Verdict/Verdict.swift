import ExchangeCore
import ExchangeTesting

/// Whether everybody was told, and everything can be proved; where not, what is missing.
struct Verdict: Sendable {
    private(set) var shortfalls: [String] = []

    var isGood: Bool { shortfalls.isEmpty }

    mutating func add(_ found: [String]) { shortfalls += found }

    /// Where one thing fails, the rest is done and shown all the same; only an interruption ends everything.
    @discardableResult
    mutating func collect<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch {
            try Task.checkCancellation()
            add(["\(error)"])
            return nil
        }
    }

    mutating func demand(_ holds: Bool, _ otherwise: @autoclosure () -> String) {
        if !holds { shortfalls.append(otherwise()) }
    }

    /// Every delivery is receipted and followed up, nothing is owed, every pair's books agree, and every audit chain is whole.
    ///
    /// - Parameter demandsFollowUp: whether people answer what their organisation receives.
    mutating func judge(_ accounts: [NodeAccount], demandsFollowUp: Bool) {
        for account in accounts {
            let name = account.node.member.name
            for row in account.unreceipted {
                demand(
                    false,
                    "\(name): \(row.type) \(row.messageID) to \(row.recipient) has no receipt: \(row.state.rawValue) "
                        + row.detail)
            }
            for row in account.deliveries where demandsFollowUp {
                demand(
                    row.isFollowedUp,
                    "\(name): L2 or L3 of \(row.type) \(row.messageID) by \(row.recipient) is missing")
            }
            if demandsFollowUp { judge(duties: account.obligations, account.alarms, of: name) }
            demand(account.gaps.isEmpty, "\(name): numbers are missing: \(account.gaps.joined(separator: ", "))")
            demand(account.auditLeaves != nil, "\(name): the audit chain is broken")
            for partner in account.partners {
                demand(
                    partner.agreesAtTheLastNumber,
                    "\(name): the tallies with \(partner.name) do not agree at the last number (sent "
                        + "\(partner.issued): \(partner.outgoing); received \(partner.received): \(partner.incoming))")
            }
        }
        compareBothSides(of: accounts)
    }

    /// Nothing is owed at a node, by its organisation or to it, and nobody is called for what is late.
    mutating func judge(duties: [ObligationRow], _ alarms: [AlarmRow], of name: String) {
        for owed in duties {
            demand(
                false,
                "\(name): \(owed.subject) on \(owed.type) \(owed.messageID) is owed by "
                    + (owed.debtor.map { "\($0)" } ?? "this organisation"))
        }
        for alarm in alarms where alarm.code == AlarmCode.acknowledgementOverdue.rawValue {
            demand(false, "\(name): an acknowledgement is still overdue: \(alarm.detail)")
        }
    }

    /// Each side of a pair speaks for itself; held together they must say the same.
    private mutating func compareBothSides(of accounts: [NodeAccount]) {
        for account in accounts {
            for partner in account.partners {
                // A node whose account is not to be had is missing in the verdict already.
                guard let other = accounts.first(where: { $0.node.member.oin == partner.oin }) else { continue }
                let received = other.partners.first { $0.oin == account.node.member.oin }?.received ?? 0
                demand(
                    received == partner.issued,
                    "\(account.node.member.name) issued \(partner.issued) numbers to \(partner.name), which received "
                        + "\(received)")
            }
        }
    }

    /// Each message went to those who had to be told, and what was to be declined was, and nothing else.
    mutating func judge(_ entries: [Board.Entry], against scenario: Scenario) {
        demand(
            entries.count == scenario.messages.count,
            "\(scenario.messages.count - entries.count) of \(scenario.messages.count) messages were not sent")
        for entry in entries {
            let addressed = Cast.allCases.filter { entry.delivery(to: $0) != nil }
            let demanded = Cast.allCases.filter(entry.message.recipients.contains)
            demand(
                addressed == demanded,
                "\(entry.message.label) went to \(addressed.names), and had to go to \(demanded.names)")
            judge(cellsOf: entry)
            for cast in addressed {
                let isToBeDeclined = scenario.answers.declined.contains {
                    $0.by == cast && $0.label == entry.message.label
                }
                demand(
                    (entry.delivery(to: cast)?.followUp == .declined) == isToBeDeclined,
                    "\(entry.message.label) was \(isToBeDeclined ? "not " : "")declined by \(cast.name)")
            }
        }
    }

    /// Told, owned, concluded or declined as far as the type asks for it, or a part in it that is none.
    mutating func judge(cellsOf entry: Board.Entry) {
        for cast in Cast.allCases {
            guard case .missing(let level) = entry.cell(of: cast) else { continue }
            demand(false, "\(entry.message.label): the cell of \(cast.name) is empty: L\(level.rawValue) is not there")
        }
    }

    mutating func judge(_ proofs: Proofs.Outcome, of expected: Int) {
        add(proofs.objections)
        demand(
            proofs.verified == expected,
            "\(proofs.verified) of \(expected) receipts were verified with the openssl command")
    }
}

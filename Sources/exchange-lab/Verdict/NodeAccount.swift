import ExchangeCore
import ExchangeTesting

/// What one node has to show in the end.
struct NodeAccount: Sendable {
    let node: NodeHandle
    /// The newest, where there are more than were asked for.
    let deliveries: [DeliveryRow]
    /// Those without a receipt.
    let unreceipted: [DeliveryRow]
    let partners: [PartnerRow]
    let alarms: [AlarmRow]
    /// What is owed by its organisation and to it.
    let obligations: [ObligationRow]
    /// `nil` where the audit chain is broken.
    let auditLeaves: Int64?
    /// How often the node was started.
    let runs: Int

    init(of node: NodeHandle, maximumItems: Int) async throws {
        self.node = node
        deliveries = try await node.api.deliveries(maximumItems: maximumItems)
        unreceipted = try await node.api.deliveries(onlyOpen: true)
        partners = try await node.api.partners()
        alarms = try await node.api.alarms()
        obligations = try await node.api.obligations()
        auditLeaves = try await node.api.intactAuditLeaves()
        runs = await node.process.identifiers.count
    }

    var receipts: Int64 { issued - Int64(unreceipted.count) }
    var issued: Int64 { partners.reduce(0) { $0 + $1.issued } }
    var received: Int64 { partners.reduce(0) { $0 + $1.received } }
    /// Sendings that were not answered by a receipt or refusal, and so were repeated.
    var retries: Int64 { partners.reduce(0) { $0 + $1.attempts } }
    var duplicates: Int64 { partners.reduce(0) { $0 + $1.duplicates } }
    var gaps: [String] { partners.flatMap(\.gaps) }
    var agreeing: Int { partners.count(where: \.agreesAtTheLastNumber) }
}

extension [NodeAccount] {
    /// Deliveries, receipts, retries, duplicates, gaps and tallies of each node.
    var table: Table {
        Table(
            head: [
                "node", "deliveries", "receipts", "retries", "received", "duplicates", "gaps", "tallies", "leaves",
                "starts", "alarms",
            ],
            rows: map { account in
                [
                    account.node.member.name, "\(account.issued)", "\(account.receipts)", "\(account.retries)",
                    "\(account.received)", "\(account.duplicates)", "\(account.gaps.count)",
                    "\(account.agreeing) of \(account.partners.count)",
                    account.auditLeaves.map(String.init) ?? "BROKEN", "\(account.runs)", "\(account.alarms.count)",
                ]
            })
    }
}

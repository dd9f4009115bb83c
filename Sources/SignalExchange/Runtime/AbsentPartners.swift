import ExchangeCore
package import ExchangeStore

/// Partners that have still to be told something and that the directory in use does not have. They have no link, so that
/// nothing is tried and nothing fails: without an alarm nobody would notice.
package struct AbsentPartners: Sendable {
    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// Those that are no member now and have open deliveries, in the order of their OINs.
    package var entries: [PartnerEntry] {
        get async throws {
            let directory = context.community.directory
            return try await context.ledger.partners().filter {
                $0.account.open > 0 && directory.member($0.partner) == nil
            }
        }
    }

    /// Raises an alarm about each that has none, and ends that of a partner that is a member again or to which nothing
    /// is open; and what was said of a link to who has none now.
    package func review() async throws {
        let absent = try await entries.map(\.partner)
        let open = try await context.ledger.alarms(includingCleared: false).map(\.alarm)
        let directory = context.community.directory
        // Whoever is not called cannot be unreachable, and no link is left that would end it.
        for case (.partnerUnreachable, let partner?) in open.map({ ($0.code, $0.partner) })
        where directory.member(partner) == nil {
            try await context.ledger.clear(
                .partnerUnreachable, partner: partner, messageID: nil, at: context.now.wall)
        }
        let alarmed = open.filter { $0.code == .partnerNotInDirectory }.compactMap(\.partner)
        for partner in alarmed where !absent.contains(partner) {
            try await context.ledger.clear(
                .partnerNotInDirectory, partner: partner, messageID: nil, at: context.now.wall)
        }
        for partner in absent where !alarmed.contains(partner) {
            try await context.ledger.raise(
                Alarm(
                    code: .partnerNotInDirectory, partner: partner, messageID: nil,
                    detail: "the directory in use does not have it, and deliveries to it are open: they wait. Have it "
                        + "added, or see that it is told otherwise and withdraw them", at: context.now.wall))
        }
    }
}

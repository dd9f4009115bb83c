import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import Logging

/// Reads what this node holds of one case.
struct CaseReading: Sendable {
    /// A case of years has some hundreds; whoever sends more than that under one reference is not served by a rule that reads
    /// them all.
    static let messagesMaximum = 2000

    let context: NodeContext

    init(_ context: NodeContext) { self.context = context }

    /// What was sent and received of some types, as rules look at it: of this case and of those that are one with it, because a
    /// child that is registered under two references is one child. What went by retention, or cannot be read any more, is not
    /// among it.
    func history(of reference: CaseReference, types codes: [String]) async throws -> LinkedHistory {
        guard !codes.isEmpty else { return LinkedHistory(vouched: history(of: [])) }
        let linked = try await LinkedCases.following(reference, in: context.ledger, of: context.oin)
        let held = try await linked.messages(
            ofTypes: codes, maximumItems: Self.messagesMaximum, in: context.ledger)
        var contents: [SignedContent] = []
        for message in held.all {
            if let content = try await content(of: message.message.id) { contents.append(content) }
        }
        let vouched = Set(held.vouched.map(\.message.id))
        return LinkedHistory(
            vouched: history(of: contents.filter { vouched.contains($0.id) }),
            claimed: held.all.count == held.vouched.count ? nil : history(of: contents))
    }

    private func history(of contents: [SignedContent]) -> CaseHistory {
        CaseHistory(contents, of: context.catalogue, calendar: context.calendar)
    }

    /// - Returns: `nil` where it went by retention or the disk damaged it; that is told where it is asked for.
    func content(of id: MessageID) async throws -> SignedContent? {
        guard let kept = try await context.ledger.message(id), kept.purgedAt == nil else { return nil }
        do {
            return try await StoredContent(context).read(kept)
        } catch let error where error is CMSError || error is ContentError {
            context.logger.warning(
                "a message of a case cannot be read", metadata: ["message": "\(id)", "cause": "\(error)"])
            return nil
        }
    }
}

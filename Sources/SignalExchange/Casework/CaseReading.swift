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
        var read: [MessageID: SignedContent] = [:]
        // By itself: however much stands in the others, it takes none of this one's places.
        let vouched = try await contents(in: linked.vouched, types: codes, &read)
        guard linked.references.count > linked.vouched.count else {
            return LinkedHistory(vouched: history(of: vouched))
        }
        let all = try await contents(in: linked.references, types: codes, &read)
        return LinkedHistory(vouched: history(of: vouched), claimed: history(of: all))
    }

    /// - Parameter read: what was read already.
    private func contents(
        in references: [CaseReference], types codes: [String], _ read: inout [MessageID: SignedContent]
    ) async throws -> [SignedContent] {
        let kept = try await context.ledger.messages(
            in: references, ofTypes: codes, maximumItems: Self.messagesMaximum)
        var contents: [SignedContent] = []
        for message in kept {
            let id = message.message.id
            if read[id] == nil { read[id] = try await content(of: id) }
            guard let content = read[id] else { continue }
            contents.append(content)
        }
        return contents
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

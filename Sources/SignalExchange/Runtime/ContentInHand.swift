import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// What is read of a content while it is in hand: afterwards it is sealed.
extension NodeContext {
    /// Which answers it asks for.
    func asked(by content: SignedContent) async throws -> [AskedAnswer] {
        var answered: OIN?
        if catalogue.asksSenderOfAnswered(content.type), let id = content.inReplyTo {
            answered = try await ledger.message(id)?.message.sender.oin
        }
        return catalogue.asked(by: content, at: oin, answering: answered, calendar)
    }

    /// Which cases a content says to be one with its own: by reference, and by signals that are held here.
    func links(by content: SignedContent) async throws -> [CaseLink] {
        guard content.isCombining else { return [] }
        var held: [CaseReference] = []
        for signal in content.relatedSignals {
            if let kept = try await ledger.message(signal) { held.append(kept.message.caseReference) }
        }
        return catalogue.links(by: content, held: held)
    }
}

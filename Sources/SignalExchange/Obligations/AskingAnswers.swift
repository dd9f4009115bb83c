import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

extension NodeContext {
    /// What the content of a message asks for, read while it is in hand: afterwards it is sealed.
    func asked(by content: SignedContent) async throws -> [AskedAnswer] {
        var answered: OIN?
        if catalogue.asksSenderOfAnswered(content.type), let id = content.inReplyTo {
            answered = try await ledger.message(id)?.message.sender.oin
        }
        return catalogue.asked(by: content, at: oin, answering: answered, calendar)
    }
}

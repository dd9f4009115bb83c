package import ExchangeCore
package import ExchangeStore

extension MemoryLedger {
    package func coRecipients(of message: MessageID) async throws -> CoRecipientsOfMessage {
        let store = try read()
        return CoRecipientsOfMessage(listed: store.listedCoRecipients(of: message), words: store.words(on: message))
    }

    package func awaitedMessages(
        in reference: CaseReference, maximumItems: Int
    ) async throws -> [AwaitedMessage] {
        let store = try read()
        let awaited = store.caseMessages.ascending(from: Pair(reference, 0)).rows { $0.first == reference }
            .compactMap { row -> AwaitedMessage? in
                guard let word = store.words[row.value], !store.messages.contains(word.word.messageID),
                    let carrier = store.messages[row.value]?.summary
                else { return nil }
                return AwaitedMessage(word: word, priority: carrier.priority, isHere: false)
            }
        return Array(awaited.suffix(maximumItems))
    }
}

extension MemoryStore {
    func coRecipientFacts(of message: MessageID) -> CoRecipientFacts {
        CoRecipientFacts(
            message: messages[message].map { kept in
                CoRecipientFacts.Message(
                    digest: kept.summary.digest, sender: kept.summary.sender.oin, isOutgoing: kept.isOutgoing)
            },
            listed: listedCoRecipients(of: message).map(\.oin), words: words(on: message).map(\.word))
    }

    fileprivate func listedCoRecipients(of message: MessageID) -> [Party] {
        coRecipients[message]?.sorted { $0.oin < $1.oin } ?? []
    }

    func words(on message: MessageID) -> [KeptWord] {
        wordsOnMessage.ascending(from: Pair(message, 0)).rows { $0.first == message }.compactMap { words[$0.value] }
    }
}

extension MemoryTransaction {
    func awaitedMessage(ofWordIn message: MessageID) -> AwaitedMessage? {
        guard let word = store.words[message], let carrier = store.messages[message] else { return nil }
        return AwaitedMessage(
            word: word, priority: carrier.summary.priority, isHere: store.messages.contains(word.word.messageID))
    }

    mutating func keep(_ coRecipients: [Party], of message: MessageID) throws {
        guard store.messages.contains(message), !store.coRecipients.contains(message) else {
            throw StoreError.invariant("whom a message lists is kept once, with it")
        }
        store.coRecipients[message] = coRecipients
    }

    mutating func keep(_ word: CoRecipientWord) throws {
        guard store.messages.contains(word.saidIn), !store.words.contains(word.saidIn) else {
            throw StoreError.invariant("a word is kept once, with its message")
        }
        store.wordsOnMessage[Pair(word.messageID, Int64(store.words.count) + 1)] = word.saidIn
        store.words[word.saidIn] = KeptWord(word: word, keptAt: at)
    }
}

import ExchangeCatalogue
import ExchangeCore
import ExchangeStore

/// Messages of a case that list this organisation, by the word of others that have them, and that have not come: the alarm
/// `listed-but-not-told`, and before it is one.
struct ListedNotTold: Sendable {
    /// Of one case. A partner can speak of messages that it made up.
    private static let wordsMaximum = 200

    let context: NodeContext
    let rules: ObligationRules

    /// What one organisation after the other said of one message of one sender.
    private struct Awaited {
        let reference: CaseReference
        var words: [AwaitedMessage]

        /// One of them at least: the first that came.
        var first: AwaitedMessage { words[0] }

        func isSpokenOf(by other: AwaitedMessage) -> Bool {
            first.word.word.messageID == other.word.word.messageID && first.word.word.sender == other.word.word.sender
        }
    }

    /// In the order in which the first word on each came.
    func rows(in references: [CaseReference], at now: Timestamp) async throws -> [JSONValue] {
        var all: [Awaited] = []
        for reference in references {
            var awaited: [Awaited] = []
            for word in try await context.ledger.awaitedMessages(in: reference, maximumItems: Self.wordsMaximum) {
                if let index = awaited.firstIndex(where: { $0.isSpokenOf(by: word) }) {
                    awaited[index].words.append(word)
                } else {
                    awaited.append(Awaited(reference: reference, words: [word]))
                }
            }
            all += awaited
        }
        return all.map { document(of: $0, at: now) }
    }

    private func document(of awaited: Awaited, at now: Timestamp) -> JSONValue {
        let directory = context.community.directory
        let word = awaited.first.word.word
        let due = CoRecipients.due(awaited.first, by: rules)
        return [
            "id": .string(word.messageID.description), "caseRef": .string(awaited.reference.description),
            "sender": .string(word.sender.text),
            "senderName": .string(directory.member(word.sender)?.name ?? word.sender.text),
            "senderContact": .string(rules.dutyContacts[word.sender] ?? word.sender.text),
            "since": .string(awaited.first.word.keptAt.description), "due": .string(due.description),
            "late": .bool(due <= now),
            "words": .array(
                awaited.words.map { awaited in
                    let (word, keptAt) = (awaited.word.word, awaited.word.keptAt)
                    return [
                        "by": .string(word.speaker.text),
                        "byName": .string(directory.member(word.speaker)?.name ?? word.speaker.text),
                        "step": .string(word.step.rawValue), "role": .string(word.role),
                        "digest": .string(word.messageDigest.description), "at": .string(keptAt.description),
                    ]
                }),
        ]
    }
}

/// The L2 of another recipient of a message that a third organisation sent (`protocol.md` §15.2): which message it holds under
/// an id, by that message's digest.
package struct CoRecipientWord: Hashable, Sendable {
    /// The message that it speaks of.
    package let messageID: MessageID
    package let messageDigest: Digest
    /// Who sent that message, as the word says.
    package let sender: OIN
    /// Who says so.
    package let speaker: OIN
    /// Owned or declined.
    package let step: AcknowledgementStep
    /// The duty role that speaks, in the speaker's own words.
    package let role: String
    /// The L2 itself.
    package let saidIn: MessageID

    package init(
        messageID: MessageID, messageDigest: Digest, sender: OIN, speaker: OIN, step: AcknowledgementStep, role: String,
        saidIn: MessageID
    ) {
        self.messageID = messageID
        self.messageDigest = messageDigest
        self.sender = sender
        self.speaker = speaker
        self.step = step
        self.role = role
        self.saidIn = saidIn
    }

    /// Whether another word of the same organisation says just this.
    fileprivate func repeats(_ other: CoRecipientWord) -> Bool {
        speaker == other.speaker && messageDigest == other.messageDigest && sender == other.sender && step == other.step
    }
}

/// A word as a store has it.
package struct KeptWord: Hashable, Sendable {
    package let word: CoRecipientWord
    /// When it came.
    package let keptAt: Timestamp

    package init(word: CoRecipientWord, keptAt: Timestamp) {
        self.word = word
        self.keptAt = keptAt
    }
}

/// What the store says of one message, as far as several organisations may speak of it.
package struct CoRecipientFacts: Hashable, Sendable {
    /// The message itself.
    package struct Message: Hashable, Sendable {
        package let digest: Digest
        package let sender: OIN
        package let isOutgoing: Bool

        package init(digest: Digest, sender: OIN, isOutgoing: Bool) {
            self.digest = digest
            self.sender = sender
            self.isOutgoing = isOutgoing
        }
    }

    /// `nil` where it is not here.
    package let message: Message?
    /// Its recipients beside this organisation, as it lists them.
    package let listed: [OIN]
    /// In the order in which they came.
    package let words: [CoRecipientWord]

    package init(message: Message?, listed: [OIN], words: [CoRecipientWord]) {
        self.message = message
        self.listed = listed
        self.words = words
    }

    /// Of a message that nobody has spoken of, and that is not here.
    package static let none = CoRecipientFacts(message: nil, listed: [], words: [])
}

/// A word of which the message has not come.
package struct AwaitedMessage: Hashable, Sendable {
    package let word: KeptWord
    /// Of the word, which is that of the message.
    package let priority: Priority
    /// Whether it has come meanwhile.
    package let isHere: Bool

    package init(word: KeptWord, priority: Priority, isHere: Bool) {
        self.word = word
        self.priority = priority
        self.isHere = isHere
    }
}

/// Holds what the recipients of one message say of it against each other.
///
/// Whoever signs two messages under one id, and shows each recipient another, is found out by the first of them that says which
/// it has: an L2 names the digest and goes to all. It does so in both orders, the message before the word or behind it. And a
/// word on a message that does not come shows that this organisation is listed and was not told.
package enum CoRecipients {
    /// Words of one organisation on one message that are kept as facts; of one beyond them the L2 alone is. How many messages
    /// a partner may speak of, also of invented ones, is bounded by its share (`protocol.md` §10.3).
    package static let speakerMaximumWordsPerMessage = ProtocolLimits.messageMaximumRecipients

    /// Why a word cannot be about the message that is here; `nil` where it can, and where that is not here: then nothing is
    /// certain. Another digest is no objection. It is what words are for.
    package static func objection(to word: CoRecipientWord, by facts: CoRecipientFacts) -> String? {
        guard let message = facts.message else { return nil }
        if message.isOutgoing { return "this organisation sent \(word.messageID), and not \(word.sender)" }
        guard facts.listed.contains(word.speaker) else {
            return
                "\(word.speaker) is no recipient of \(word.messageID) as \(message.sender) sent it here, with digest "
                + "\(message.digest); it names \(word.messageDigest)"
        }
        guard message.digest != word.messageDigest || message.sender == word.sender else {
            return "the message with this digest is \(message.sender)'s, and not \(word.sender)'s"
        }
        return nil
    }

    /// What follows from a word that is received, or from a message of which some may have spoken before.
    package static func changes(
        with received: ReceivedMessage, facts: CoRecipientFacts, now: Now
    ) -> [LedgerChange] {
        if let word = received.word { return changes(with: word, facts: facts, now: now) }
        guard received.summary.isHandedOver else { return [] }
        let others = received.coRecipients
        let facts = CoRecipientFacts(
            message: CoRecipientFacts.Message(
                digest: received.summary.digest, sender: received.summary.sender.oin, isOutgoing: false),
            listed: others.map(\.oin), words: facts.words)
        let kept: [LedgerChange] = others.isEmpty ? [] : [.keepCoRecipients(others, of: received.summary.id)]
        return kept
            + facts.words.flatMap { word in
                [.clearAlarm(.listedButNotTold, partner: word.speaker, messageID: word.messageID)]
                    + comparison(of: word, facts: facts, now: now)
            }
    }

    private static func changes(with word: CoRecipientWord, facts: CoRecipientFacts, now: Now) -> [LedgerChange] {
        guard !facts.words.contains(where: word.repeats) else { return [] }
        let said = facts.words.count { $0.speaker == word.speaker }
        let kept: [LedgerChange] =
            said < speakerMaximumWordsPerMessage
            ? [
                .keepWord(word, isAwaited: facts.message == nil),
                .appendLeaf(leaf(.coRecipientSpoke, word, note: word.step.rawValue, now: now)),
            ] : []
        return kept + comparison(of: word, facts: facts, now: now)
    }

    /// A word held against the message that is here.
    private static func comparison(of word: CoRecipientWord, facts: CoRecipientFacts, now: Now) -> [LedgerChange] {
        guard let message = facts.message else { return [] }
        if let objection = objection(to: word, by: facts) {
            // It was taken when nothing was certain. What would be refused now is told in the same words.
            return [
                .raiseAlarm(
                    Alarm(
                        code: .acknowledgementMismatch, partner: word.speaker, messageID: word.saidIn,
                        detail: objection, at: now.wall))
            ]
        }
        guard word.messageDigest != message.digest else { return [] }
        return [
            .appendLeaf(leaf(.messagesDiffer, word, note: message.sender.text, now: now)),
            .raiseAlarm(
                Alarm(
                    code: .messagesDiffer, partner: message.sender, messageID: word.messageID,
                    detail: "call \(message.sender) and \(word.speaker), and keep what `exchange-node evidence export "
                        + "\(word.messageID)` writes at each: this node holds \(message.digest), and \(word.speaker) "
                        + "\(word.messageDigest)"
                        + (word.sender == message.sender ? "" : ", which it has of \(word.sender)"),
                    at: now.wall)),
        ]
    }

    /// By when the message of a word should have come: within the span of an L1, for whoever was told there lets the word come,
    /// and so the message should be here by then.
    package static func due(_ awaited: AwaitedMessage, by rules: ObligationRules) -> Timestamp {
        rules.policy[awaited.priority].receipt.end(after: awaited.word.keptAt, rules.policy.calendar)
    }

    /// Looks whether the message of a word has come.
    package static func changes(
        looking awaited: AwaitedMessage, by rules: ObligationRules, now: Timestamp
    ) -> [LedgerChange] {
        let word = awaited.word.word
        let end = LedgerChange.lookAgain(at: word.saidIn, when: nil, isEscalated: false)
        guard !awaited.isHere else { return [end] }
        let due = due(awaited, by: rules)
        guard due <= now else {
            // Clocks are set, and configurations change.
            return [
                .lookAgain(at: word.saidIn, when: min(due, now + Obligations.lookAgainMaximum), isEscalated: false)
            ]
        }
        let contact = rules.dutyContacts[word.sender] ?? word.sender.text
        return [
            .raiseAlarm(
                Alarm(
                    code: .listedButNotTold, partner: word.speaker, messageID: word.messageID,
                    detail: "call \(contact): a message of \(word.sender) that lists this organisation has not come. "
                        + "\(word.speaker) has \(word.step.rawValue) it and says so", at: now)),
            end,
        ]
    }

    private static func leaf(_ kind: AuditKind, _ word: CoRecipientWord, note: String, now: Now) -> AuditLeaf {
        AuditLeaf(
            kind, at: now.wall, messageID: word.messageID, partner: word.speaker, digest: word.messageDigest, note: note
        )
    }
}

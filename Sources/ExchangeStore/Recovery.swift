package import ExchangeCore

/// What this node holds of a partner's channel behind a number, for the partner that has lost it (`protocol.md` §9.4).
package struct HeldPart: Sendable {
    package struct Item: Sendable {
        package let item: ChannelItem
        package let answer: KeptAnswer
        /// `nil` where the message is not kept: it was refused, or declared.
        package let message: KeptMessage?

        package init(item: ChannelItem, answer: KeptAnswer, message: KeptMessage?) {
            self.item = item
            self.answer = answer
            self.message = message
        }
    }

    /// The running digest at the number asked for; `nil` beyond the contiguous position.
    package let base: Digest?
    /// Complete up to here.
    package let upTo: SequenceNumber
    /// Ascending by number.
    package let items: [Item]

    package init(base: Digest?, upTo: SequenceNumber, items: [Item]) {
        self.base = base
        self.upTo = upTo
        self.items = items
    }

    /// As many as there is room for, and one in any case. What was left out is not missing: the part ends before it.
    ///
    /// - Parameters:
    ///   - answered: what was answered behind `number`, ascending.
    ///   - message: the message that is kept under an id.
    package init(
        base: Digest?, after number: SequenceNumber, _ answered: [(item: ChannelItem, answer: KeptAnswer)],
        maximumBytes: Int, message: (MessageID) throws -> KeptMessage?
    ) rethrows {
        var items: [Item] = []
        var bytes = 0
        for one in answered {
            let isReceipted = if case .receipt = one.answer { true } else { false }
            let kept = isReceipted ? try message(one.item.messageID) : nil
            bytes += kept?.envelope.count ?? 0
            guard items.isEmpty || bytes <= maximumBytes else { break }
            items.append(Item(item: one.item, answer: one.answer, message: kept))
        }
        self.init(base: base, upTo: items.last?.item.number ?? number, items: items)
    }
}

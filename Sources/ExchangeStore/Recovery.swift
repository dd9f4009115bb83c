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
}

package import ExchangeCore

/// Whom a received message lists beside this organisation, and what others say that they hold under its id.
package struct CoRecipientsOfMessage: Hashable, Sendable {
    /// In the order of their OINs; none of a message that is not here, or that nobody is handed.
    package let listed: [Party]
    /// In the order in which they came; also of who is not listed, where the word came before the message.
    package let words: [KeptWord]

    package init(listed: [Party], words: [KeptWord]) {
        self.listed = listed
        self.words = words
    }
}

package import ExchangeCore

/// A place in the list of messages whose content might go.
package struct RetentionPlace: Hashable, Sendable {
    package let keptAt: Timestamp
    package let ordinal: Int64

    package init(keptAt: Timestamp, ordinal: Int64) {
        self.keptAt = keptAt
        self.ordinal = ordinal
    }
}

/// Some of these messages, with what is decided by.
package struct RetentionPage: Hashable, Sendable {
    package let facts: [RetentionFacts]
    /// Where the next page begins; `nil` at the end.
    package let next: RetentionPlace?

    package init(facts: [RetentionFacts], next: RetentionPlace?) {
        self.facts = facts
        self.next = next
    }
}

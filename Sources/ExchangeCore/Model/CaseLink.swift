/// That a message says that its case and another are one (domain brief 2.2, SIG-02 `combined`), or takes that back.
///
/// Nothing is merged by it: each message stays in its case. It is read before the content is sealed, and kept beside it.
package struct CaseLink: Hashable, Sendable {
    package let other: CaseReference
    /// `false` where it is taken back.
    package let isLinked: Bool

    package init(to other: CaseReference, isLinked: Bool) {
        self.other = other
        self.isLinked = isLinked
    }
}

/// A link with the message that says it.
package struct CaseLinkEntry: Hashable, Sendable {
    /// Its case is one side.
    package let message: MessageSummary
    package let keptAt: Timestamp
    package let link: CaseLink

    package init(message: MessageSummary, keptAt: Timestamp, link: CaseLink) {
        self.message = message
        self.keptAt = keptAt
        self.link = link
    }

    /// The side that is not this one.
    package func other(than reference: CaseReference) -> CaseReference {
        message.caseReference == reference ? link.other : message.caseReference
    }
}

package enum CaseLinks {
    /// As many references as one child is followed over; whoever links more has a fault.
    package static let referencesMaximum = 16

    /// The links that hold: of each organisation the last word on a pair counts, and one that says it is enough.
    ///
    /// - Parameter entries: in the order in which they were kept.
    package static func inForce(_ entries: [CaseLinkEntry]) -> [CaseLinkEntry] {
        entries.enumerated().filter { index, entry in
            entry.link.isLinked
                && !entries[(index + 1)...].contains { later in
                    later.message.sender.oin == entry.message.sender.oin && later.pair == entry.pair
                }
        }.map(\.element)
    }
}

extension CaseLinkEntry {
    /// Both sides, whichever of them the message is in.
    fileprivate var pair: Set<CaseReference> { [message.caseReference, link.other] }
}

package import ExchangeCore

/// What a node holds of one case, as far as a rule looks at it: what it sent and what it received, the oldest first.
///
/// Another organisation holds another part. A rule that rests on it can therefore be judged by the sender alone, who knows
/// what it sent and was sent; what is missing here was never here, or its content went by retention.
package struct CaseHistory: Sendable {
    package let messages: [SignedContent]
    /// By which local time the day of a moment is told.
    package let calendar: WorkingCalendar
    let catalogue: Catalogue
    /// By what it is judged whether the child is of age.
    private(set) var majorityMessages: [SignedContent]

    package init(
        _ messages: [SignedContent], of catalogue: Catalogue, calendar: WorkingCalendar = WorkingCalendar()
    ) {
        self.messages = messages
        majorityMessages = messages
        self.catalogue = catalogue
        self.calendar = calendar
    }

    /// The same, but that a child is of age is said by another part alone.
    func judgingMajority(by other: CaseHistory) -> CaseHistory {
        var history = self
        history.majorityMessages = other.majorityMessages
        return history
    }

    package func all(_ codes: String...) -> [SignedContent] { messages.filter { codes.contains($0.type.code) } }

    /// Those of a type that nothing which came after them has closed.
    ///
    /// What closes a type (``MessageTypeDefinition/closes``) closes the one that it answers; where it answers none of them,
    /// all that came before it.
    package func open(_ code: String) -> [SignedContent] {
        var open: [SignedContent] = []
        for message in messages {
            if message.type.code == code {
                open.append(message)
            } else if catalogue[message.type]?.closes.contains(code) == true {
                let answered = open.filter { $0.id == message.inReplyTo }
                open.removeAll { answered.isEmpty || answered.contains($0) }
            }
        }
        return open
    }
}

/// What the letter leaves open and the partners decide (domain brief, part 6): the same at every node, and therefore of the
/// signed directory. The defaults are those of the letter where it names one.
package struct CasePolicy: Hashable, Sendable {
    /// A first hearing is not before so many months after the start (letter of 7 December 2015, lines 151, 203, 278).
    package var firstHearingMonths = 3
    /// The time of rest and preparation where nothing else is said (line 150).
    package var restPeriodDays = 21
    /// Clarity on residence is expected within so many months (line 370).
    package var residenceClarityMonths = 12
    /// A stay in protected reception is expected to last from and to so many months (line 149).
    package var stayFromMonths = 6
    package var stayToMonths = 9
    /// The guardian may object to an intended talk within so many working days (domain brief 2.2, STO-04).
    package var objectionWorkingDays = 3
    /// Guardianship ends at this age (line 167).
    package var majorityYears = 18

    package init() {}
}

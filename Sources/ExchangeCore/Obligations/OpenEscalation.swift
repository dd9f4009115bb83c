/// An obligation for which steps of the ladder were taken, and of which nobody who was told has heard yet that it is over.
package struct OpenEscalation: Hashable, Sendable {
    package let subject: ObligationSubject
    package let debtor: OIN?
    /// In the order in which they were taken.
    package private(set) var steps: [EscalationStep]
    /// Whom they told, as it was kept then, each once.
    package private(set) var contacts: [String]
    /// When the clock of the obligation began, and when it was due; `nil` in books of before, where that was not kept.
    package let since: Timestamp?
    package let dueAt: Timestamp?

    package init(first step: TakenStep, contact: String, since: Timestamp?, dueAt: Timestamp?) {
        subject = step.subject
        debtor = step.debtor
        steps = [step.step]
        contacts = [contact]
        self.since = since
        self.dueAt = dueAt
    }

    package mutating func add(_ step: EscalationStep, contact: String) {
        steps.append(step)
        if !contacts.contains(contact) { contacts.append(contact) }
    }

    func isOwed(in owed: [Obligation]) -> Bool {
        owed.contains { $0.subject == subject && $0.debtor == debtor }
    }
}

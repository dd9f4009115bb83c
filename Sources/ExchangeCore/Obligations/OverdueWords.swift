/// What the alarm `acknowledgement-overdue` says of one message and debtor: whom to tell of what, the gravest first, and what is
/// late beside it.
struct OverdueWords {
    /// Taken of what is owed still, all of one debtor; at least one.
    private let late: [TakenStep]
    private let facts: ObligationFacts
    private let rules: ObligationRules

    init(of late: [TakenStep], in facts: ObligationFacts, by rules: ObligationRules) {
        precondition(!late.isEmpty, "an alarm is of something late")
        self.late = late
        self.facts = facts
        self.rules = rules
    }

    var text: String {
        // Of each subject the highest step alone.
        let highest = late.reduce(into: [TakenStep]()) { found, step in
            guard let index = found.firstIndex(where: { $0.subject == step.subject }) else { return found.append(step) }
            if step.step > found[index].step { found[index] = step }
        }.sorted { (hasDraft($0), $0.step, $0.subject.text) > (hasDraft($1), $1.step, $1.subject.text) }
        let others = highest.dropFirst().map { "\($0.subject.text) (\($0.step.rawValue))" }
        return words(of: highest[0]) + (others.isEmpty ? "" : "; late too: \(others.joined(separator: ", "))")
    }

    /// 1 for a child that did not arrive: it goes before all that is told of it.
    private func hasDraft(_ step: TakenStep) -> Int { rules.draft(for: step.subject, in: facts) == nil ? 0 : 1 }

    private func words(of step: TakenStep) -> String {
        let contact = rules.contact(for: step.step)
        let draft =
            rules.draft(for: step.subject, in: facts).map {
                "; a \($0) is drafted for it where there is none yet, see `exchange-node case draft "
                    + "\(facts.message.caseReference)`"
            } ?? ""
        guard let debtor = step.debtor else {
            if case .answer(let code) = step.subject,
                facts.answers.contains(where: { $0.code == code && $0.sender == nil })
            {
                return "tell \(contact): \(code) was sent, and not everybody whom it tells has taken it; call them "
                    + "(`exchange-node obligations list` has their numbers)\(draft)"
            }
            return "tell \(contact): \(what(step.subject)) here\(draft)"
        }
        switch facts.sent.once.first(where: { $0.recipient.oin == debtor })?.transport {
        // Nobody there can do anything about what this organisation keeps back.
        case .held?:
            return
                "tell \(contact): this message is held here, and its recipient has not been told; release or withdraw it "
                + "(`exchange-node queue list`)"
        case .refused?:
            return
                "tell \(contact), who calls \(rules.dutyContacts[debtor] ?? debtor.text): this message was refused there "
                + "(`exchange-node queue list` says why)"
        default:
            return "tell \(contact), who calls \(rules.dutyContacts[debtor] ?? debtor.text): \(what(step.subject)) "
                + "there\(draft)"
        }
    }

    private func what(_ subject: ObligationSubject) -> String {
        switch subject {
        case .acknowledgement(.receipt): "its node has not receipted this message"
        case .acknowledgement(.ownership): "nobody has taken this message"
        case .acknowledgement(.outcome): "nobody has said what was done with this message"
        case .answer(let code): "\(code), which this message asks for, is not there or not acknowledged"
        }
    }
}

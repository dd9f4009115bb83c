package import ExchangeCore

extension Catalogue {
    /// What the content of a message asks for beyond what its type always does, or by another time: of whom, and by when.
    ///
    /// Sender and recipients read it while they have the content in hand; afterwards it is sealed. It is no longer than the
    /// recipients of a message are, for each answer that its type expects.
    ///
    /// - Parameters:
    ///   - own: this organisation.
    ///   - answered: who sent the message that this one answers; `nil` where it is not held here.
    ///   - calendar: whose days those of the content are.
    package func asked(
        by content: SignedContent, at own: OIN, answering answered: OIN?, _ calendar: WorkingCalendar
    ) -> [AskedAnswer] {
        guard let definition = self[content.type] else { return [] }
        return definition.expects.flatMap { expected -> [AskedAnswer] in
            guard expected.condition?.holds(for: content.body) ?? true else { return [] }
            let dueAt = expected.due(by: content, calendar)
            guard expected.isConditional || dueAt != nil else { return [] }
            return expected.debtors(in: content, answering: answered, entitled: senderRoles(of: expected.code)).map {
                debtor in
                AskedAnswer(code: expected.code, debtor: debtor == own ? nil : debtor, dueAt: dueAt)
            }
        }
    }

    /// In which roles a type is sent, in any version of it.
    package func senderRoles(of code: String) -> Set<Role> {
        Set(all.filter { $0.type.code == code }.flatMap(\.senderRoles))
    }

    /// Whether the sender of what is answered must be known, for ``asked(by:at:answering:_:)``.
    package func asksSenderOfAnswered(_ type: MessageType) -> Bool {
        self[type]?.expects.contains { $0.bearer == .senderOfAnsweredMessage } ?? false
    }
}

extension ExpectedMessage {
    /// - Returns: `nil` where the content names no time.
    fileprivate func due(by content: SignedContent, _ calendar: WorkingCalendar) -> Timestamp? {
        guard let dueMember else { return nil }
        let named = content.moment(dueMember) ?? content.day(dueMember).map { calendar.start(of: $0.adding(days: 1)) }
        guard let named else { return nil }
        return within.map { min(named, content.created + $0) } ?? named
    }

    /// Each organisation once, in the order of the content. A rule of the directory may tell a role that cannot give the answer:
    /// nobody owes what they may not send.
    fileprivate func debtors(in content: SignedContent, answering answered: OIN?, entitled: Set<Role>) -> [OIN] {
        let recipients = content.recipients.map(\.party)
        let bearers: [OIN] =
            switch bearer {
            case .eachRecipient: recipients.filter { entitled.contains($0.role) }.map(\.oin)
            case .role(let role): ([content.sender] + recipients).filter { $0.role == role }.map(\.oin)
            case .senderOfAnsweredMessage: answered.map { [$0] } ?? []
            }
        return bearers.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

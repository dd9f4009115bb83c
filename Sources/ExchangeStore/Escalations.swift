package import ExchangeCore

/// That somebody was told that something is late, that it is over, or of a message itself by telephone.
package struct EscalationEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case step(EscalationStep, ObligationSubject)
        /// What those who were told were told of is owed no more.
        case ended(ObligationSubject)
        /// By a person, to a role of the debtor. It is no acknowledgement, and ends nothing.
        case toldByTelephone

        /// A step of the ladder, `ended` or `told-by-telephone`.
        package var text: String {
            switch self {
            case .step(let step, _): step.rawValue
            case .ended: "ended"
            case .toldByTelephone: "told-by-telephone"
            }
        }

        /// `nil` for what was told by telephone.
        package var subject: ObligationSubject? {
            switch self {
            case .step(_, let subject), .ended(let subject): subject
            case .toldByTelephone: nil
            }
        }

        /// Returns `nil` for what ``text`` and ``subject`` never give.
        package init?(_ text: String, of subject: ObligationSubject?) {
            switch (text, subject, EscalationStep(rawValue: text)) {
            case ("told-by-telephone", nil, _): self = .toldByTelephone
            case ("ended", let subject?, _): self = .ended(subject)
            case (_, let subject?, let step?): self = .step(step, subject)
            default: return nil
            }
        }
    }

    package let message: MessageID
    /// The organisation that owes it, or was told; `nil` where it is this one.
    package let debtor: OIN?
    package let kind: Kind
    /// Of an end or a call: the steps that were taken before it.
    package let told: [EscalationStep]
    /// The role that was told, and how it is reached; of an end all that were.
    package let contact: String
    /// When the clock of the obligation began, and when it was due; `nil` for a call, and in books of before.
    package let since: Timestamp?
    package let dueAt: Timestamp?
    package let at: Timestamp
    /// Who said so; empty for what the node did by itself.
    package let actor: String

    package init(
        message: MessageID, debtor: OIN?, kind: Kind, told: [EscalationStep] = [], contact: String,
        since: Timestamp? = nil, dueAt: Timestamp? = nil, at: Timestamp, actor: String = ""
    ) {
        self.message = message
        self.debtor = debtor
        self.kind = kind
        self.told = told
        self.contact = contact
        self.since = since
        self.dueAt = dueAt
        self.at = at
        self.actor = actor
    }

    init(_ step: TakenStep, of message: MessageID, contact: String, since: Timestamp?, dueAt: Timestamp?, at: Timestamp)
    {
        self.init(
            message: message, debtor: step.debtor, kind: .step(step.step, step.subject), contact: contact, since: since,
            dueAt: dueAt, at: at)
    }

    init(endOf escalation: OpenEscalation, of message: MessageID, at: Timestamp) {
        self.init(
            message: message, debtor: escalation.debtor, kind: .ended(escalation.subject), told: escalation.steps,
            contact: escalation.contacts.joined(separator: "; "), since: escalation.since, dueAt: escalation.dueAt,
            at: at)
    }
}

extension [EscalationEntry] {
    /// The steps that were taken for a message, of its entries in their order.
    package var taken: [TakenStep] {
        compactMap { entry in
            guard case .step(let step, let subject) = entry.kind else { return nil }
            return TakenStep(subject: subject, debtor: entry.debtor, step: step)
        }
    }

    /// What was escalated of a message, and of which no end stands behind its last step.
    package var open: [OpenEscalation] {
        var open: [OpenEscalation] = []
        for entry in self {
            guard let subject = entry.kind.subject else { continue }
            let index = open.firstIndex { $0.subject == subject && $0.debtor == entry.debtor }
            switch (entry.kind, index) {
            case (.step(let step, _), let index?): open[index].add(step, contact: entry.contact)
            case (.step(let step, _), nil):
                open.append(
                    OpenEscalation(
                        first: TakenStep(subject: subject, debtor: entry.debtor, step: step), contact: entry.contact,
                        since: entry.since, dueAt: entry.dueAt))
            case (.ended, let index?): open.remove(at: index)
            case (.ended, nil), (.toldByTelephone, _): continue
            }
        }
        return open
    }
}

/// An entry of the feed of escalations: what was told, of which message. It bears nothing of the content.
package struct NumberedEscalation: Hashable, Sendable {
    /// From 1 in the order in which they were kept, whatever their priority.
    package let number: Int64
    package let message: MessageSummary
    package let entry: EscalationEntry

    package init(number: Int64, message: MessageSummary, entry: EscalationEntry) {
        self.number = number
        self.message = message
        self.entry = entry
    }

    /// Whose doing it is.
    package var lane: EscalationLane { EscalationLane(debtor: entry.debtor, sender: message.sender.oin) }
}

/// A message of a case, as it stands in clear.
package struct CaseMessage: Hashable, Sendable {
    package let message: MessageSummary
    package let isOutgoing: Bool
    package let keptAt: Timestamp
    /// Where it stands in the inbox, for one that was received and handed over.
    package let inbox: InboxStanding?

    package init(message: MessageSummary, isOutgoing: Bool, keptAt: Timestamp, inbox: InboxStanding?) {
        self.message = message
        self.isOutgoing = isOutgoing
        self.keptAt = keptAt
        self.inbox = inbox
    }
}

extension StoreTransaction {
    /// - Returns: `false` where the message was not sent to that partner.
    package mutating func noteTold(
        _ message: MessageID, to partner: OIN, role: String, told: Timestamp, by actor: ActorID
    ) throws -> Bool {
        guard let facts = try obligationFacts(for: message, expecting: []),
            facts.sent.contains(where: { $0.recipient.oin == partner })
        else { return false }
        let before = facts.escalations.filter { $0.debtor == partner }.flatMap(\.steps)
        try keep(
            EscalationEntry(
                message: message, debtor: partner, kind: .toldByTelephone,
                told: EscalationStep.allCases.filter(before.contains), contact: role, at: told, actor: actor.text))
        try append(
            AuditLeaf(.toldByTelephone, at: at, messageID: message, partner: partner, note: "\(role) \(actor.text)"))
        return true
    }
}

package import ExchangeCore

/// That somebody was told that something is late, or of a message itself by telephone.
package struct EscalationEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case step(EscalationStep, ObligationSubject)
        /// By a person, to a role of the debtor. It is no acknowledgement, and ends nothing.
        case toldByTelephone
    }

    package let message: MessageID
    /// The organisation that owes it, or was told; `nil` where it is this one.
    package let debtor: OIN?
    package let kind: Kind
    /// The role that was told, and how it is reached.
    package let contact: String
    package let at: Timestamp
    /// Who said so; empty for a step of the node's own.
    package let actor: String

    package init(
        message: MessageID, debtor: OIN?, kind: Kind, contact: String, at: Timestamp, actor: String
    ) {
        self.message = message
        self.debtor = debtor
        self.kind = kind
        self.contact = contact
        self.at = at
        self.actor = actor
    }
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
        try keep(
            EscalationEntry(
                message: message, debtor: partner, kind: .toldByTelephone, contact: role, at: told,
                actor: actor.text))
        try append(
            AuditLeaf(.toldByTelephone, at: at, messageID: message, partner: partner, note: "\(role) \(actor.text)"))
        return true
    }
}

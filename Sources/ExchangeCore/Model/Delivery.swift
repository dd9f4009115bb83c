/// What a node knows of a message without reading its content: all that stands in clear in a store.
public struct MessageSummary: Hashable, Sendable {
    public let id: MessageID
    /// SHA-256 over the SignedData's DER: the message's identity beside its id, in whatever envelope it travels.
    public let digest: Digest
    public let type: MessageType
    public let sender: Party
    public let caseReference: CaseReference
    public let priority: Priority
    public let created: Timestamp
    /// How far its recipients must acknowledge it.
    public let wanted: AcknowledgementLevel
    /// Whether a person or system of the recipient is to see it; a probe ends at the node.
    public let isHandedOver: Bool

    public init(
        id: MessageID, digest: Digest, type: MessageType, sender: Party, caseReference: CaseReference,
        priority: Priority, created: Timestamp, wanted: AcknowledgementLevel, isHandedOver: Bool
    ) {
        self.id = id
        self.digest = digest
        self.type = type
        self.sender = sender
        self.caseReference = caseReference
        self.priority = priority
        self.created = created
        self.wanted = wanted
        self.isHandedOver = isHandedOver
    }
}

/// How far the transport of one delivery has come. Every state but `open` is an answer; none of them is "given up".
public enum TransportState: String, CaseIterable, Hashable, Sendable {
    /// No answer yet: it is sent, and sent again, without an end.
    case open
    /// The recipient's signed receipt is here.
    case receipted
    /// The recipient's signed refusal is here: an open item until somebody resolves it.
    case refused
    /// An operator stopped it, with a reason.
    case held
    /// A named person cancelled it before it was receipted.
    case withdrawn
}

/// What the recipient's people did with a message (L2 and L3).
public enum FollowUp: String, CaseIterable, Hashable, Sendable {
    case none, owned, declined, concluded
}

/// A delivery's life as people see it (design: accepted → sending → receipted → owned → concluded).
public enum DeliveryState: String, CaseIterable, Hashable, Sendable {
    case accepted, sending, receipted, owned, declined, concluded, held, refused, withdrawn

    /// Derived, never stored: two facts that are kept cannot contradict a third that is not. What the recipient's people
    /// did shows once its receipt is here, and not before: an L2 is no proof that the message was delivered.
    public init(transport: TransportState, attempts: Int, followUp: FollowUp) {
        self =
            switch (transport, followUp) {
            case (.refused, _): .refused
            case (.withdrawn, _): .withdrawn
            case (.held, _): .held
            case (.open, _): attempts == 0 ? .accepted : .sending
            case (.receipted, .concluded): .concluded
            case (.receipted, .declined): .declined
            case (.receipted, .owned): .owned
            case (.receipted, .none): .receipted
            }
    }
}

/// What happens to the transport of a delivery.
package enum TransportEvent: Hashable, Sendable {
    case receiptVerified, refusalVerified, heldByOperator, releasedByOperator, withdrawnByPerson
}

extension TransportState {
    /// The state after an event, or `nil` where the event does not apply. A late receipt always counts, also after a
    /// refusal or a hold: it proves that the recipient holds the message.
    package func after(_ event: TransportEvent) -> TransportState? {
        switch (self, event) {
        case (.open, .receiptVerified), (.refused, .receiptVerified), (.held, .receiptVerified): .receipted
        case (.open, .refusalVerified), (.held, .refusalVerified): .refused
        case (.open, .heldByOperator): .held
        case (.held, .releasedByOperator): .open
        case (.open, .withdrawnByPerson), (.held, .withdrawnByPerson), (.refused, .withdrawnByPerson): .withdrawn
        case (.withdrawn, .receiptVerified): .receipted
        default: nil
        }
    }
}

extension FollowUp {
    /// Never backward: an L2 that arrives after its L3 changes nothing.
    package func after(_ acknowledgement: AcknowledgementStep) -> FollowUp? {
        switch (self, acknowledgement) {
        case (.none, .owned): .owned
        case (.none, .declined): .declined
        case (.none, .concluded), (.owned, .concluded), (.declined, .concluded): .concluded
        default: nil
        }
    }
}

/// One L2 or L3, as the receiving node sees it.
public enum AcknowledgementStep: String, CaseIterable, Hashable, Sendable {
    case owned, declined, concluded
}

/// Where a received message stands, who brought it there, and when.
public struct InboxStanding: Hashable, Sendable {
    public let state: InboxState
    /// The duty role that took the last step; empty before the first.
    public let role: String
    /// `nil` before the first step.
    public let movedAt: Timestamp?

    package init(state: InboxState, role: String, movedAt: Timestamp?) {
        self.state = state
        self.role = role
        self.movedAt = movedAt
    }
}

/// Where a received message stands with the people of this organisation.
public enum InboxState: String, CaseIterable, Hashable, Sendable {
    case ready, owned, declined, concluded

    /// The state after one of this organisation's own steps, or `nil` where it does not apply.
    package func after(_ step: AcknowledgementStep) -> InboxState? {
        switch (self, step) {
        case (.ready, .owned): .owned
        case (.ready, .declined): .declined
        case (.owned, .concluded): .concluded
        default: nil
        }
    }
}

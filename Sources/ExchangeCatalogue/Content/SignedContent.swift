package import ExchangeCore

/// One organisation that is told, and the place of this message in what it was told before.
package struct Recipient: Hashable, Sendable {
    package let party: Party
    /// The id of the sender's previous message to it in this case. It keeps order per case and sender.
    package let previous: MessageID?

    package init(_ party: Party, previous: MessageID? = nil) {
        self.party = party
        self.previous = previous
    }
}

/// What is inside the signature of a message (`protocol.md` §3). Read and written by ``ContentCodec``.
package struct SignedContent: Equatable, Sendable {
    package var id: MessageID
    package var type: MessageType
    package var sender: Party
    /// All of them, the same for each: everybody sees who else was told.
    package var recipients: [Recipient]
    package var caseRef: CaseReference
    package var conversation: ConversationID
    package var inReplyTo: MessageID?
    package var supersedes: MessageID?
    package var created: Timestamp
    package var priority: Priority
    package var purpose: PurposeURI
    /// Codes of ``CodeList/legalBasis``.
    package var legalBasis: [String]
    package var handling: HandlingCode
    /// The members that the type of the message defines; see ``Catalogue/validate(_:)``.
    package var body: JSONObject
    package var attachments: [AttachmentDescriptor]

    package static let recipientCountRange = 1...ProtocolLimits.messageMaximumRecipients
    package static let legalBasisCountRange = 1...8
    package static let attachmentCountLimit = ProtocolLimits.messageMaximumAttachments

    package init(
        id: MessageID, type: MessageType, sender: Party, recipients: [Recipient], caseRef: CaseReference,
        conversation: ConversationID, inReplyTo: MessageID? = nil, supersedes: MessageID? = nil, created: Timestamp,
        priority: Priority, purpose: PurposeURI, legalBasis: [String], handling: HandlingCode, body: JSONObject,
        attachments: [AttachmentDescriptor] = []
    ) {
        self.id = id
        self.type = type
        self.sender = sender
        self.recipients = recipients
        self.caseRef = caseRef
        self.conversation = conversation
        self.inReplyTo = inReplyTo
        self.supersedes = supersedes
        self.created = created
        self.priority = priority
        self.purpose = purpose
        self.legalBasis = legalBasis
        self.handling = handling
        self.body = body
        self.attachments = attachments
    }
}

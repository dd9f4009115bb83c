package import ExchangeCore

/// What an agency hands to its own node: a message without what the node adds (id, time, sender, order, padding).
package struct Submission: Equatable, Sendable {
    /// Whom the agency names as a recipient.
    package enum Addressee: Hashable, Sendable {
        case party(Party)
        /// Whichever organisation of the directory has the role; there must be exactly one.
        case role(Role)
    }

    package let type: MessageType
    /// In which of its roles the organisation sends; needed where it has several.
    package let role: Role?
    /// `nil` where the duty roles of the type are to be told.
    package let recipients: [Addressee]?
    /// `nil` for a new case.
    package let caseRef: CaseReference?
    package let conversation: ConversationID?
    package let inReplyTo: MessageID?
    package let supersedes: MessageID?
    /// `nil` for what the type demands; see ``MessageTypeDefinition/priority(for:)``.
    package let priority: Priority?
    package let purpose: PurposeURI
    package let legalBasis: [String]
    package let handling: HandlingCode?
    package let body: JSONObject

    static let members = [
        "type", "version", "role", "recipients", "caseRef", "conversation", "inReplyTo", "supersedes", "priority",
        "purpose", "legalBasis", "handling", "body",
    ]

    /// Reads one JSON object of at most 64 KiB, strictly.
    ///
    /// The form is checked here. Whether the type allows it is checked by ``Catalogue/validate(_:)`` on the content
    /// that ``content(as:id:created:sender:recipients:caseRef:conversation:attachments:)`` makes of it.
    /// - Throws: ``ContentError`` for the first fault.
    package static func parse(_ bytes: [UInt8]) throws(ContentError) -> Submission {
        try Submission(ObjectReader(ContentCodec.parse(bytes), at: .document, members: members))
    }

    private init(_ reader: ObjectReader) throws(ContentError) {
        type = try Self.messageType(reader)
        role = reader.optional("role") == nil ? nil : try reader.code("role", of: .role, as: Role.self)
        recipients = reader.optional("recipients") == nil ? nil : try Self.addressees(reader)
        caseRef = try reader.optionallyParsed("caseRef", form: Form.caseReference) { CaseReference($0) }
        conversation = try reader.optionalMessageID("conversation")
        inReplyTo = try reader.optionalMessageID("inReplyTo")
        supersedes = try reader.optionalMessageID("supersedes")
        priority =
            reader.optional("priority") == nil
            ? nil : try reader.code("priority", of: .requestPriority, as: Priority.self)
        purpose = try reader.parsed("purpose", form: Form.purpose, PurposeURI.init)
        legalBasis = try ContentCodec.legalBasis(reader)
        handling =
            reader.optional("handling") == nil
            ? nil : try reader.code("handling", of: .trafficLightProtocol, as: HandlingCode.self)
        body = try ContentCodec.body(reader)
    }

    private static func messageType(_ reader: ObjectReader) throws(ContentError) -> MessageType {
        let version = reader.optional("version") == nil ? 1 : Int(try reader.integer("version", in: 1...99))
        return try reader.parsed("type", form: Form.messageTypeCode) { MessageType(code: $0, version: version) }
    }

    private static func addressees(_ reader: ObjectReader) throws(ContentError) -> [Addressee] {
        var addressees: [Addressee] = []
        for value in try reader.elements("recipients", count: SignedContent.recipientCountRange) {
            let path = FieldPath("recipients").element(addressees.count)
            if case .string(let text) = value {
                guard CodeList.role.contains(text), let role = Role(rawValue: text) else {
                    throw CodeList.role.refusal(at: path)
                }
                addressees.append(.role(role))
            } else {
                addressees.append(.party(try Party(value, at: path)))
            }
        }
        return addressees
    }

    /// What is to be sealed. The defaults of the type stand in for what the agency left open.
    ///
    /// - Parameters:
    ///   - definition: that of ``type``.
    ///   - recipients: made from ``parties(as:sender:answering:organisations:)``, each with its previous message.
    ///   - caseRef: for a submission that names none: a fresh one.
    ///   - conversation: for a submission that names none: that of the answered message, or `id` for a new one.
    package func content(
        as definition: MessageTypeDefinition, id: MessageID, created: Timestamp, sender: Party,
        recipients: [Recipient], caseRef: CaseReference, conversation: ConversationID,
        attachments: [AttachmentDescriptor] = []
    ) -> SignedContent {
        SignedContent(
            id: id, type: type, sender: sender, recipients: recipients, caseRef: self.caseRef ?? caseRef,
            conversation: self.conversation ?? conversation, inReplyTo: inReplyTo, supersedes: supersedes,
            created: created, priority: priority ?? definition.priority(for: body), purpose: purpose,
            legalBasis: legalBasis, handling: handling ?? definition.defaultHandling, body: body,
            attachments: attachments)
    }
}

import ExchangeCore

/// Writes and reads the bytes that are signed: one JSON object, its members in a fixed order, padded to a Padmé size.
///
/// Reading checks the form of everything outside the body; what a type demands of its body and its parties is checked
/// by ``Catalogue/validate(_:)``.
package enum ContentCodec {
    /// The names of the members in the order in which they are written. `padding` is always the last.
    static let members = [
        "id", "type", "version", "sender", "recipients", "caseRef", "conversation", "inReplyTo", "supersedes",
        "created", "priority", "purpose", "legalBasis", "handling", "body", "attachments", "padding",
    ]

    /// - Returns: the same bytes for the same content, at most 64 KiB, of a Padmé size.
    /// - Throws: ``ContentError`` where ``decode(_:)`` would refuse the result.
    package static func encode(_ content: SignedContent) throws(ContentError) -> [UInt8] {
        try content.checkConsistency()
        var object = JSONObject()
        object["id"] = .string(content.id.description)
        object["type"] = .string(content.type.code)
        object["version"] = .integer(Int64(content.type.version))
        object["sender"] = .object(content.sender.members)
        object["recipients"] = .array(content.recipients.map(\.json))
        object["caseRef"] = .string(content.caseRef.description)
        object["conversation"] = .string(content.conversation.description)
        object["inReplyTo"] = content.inReplyTo.map { .string($0.description) }
        object["supersedes"] = content.supersedes.map { .string($0.description) }
        object["created"] = .string(content.created.description)
        object["priority"] = .string(content.priority.rawValue)
        object["purpose"] = .string(content.purpose.text)
        object["legalBasis"] = .array(content.legalBasis.map { .string($0) })
        object["handling"] = .string(content.handling.rawValue)
        object["body"] = .object(content.body)
        object["attachments"] = .array(content.attachments.map(\.json))
        object["padding"] = ""
        do throws(JSONError) {
            var bytes = try JSONWriter.write(.object(object))
            // The padding is the last member and empty so far: the zeros go between its quotes. 64 KiB is a Padmé
            // size, so that what fits without padding fits with it.
            let zeroCount = Padme.size(atLeast: bytes.count) - bytes.count
            bytes.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: zeroCount), at: bytes.count - 2)
            return bytes
        } catch {
            throw ContentError(error)
        }
    }

    /// - Throws: ``ContentError`` for the first fault: size, JSON, padding, then the members in their order.
    package static func decode(_ bytes: [UInt8]) throws(ContentError) -> SignedContent {
        let document = try parse(bytes)
        let reader = try ObjectReader(document, at: .document, members: members)
        try checkPadding(document, reader, byteCount: bytes.count)
        let content = SignedContent(
            id: try reader.messageID("id"),
            type: try messageType(reader),
            sender: try Party(reader.required("sender"), at: FieldPath("sender")),
            recipients: try recipients(reader),
            caseRef: try reader.parsed("caseRef", form: Form.caseReference) { CaseReference($0) },
            conversation: try reader.messageID("conversation"),
            inReplyTo: try reader.optionalMessageID("inReplyTo"),
            supersedes: try reader.optionalMessageID("supersedes"),
            created: try reader.parsed("created", form: Form.timestamp) { Timestamp($0) },
            priority: try reader.code("priority", of: .requestPriority, as: Priority.self),
            purpose: try reader.parsed("purpose", form: Form.purpose, PurposeURI.init),
            legalBasis: try legalBasis(reader),
            handling: try reader.code("handling", of: .trafficLightProtocol, as: HandlingCode.self),
            body: try body(reader),
            attachments: try attachments(reader))
        try content.checkConsistency()
        return content
    }

    static func parse(_ bytes: [UInt8]) throws(ContentError) -> JSONValue {
        do throws(JSONError) { return try JSONParser.parse(bytes) } catch { throw ContentError(error) }
    }

    private static func checkPadding(
        _ document: JSONValue, _ reader: ObjectReader, byteCount: Int
    ) throws(ContentError) {
        let padding = try reader.text("padding")
        let path = FieldPath("padding")
        guard padding.utf8.allSatisfy({ $0 == UInt8(ascii: "0") }) else {
            throw ContentError(.paddingInvalid, at: path, "pad with the digit 0 only: padding must carry nothing")
        }
        guard case .object(let object) = document, object.members.last?.name == "padding" else {
            throw ContentError(.paddingInvalid, at: path, "make the padding the last member")
        }
        guard byteCount == Padme.size(atLeast: byteCount) else {
            throw ContentError(
                .paddingInvalid, at: path, "pad the content to \(Padme.size(atLeast: byteCount)) bytes, a Padmé size")
        }
    }

    static func messageType(_ reader: ObjectReader) throws(ContentError) -> MessageType {
        let version = Int(try reader.integer("version", in: 1...99))
        return try reader.parsed("type", form: Form.messageTypeCode) { MessageType(code: $0, version: version) }
    }

    private static func recipients(_ reader: ObjectReader) throws(ContentError) -> [Recipient] {
        var recipients: [Recipient] = []
        for value in try reader.elements("recipients", count: SignedContent.recipientCountRange) {
            let path = FieldPath("recipients").element(recipients.count)
            let entry = try ObjectReader(value, at: path, members: ["oin", "role", "previous"])
            recipients.append(Recipient(try Party(entry), previous: try entry.optionalMessageID("previous")))
        }
        return recipients
    }

    static func legalBasis(_ reader: ObjectReader) throws(ContentError) -> [String] {
        var codes: [String] = []
        for value in try reader.elements("legalBasis", count: SignedContent.legalBasisCountRange) {
            codes.append(try ObjectReader.text(value, at: FieldPath("legalBasis").element(codes.count)))
        }
        return codes
    }

    static func body(_ reader: ObjectReader) throws(ContentError) -> JSONObject {
        guard case .object(let body) = try reader.required("body") else {
            throw reader.invalid("body", "put an object here")
        }
        return body
    }

    private static func attachments(_ reader: ObjectReader) throws(ContentError) -> [AttachmentDescriptor] {
        var attachments: [AttachmentDescriptor] = []
        for value in try reader.elements("attachments", count: 0...SignedContent.attachmentCountLimit) {
            let path = FieldPath("attachments").element(attachments.count)
            attachments.append(try AttachmentDescriptor(value, at: path))
        }
        return attachments
    }
}

extension Party {
    static let members = ["oin", "role"]

    init(_ value: JSONValue, at path: FieldPath) throws(ContentError) {
        try self.init(ObjectReader(value, at: path, members: Self.members))
    }

    init(_ reader: ObjectReader) throws(ContentError) {
        self.init(
            oin: try reader.parsed("oin", form: Form.oin) { OIN($0) },
            role: try reader.code("role", of: .role, as: Role.self))
    }

    var members: JSONObject {
        var object = JSONObject()
        object["oin"] = .string(oin.text)
        object["role"] = .string(role.rawValue)
        return object
    }
}

extension Recipient {
    fileprivate var json: JSONValue {
        var object = party.members
        object["previous"] = previous.map { .string($0.description) }
        return .object(object)
    }
}

extension JSONSchema {
    /// The name of the file that holds the schema of signed content.
    package static let contentFileName = "content.v1.schema.json"

    /// The schema of signed content but for its body, which `$defs/body` of the type's schema describes.
    package static var contentDocument: JSONValue {
        var document = JSONObject()
        document["$schema"] = .string(draft)
        document["title"] = "Signed content"
        document["description"] = .string(
            "What is inside the signature of a message: at most 65536 bytes and 16 deep, no member twice, padded to a "
                + "Padmé size. The body is described by the schema of its type.")
        document["type"] = "object"
        document["required"] = .strings(
            ContentCodec.members.filter { $0 != "inReplyTo" && $0 != "supersedes" })
        document["additionalProperties"] = false
        document["properties"] = .object(contentMembers)
        var definitions = JSONObject()
        for list in [CodeList.role, .requestPriority, .trafficLightProtocol, .legalBasis] {
            definitions[list.id] = FieldSchema.definition(of: list)
        }
        document["$defs"] = .object(definitions)
        return .object(document)
    }

    private static var contentMembers: JSONObject {
        var members = JSONObject()
        members["id"] = FieldSchema.schema(.messageID)
        members["type"] = FieldSchema.pattern("^[A-Z]{3}-[0-9]{2}$")
        members["version"] = FieldSchema.schema(.integer(1...99))
        members["sender"] = FieldSchema.schema(.party)
        members["recipients"] = .described(
            FieldSchema.schema(.array(.object(recipientFields), count: SignedContent.recipientCountRange)),
            "All recipients, the same list for each.")
        members["caseRef"] = FieldSchema.schema(.caseReference)
        members["conversation"] = .described(
            FieldSchema.schema(.messageID), "The id of the first message of the conversation.")
        members["inReplyTo"] = FieldSchema.schema(.messageID)
        members["supersedes"] = FieldSchema.schema(.messageID)
        members["created"] = FieldSchema.schema(.timestamp)
        members["priority"] = FieldSchema.reference(to: .requestPriority)
        members["purpose"] = .described(purpose, "The URI of the processing activity.")
        members["legalBasis"] = legalBasis
        members["handling"] = FieldSchema.reference(to: .trafficLightProtocol)
        members["body"] = ["type": "object"]
        members["attachments"] = FieldSchema.array(
            of: attachment, count: 0...SignedContent.attachmentCountLimit)
        members["padding"] = .described(FieldSchema.pattern("^0*$"), "The last member; zeros up to a Padmé size.")
        return members
    }

    private static let recipientFields: [Field] = [
        .required("oin", .oin, "Its number."),
        .required("role", .code(.role), "Its role."),
        .optional("previous", .messageID, "The sender's previous message to it in this case."),
    ]

    private static var attachment: JSONValue {
        let name: JSONValue = [
            "type": "string", "minLength": 1, "pattern": "^[^/\\\\]+$",
            "maxLength": .integer(Int64(AttachmentDescriptor.nameByteCountLimit)),
        ]
        return [
            "type": "object", "required": .strings(AttachmentDescriptor.members.filter { $0 != "name" }),
            "additionalProperties": false,
            "properties": [
                "name": name,
                "mediaType": FieldSchema.pattern("^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$"),
                "byteCount": FieldSchema.schema(.integer(AttachmentDescriptor.byteCountRange)),
                "chunkByteCount": FieldSchema.schema(.integer(AttachmentDescriptor.chunkByteCountRange)),
                "sha256": FieldSchema.schema(.digest),
                "key": FieldSchema.schema(.digest),
            ],
        ]
    }
}

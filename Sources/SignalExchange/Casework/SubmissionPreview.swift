import ExchangeCatalogue
import ExchangeCore

/// What a submission would send, field by field, to whom and on what ground; and whom it leaves out.
struct SubmissionPreview: Sendable {
    /// A role that must be told of this type and is not among the recipients.
    struct LeftOut: Hashable, Sendable {
        let role: Role
        /// Why it must be told.
        let ground: String
    }

    let content: SignedContent
    let definition: MessageTypeDefinition
    let directory: Directory

    private var audience: Audience {
        directory.routing.audience(of: definition, sentAs: content.sender.role, body: content.body)
    }

    /// Duty roles that somebody in the directory has and nobody among the recipients.
    var leftOut: [LeftOut] {
        let audience = audience
        return audience.duties.compactMap { duty in
            guard case .role(let role) = duty,
                directory.members(with: role).contains(where: { $0.oin != content.sender.oin }),
                !content.recipients.contains(where: { recipient in
                    recipient.party.role == role
                        || directory.member(recipient.party.oin)?.roles.contains(role) == true
                })
            else { return nil }
            return LeftOut(role: role, ground: audience.groundOfDuty)
        }
    }

    var leftOutDocument: JSONValue {
        .array(leftOut.map { ["role": .string($0.role.rawValue), "ground": .string($0.ground)] })
    }

    var document: JSONValue {
        let (audience, duties) = (audience, audience.duties)
        var object = JSONObject()
        object["type"] = .string(content.type.code)
        object["version"] = .integer(Int64(content.type.version))
        object["title"] = .string(definition.title.english)
        object["role"] = .string(content.sender.role.rawValue)
        object["priority"] = .string(content.priority.rawValue)
        object["handling"] = .string(content.handling.rawValue)
        object["purpose"] = .string(content.purpose.text)
        object["legalBasis"] = .array(content.legalBasis.map { .string($0) })
        object["recipients"] = .array(
            content.recipients.map { recipient in
                let isDuty = duties.contains(.role(recipient.party.role))
                return [
                    "oin": .string(recipient.party.oin.text),
                    "name": .string(directory.member(recipient.party.oin)?.name ?? ""),
                    "role": .string(recipient.party.role.rawValue),
                    "ground": .string(
                        isDuty
                            ? "must be told of this type, by \(audience.ground)"
                            : duties.contains(.senderOfAnsweredMessage)
                                ? "is answered, or may be told of this type, by \(audience.ground)"
                                : "may be told of this type, by \(audience.ground)"),
                ]
            })
        object["directoryVersion"] = .integer(directory.version)
        object["routingRule"] = audience.agreement.map { .integer(Int64($0.number)) } ?? .null
        object["leftOut"] = leftOutDocument
        object["fields"] = .array(Self.rows(of: .object(content.body), definition.fields, at: "body"))
        return .object(object)
    }

    /// Each value with what it means; all recipients get all of them.
    private static func rows(of value: JSONValue, _ fields: [Field], at path: String) -> [JSONValue] {
        guard case .object(let object) = value else { return [] }
        return fields.flatMap { field -> [JSONValue] in
            guard let member = object[field.name] else { return [] }
            let place = "\(path).\(field.name)"
            switch (field.kind, member) {
            case (.object(let inner), _): return rows(of: member, inner, at: place)
            case (.array(.object(let inner), _), .array(let elements)):
                return elements.enumerated().flatMap { rows(of: $1, inner, at: "\(place)[\($0)]") }
            default: return [["field": .string(place), "value": member, "meaning": .string(field.meaning)]]
            }
        }
    }
}

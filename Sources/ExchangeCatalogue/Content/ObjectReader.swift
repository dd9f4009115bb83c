package import ExchangeCore

/// Reads the members of one object strictly: a member that is not foreseen is refused by name, a member that is not
/// there or has another form is refused with its path.
package struct ObjectReader {
    private let object: JSONObject
    package let path: FieldPath

    /// - Parameter members: every name that may stand in the object.
    /// - Throws: ``ContentError`` if the value is no object, or for the first unforeseen member.
    package init(_ value: JSONValue, at path: FieldPath, members: [String]) throws(ContentError) {
        guard case .object(let object) = value else {
            throw ContentError(.fieldInvalid, at: path, "put an object here, not \(value.kindName)")
        }
        for member in object.members where !members.contains(where: member.name.hasSameCodeUnits(as:)) {
            throw ContentError(
                .fieldUnknown, at: path.member(member.name), allowed: members,
                "remove this member; allowed are \(members.joined(separator: ", "))")
        }
        self.object = object
        self.path = path
    }

    package func optional(_ name: String) -> JSONValue? { object[name] }

    package func required(_ name: String) throws(ContentError) -> JSONValue {
        guard let value = object[name] else {
            throw ContentError(.fieldMissing, at: path.member(name), "add the member \(name)")
        }
        return value
    }

    package func text(_ name: String) throws(ContentError) -> String {
        try Self.text(required(name), at: path.member(name))
    }

    package func integer(_ name: String, in range: ClosedRange<Int64>) throws(ContentError) -> Int64 {
        guard case .integer(let value) = try required(name), range.contains(value) else {
            throw invalid(name, "put an integer from \(range.lowerBound) to \(range.upperBound) here")
        }
        return value
    }

    package func elements(_ name: String, count: ClosedRange<Int>) throws(ContentError) -> [JSONValue] {
        guard case .array(let elements) = try required(name) else { throw invalid(name, "put an array here") }
        guard count.contains(elements.count) else {
            throw invalid(name, "put \(count.lowerBound) to \(count.upperBound) elements here, not \(elements.count)")
        }
        return elements
    }

    /// Reads text that a type of the core understands or not, such as an OIN.
    package func parsed<Value>(
        _ name: String, form: String, _ parse: (String) -> Value?
    ) throws(ContentError) -> Value {
        guard let value = parse(try text(name)) else { throw invalid(name, "put \(form) here") }
        return value
    }

    /// As ``parsed(_:form:_:)``, and `nil` where the member is absent.
    package func optionallyParsed<Value>(
        _ name: String, form: String, _ parse: (String) -> Value?
    ) throws(ContentError) -> Value? {
        optional(name) == nil ? nil : try parsed(name, form: form, parse)
    }

    package func messageID(_ name: String) throws(ContentError) -> MessageID {
        try parsed(name, form: Form.messageID) { MessageID($0) }
    }

    package func optionalMessageID(_ name: String) throws(ContentError) -> MessageID? {
        try optionallyParsed(name, form: Form.messageID) { MessageID($0) }
    }

    /// Reads a code whose list is one of the core's enumerations.
    package func code<Value: RawRepresentable<String>>(
        _ name: String, of list: CodeList, as: Value.Type
    ) throws(ContentError) -> Value {
        let text = try text(name)
        guard list.contains(text), let value = Value(rawValue: text) else {
            throw list.refusal(at: path.member(name))
        }
        return value
    }

    package static func text(_ value: JSONValue, at path: FieldPath) throws(ContentError) -> String {
        guard case .string(let text) = value else {
            throw ContentError(.fieldInvalid, at: path, "put a string here, not \(value.kindName)")
        }
        return text
    }

    package func invalid(_ name: String, _ message: String) -> ContentError {
        ContentError(.fieldInvalid, at: path.member(name), message)
    }
}

/// The forms of text, in the words in which an error asks for them.
enum Form {
    static let messageID = "a message id (a UUIDv7 in lower case)"
    static let caseReference = "a case reference (a UUIDv4 in lower case)"
    static let oin = "an OIN (20 positions: eight digits, then digits or capitals)"
    static let timestamp = "a time such as 2026-11-23T17:14:48.123Z (UTC, three decimals)"
    static let digest = "a SHA-256 digest (64 hexadecimal digits in lower case)"
    static let messageTypeCode = "a message type such as SIG-01"
    static let purpose =
        "an absolute URI of at most \(PurposeURI.byteCountLimit) bytes that names the processing activity"
}

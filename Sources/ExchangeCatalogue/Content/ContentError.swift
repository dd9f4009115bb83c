/// Why content, or what an agency hands in, is refused: a stable code, the field, the code list where one is broken,
/// and a message that says what to do.
///
/// Refused values are never repeated in it: they may be a child's name in the wrong field, and errors go into logs
/// and into refusals that are kept.
package struct ContentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable: partners and agencies act on them (`protocol.md` §7.2).
    package enum Code: String, CaseIterable, Sendable {
        case contentTooLarge = "content-too-large"
        case contentTooDeep = "content-too-deep"
        case contentMalformed = "content-malformed"
        case duplicateMember = "duplicate-member"
        case fieldMissing = "field-missing"
        case fieldUnknown = "field-unknown"
        case fieldInvalid = "field-invalid"
        case codeUnknown = "code-unknown"
        case ruleViolated = "rule-violated"
        case typeUnknown = "type-unknown"
        case versionUnknown = "version-unknown"
        case senderNotEntitled = "sender-not-entitled"
        case recipientNotEntitled = "recipient-not-entitled"
        case recipientUnresolved = "recipient-unresolved"
        case paddingInvalid = "padding-invalid"
    }

    /// A code list as a refusal names it.
    package struct ListReference: Hashable, Sendable, CustomStringConvertible {
        package let id: String
        package let version: String
        package var description: String { "\(id) version \(version)" }
    }

    package let code: Code
    package let path: FieldPath
    /// Bytes before the fault, where the fault is one of the JSON text.
    package let byteOffset: Int?
    /// The list whose codes are allowed here, where there is one.
    package let list: ListReference?
    /// What may stand here, in the order of its list; empty where that cannot be enumerated.
    package let allowed: [String]
    /// The name of the rule that was broken; see ``Rule/name``.
    package let rule: String?
    /// What to do, without a value of the document in it.
    package let message: String
    /// The fault of the JSON text, where that is the cause.
    package let cause: JSONError?

    package init(
        _ code: Code, at path: FieldPath, list: ListReference? = nil, allowed: [String] = [], rule: String? = nil,
        _ message: String
    ) {
        self.code = code
        self.path = path
        self.byteOffset = nil
        self.list = list
        self.allowed = allowed
        self.rule = rule
        self.message = message
        self.cause = nil
    }

    package init(_ error: JSONError) {
        code =
            switch error.code {
            case .tooLarge: .contentTooLarge
            case .tooDeep: .contentTooDeep
            case .duplicateMember: .duplicateMember
            case .malformed, .notUTF8, .loneSurrogate, .numberNotInteger, .numberOutOfRange, .trailingBytes:
                .contentMalformed
            }
        path = error.path
        byteOffset = error.byteOffset
        list = nil
        allowed = []
        rule = nil
        message = error.message
        cause = error
    }

    /// One line: code, field, what to do.
    package var description: String {
        let place = byteOffset.map { "\(path) (byte \($0))" } ?? path.description
        return "\(code.rawValue) at \(place): \(message)"
    }
}

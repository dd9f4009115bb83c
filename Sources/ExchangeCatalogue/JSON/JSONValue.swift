/// A JSON value (RFC 8259 §3) of the restricted kind that messages use: numbers are integers (I-JSON, RFC 7493 §2.2).
///
/// Strings are compared code unit by code unit (RFC 8259 §8.3). Swift's own comparison takes canonically equivalent
/// text as equal, so that U+212A KELVIN SIGN would pass for the letter K of a country code.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The integers that every JSON implementation holds exactly: ±(2^53 − 1) (RFC 7493 §2.2).
    package static let integerRange: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// How deep containers are nested: 0 for a scalar, 1 for an empty object or array.
    package var depth: Int {
        switch self {
        case .null, .bool, .integer, .string: 0
        case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map(\.value.depth).max() ?? 0)
        }
    }

    /// What the value is, in the words of RFC 8259, for messages to people.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.string(let left), .string(let right)): left.hasSameCodeUnits(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// A literal that names a member twice is a fault of ours and stops the process.
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in members {
            precondition(object[name] == nil, "the literal names the member \(name) twice")
            object[name] = value
        }
        self = .object(object)
    }
}

/// An object whose members keep their order and whose names are unique.
package struct JSONObject: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        package let name: String
        package var value: JSONValue

        package static func == (left: Self, right: Self) -> Bool {
            left.name.hasSameCodeUnits(as: right.name) && left.value == right.value
        }
    }

    /// In the order in which they were written.
    package private(set) var members: [Member]

    package init() { members = [] }

    /// For the parser, which has refused duplicate names already, with their place.
    init(uniqueMembers: [Member]) { members = uniqueMembers }

    package var isEmpty: Bool { members.isEmpty }

    /// Reading is by exact name. Setting replaces in place, appends what is new, and removes on `nil`.
    package subscript(name: String) -> JSONValue? {
        get { members.first { $0.name.hasSameCodeUnits(as: name) }?.value }
        set {
            let index = members.firstIndex { $0.name.hasSameCodeUnits(as: name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension String {
    /// Equality of code units, where `==` would be equality of canonical equivalents.
    package func hasSameCodeUnits(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

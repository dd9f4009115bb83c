package import ExchangeCore

// How the pages and the terminal say what definitions have as values.

extension MessageTypeDefinition.Duty {
    package var inWords: String {
        switch self {
        case .role(let role): role.rawValue
        case .senderOfAnsweredMessage: "the sender of the answered message"
        }
    }
}

extension ExpectedMessage.Bearer {
    package var inWords: String {
        switch self {
        case .eachRecipient: "of each recipient"
        case .role(let role): "of \(role.rawValue)"
        case .senderOfAnsweredMessage: "of whoever sent the answered message"
        }
    }
}

extension [Role] {
    package var inWords: String { self == Role.allCases ? "any role" : map(\.rawValue).joined(separator: ", ") }
}

extension Milliseconds {
    /// Whole days or hours; what the catalogue names is one of both.
    package var inWords: String {
        let hours = count / Milliseconds.hours(1).count
        return hours >= 48 && hours % 24 == 0 ? "\(hours / 24) days" : "\(hours) h"
    }
}

extension JSONValue {
    /// A condition's value, as a page shows it.
    package var inWords: String {
        switch self {
        case .bool(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .string(let text): "`\(text)`"
        case .null, .array, .object: kindName
        }
    }
}

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

extension ExpectedMessage {
    /// By when it is expected, and how much it presses then.
    ///
    /// - Parameter code: how a name of the body is marked.
    package func termInWords(marking code: (String) -> String) -> String {
        let span = within.map { "within \($0.inWords)" }
        let time =
            dueMember.map { "by \(code($0))" + (span.map { " and \($0)" } ?? "") } ?? span
            ?? "by the clock of the priority"
        return time + (pressing.map { ", \(code($0.rawValue)) from then on" } ?? "")
            + (drafts.map { ", with \($0) drafted" } ?? "")
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

import ExchangeCatalogue

/// What a session is told, by one line.
struct LabCommand: Hashable, Sendable {
    enum Verb: String, CaseIterable, Sendable {
        case kill, stop, start, restart, pause, resume, partition, heal, quit

        /// How many nodes it may be given.
        var nodeCounts: [Int] {
            switch self {
            case .kill, .stop, .start, .restart, .pause, .resume: [1]
            case .partition: [1, 2]
            case .heal: [0, 2]
            case .quit: [0]
            }
        }
    }

    let verb: Verb
    let nodes: [String]

    /// - Parameter line: words, such as `kill nidos`, or a JSON object, such as `{"do":"kill","node":"nidos"}`.
    init(_ line: String) throws(LabCommandError) {
        let words = line.hasPrefix("{") ? try Self.words(ofJSON: line) : line.split(separator: " ").map(String.init)
        guard let first = words.first, let verb = Verb(rawValue: first) else {
            let names = Verb.allCases.map(\.rawValue).joined(separator: ", ")
            throw LabCommandError(.commandUnknown, "there is no command `\(words.first ?? "")`; use one of \(names)")
        }
        nodes = Array(words.dropFirst())
        guard verb.nodeCounts.contains(nodes.count) else {
            let counts = verb.nodeCounts.map(String.init).joined(separator: " or ")
            throw LabCommandError(.commandUnknown, "\(verb.rawValue) takes \(counts) nodes, not \(nodes.count)")
        }
        self.verb = verb
    }

    private static func words(ofJSON line: String) throws(LabCommandError) -> [String] {
        let value: JSONValue
        do {
            value = try JSONParser.parse(Array(line.utf8))
        } catch {
            throw LabCommandError(.commandUnknown, "the line is no JSON: \(error)")
        }
        guard case .object(let object) = value, object.members.allSatisfy({ ["do", "node", "from"].contains($0.name) })
        else {
            throw LabCommandError(
                .commandUnknown, "a command is an object with `do`, and `node` and `from` where it has them")
        }
        let words = ["do", "node", "from"].compactMap { name -> String? in
            if case .string(let text)? = object[name] { text } else { nil }
        }
        guard words.count == object.members.count else {
            throw LabCommandError(.commandUnknown, "`do`, `node` and `from` are strings")
        }
        return words
    }
}

/// A line that is no command.
struct LabCommandError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: String, Sendable {
        case commandUnknown = "command-unknown"
    }

    let code: Code
    let message: String

    var description: String { "\(code.rawValue): \(message)" }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

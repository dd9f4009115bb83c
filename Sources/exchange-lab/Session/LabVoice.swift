import ExchangeCatalogue
import ExchangeTesting
import Foundation
import SignalExchange

/// What a session says, one line at a time, at once: as JSON for programs, or as text for people.
struct LabVoice: Sendable {
    let printsJSON: Bool

    func introduce(_ node: LocalNode) throws {
        try say(
            [
                "node": .string(node.name), "oin": .string(node.oin), "role": .string(node.role),
                "endpoint": .string(node.endpoint), "socket": .string(node.socket.path),
                "folder": .string(node.folder.path),
            ],
            "\(node.name)  \(node.oin)  \(node.role)  \(node.endpoint)  \(node.folder.path)")
    }

    func beReady() throws { try say(["ready": true], "ready; `exchange-lab lab --help` has the commands") }

    func confirm(_ command: LabCommand) throws {
        var object = JSONObject()
        object["done"] = .string(command.verb.rawValue)
        for (name, node) in zip(["node", "from"], command.nodes) { object[name] = .string(node) }
        try say(.object(object), "done: " + ([command.verb.rawValue] + command.nodes).joined(separator: " "))
    }

    func complain(of error: any Error) throws {
        let (code, text) = Self.explain(error)
        try say(["error": .string(text), "code": .string(code)], "error: \(code): \(text)")
    }

    /// The stable code of an error, and its words.
    private static func explain(_ error: any Error) -> (code: String, text: String) {
        switch error {
        case let error as LocalExchangeError: (error.code.rawValue, error.message)
        case let error as LabCommandError: (error.code.rawValue, error.message)
        case let error as NodeError: (error.code.rawValue, error.message)
        case let error as DeadlineExceeded: ("deadline-exceeded", "\(error)")
        default: ("internal-fault", "\(error)")
        }
    }

    /// - Throws: what writing throws, where nobody reads any more.
    private func say(_ value: JSONValue, _ text: String) throws {
        let line = printsJSON ? String(decoding: try JSONWriter.write(value), as: UTF8.self) : text
        try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}

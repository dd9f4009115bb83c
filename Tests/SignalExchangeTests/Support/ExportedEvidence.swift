import ExchangeCatalogue
import ExchangeTesting
import Foundation
import Testing

/// A folder that `evidence export` made, as a third party has it: files, a text with commands, and nothing of ours.
struct ExportedEvidence {
    let folder: URL

    func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// All files, by their names in the folder.
    func names() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder.appending(path: $0).path, isDirectory: &isFolder)
            return !isFolder.boolValue
        }.sorted()
    }

    /// The commands of README.txt, as they are printed: each indented, with its lines after a backslash.
    func commands() throws -> [String] {
        var commands: [String] = []
        var isOpen = false
        for line in try text("README.txt").split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("    ") else {
                isOpen = false
                continue
            }
            if isOpen { commands[commands.count - 1] += "\n" + line } else { commands.append(String(line)) }
            isOpen = line.hasSuffix("\\")
        }
        return commands
    }

    /// Those that verify one signed file.
    func verifications(of name: String) throws -> [String] {
        try commands().filter {
            $0.contains("cms -verify_receipt \(name) ") || $0.contains("cms -verify -binary -inform DER -in \(name) ")
        }
    }

    /// Runs a command as a third party would, from inside the folder.
    func run(_ command: String) async throws -> Command {
        try await Command.run("env", ["-C", folder.path, "sh", "-c", command])
    }

    func verify(_ arguments: String...) async throws -> Command {
        try await Command.run(
            NodeProcess.builtExecutable.path, ["evidence", "verify", folder.path] + arguments)
    }

    /// Runs `body` while one byte of a file is another.
    func withFlippedByte(_ name: String, at place: (Int) -> Int, _ body: () async throws -> Void) async throws {
        let file = folder.appending(path: name)
        let bytes = try Data(contentsOf: file)
        var changed = bytes
        changed[place(bytes.count)] ^= 1
        try changed.write(to: file)
        try await body()
        try bytes.write(to: file)
    }

    /// The lines of `evidence verify --json` of one kind.
    static func lines(_ kind: String, of command: Command) throws -> [JSONValue] {
        try command.said.split(separator: "\n").filter { $0.hasPrefix("{") }
            .map { try JSONParser.parse(Array($0.utf8)) }
            .filter { value in
                if case .object(let object) = value { object["line"] == .string(kind) } else { false }
            }
    }
}

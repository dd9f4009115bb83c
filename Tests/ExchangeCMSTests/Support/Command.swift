import Foundation

/// A command of the system, run for real.
enum Command {
    struct Outcome {
        let status: Int32
        let output: [UInt8]
        let errors: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a command that must succeed.
    @discardableResult
    static func run(_ name: String, _ arguments: [String], in folder: URL? = nil) throws -> [UInt8] {
        let outcome = try outcome(name, arguments, in: folder)
        guard outcome.status == 0 else {
            throw Failure(description: "\(name) \(arguments.joined(separator: " ")): \(outcome.errors)")
        }
        return outcome.output
    }

    static func outcome(_ name: String, _ arguments: [String], in folder: URL? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.currentDirectoryURL = folder
        // A file for the errors, because two pipes that are read one after the other can block each other.
        let complaints = try scratchFolder().appending(path: "errors")
        try Data().write(to: complaints)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: complaints)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: Array(bytes),
            errors: try String(contentsOf: complaints, encoding: .utf8))
    }
}

import Foundation

/// What a command said and how it ended.
struct CommandRun {
    let exitStatus: Int32
    /// Standard output and standard error, as they came.
    let said: String

    /// Runs a file of the package to its end.
    /// - Parameter environment: In place of the one of the tests, where it is given.
    static func of(_ path: String, _ arguments: [String] = [], environment: [String: String]? = nil) throws -> Self {
        try of(command: [SourceTree.root.appending(path: path).path] + arguments, environment: environment)
    }

    /// Runs a command, found by its name or its path, in the folder of the package.
    /// - Parameter environment: In place of the one of the tests, where it is given.
    static func of(command words: [String], environment: [String: String]? = nil) throws -> Self {
        let command = Process()
        let output = Pipe()
        command.executableURL = URL(filePath: "/usr/bin/env")
        command.arguments = words
        command.currentDirectoryURL = SourceTree.root
        command.environment = environment ?? ProcessInfo.processInfo.environment
        command.standardInput = FileHandle.nullDevice
        command.standardOutput = output
        command.standardError = output
        try command.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        command.waitUntilExit()
        return CommandRun(exitStatus: command.terminationStatus, said: String(decoding: said, as: UTF8.self))
    }
}

import ArgumentParser
import Foundation
import SignalExchange

/// What every command that concerns a folder is told.
struct FolderOptions: ParsableArguments {
    @Option(name: .long, help: "The node's folder; also EXCHANGE_NODE_FOLDER.")
    var folder: String = ProcessInfo.processInfo.environment["EXCHANGE_NODE_FOLDER"] ?? "."

    var nodeFolder: NodeFolder { NodeFolder(folder) }
}

/// What every command that speaks to a running node is told.
struct ClientOptions: ParsableArguments {
    @OptionGroup var folder: FolderOptions

    @Flag(name: .long, help: "Print one JSON object a line.")
    var json = false

    func client() async throws -> LocalClient {
        let configuration = try await NodeConfiguration.load(from: folder.nodeFolder)
        return LocalClient(socketPath: configuration.socketPath)
    }

    func console() async throws -> OperatorConsole { OperatorConsole(client: try await client(), printsJSON: json) }

    func caseConsole() async throws -> CaseConsole {
        let configuration = try await NodeConfiguration.load(from: folder.nodeFolder)
        return CaseConsole(
            client: LocalClient(socketPath: configuration.socketPath), clock: configuration.clock, printsJSON: json)
    }
}

/// Runs a command's body, and turns our errors into a line on standard error and the exit code that belongs to it.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch {
        // What has no code of ours is a fault of ours: whatever goes wrong, the line has one form.
        let error =
            error as? NodeError
            ?? NodeError(.internalFault, "this is a fault of the program; report it with the log", cause: "\(error)")
        let text = "\(error)".escapingControls(keepsLineFeeds: true)
        // What was printed stands before it, whole, also where both go to one place.
        fflush(nil)
        FileHandle.standardError.write(Data("exchange-node: \(text)\n".utf8))
        throw ExitCode(error.code.exitCode)
    }
}

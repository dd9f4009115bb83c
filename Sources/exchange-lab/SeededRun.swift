import Foundation

/// A run that a command repeats from its seed: its folder is gone when it was good, and is left to be looked into when it was
/// not.
struct SeededRun: Sendable {
    let workspace: Workspace
    let terminal: Terminal
    /// The command that does the same again.
    let command: String

    /// - Parameter body: returns whether everything holds.
    /// - Returns: the exit status: 0 where everything holds, 1 where something does not.
    func run(_ body: () async throws -> Bool) async -> Int32 {
        var isGood = false
        do {
            isGood = try await body()
        } catch {
            await terminal.clearStatus()
            await terminal.line(
                Task.isCancelled
                    ? "Interrupted; every node is stopped." : terminal.palette("The run failed: \(error)", .red))
        }
        await putAway(isGood: isGood)
        return isGood ? 0 : 1
    }

    private func putAway(isGood: Bool) async {
        guard isGood || Task.isCancelled else {
            await terminal.line("Folders and logs are left in \(workspace.folder.path); they hold test keys only.")
            return await terminal.line("To do the same again: \(command)")
        }
        do {
            _ = try workspace.close()
        } catch {
            await terminal.line("\(workspace.folder.path) is left behind: \(error)")
        }
    }
}

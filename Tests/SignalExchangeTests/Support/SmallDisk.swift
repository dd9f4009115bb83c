import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

extension SmallDisk {
    /// A new disk has no store: one is begun on it by who knows that.
    static func withNewStore(of node: NodeHandle, sizeMegabytes: Int) async throws -> SmallDisk {
        let disk = try await SmallDisk(
            over: URL(filePath: node.folder.file("store")), roomMegabytes: sizeMegabytes, with: .nothing)
        let arguments = [
            NodeProcess.builtExecutable.path, "new-store", "--folder", node.folder.path, "--confirm", node.oin.text,
        ]
        let made = try await Command.run(disk.launcher[0], disk.launcher.dropFirst() + arguments)
        guard made.succeeded else { throw NotMade(said: made.said) }
        return disk
    }

    /// Runs a command of `exchange-node` that sees this disk.
    func command(_ arguments: String...) async throws -> Command {
        try await Command.run(
            launcher[0], launcher.dropFirst() + [NodeProcess.builtExecutable.path] + arguments)
    }

    struct NotMade: Error {
        let said: String
    }
}

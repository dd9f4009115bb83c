import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange

/// What is done to disks, by the commands that an operator has.
struct Losses: Sendable {
    /// What is left of a node's folder when its disk is gone: keys come from their backup, the rest from whoever installs it.
    private static let kept: Set = ["keys", "node.yaml", "certificates", "trust", "crl", "directory.cms"]

    let community: ExampleCommunity
    /// Backups and copies: another medium.
    let shelf: URL

    struct Failure: Error, CustomStringConvertible {
        let what: String
        let said: String
        var description: String { "\(what) failed: \(said)" }
    }

    /// A copy of the store in one file, while messages flow.
    func backUp(_ node: NodeHandle) async throws -> URL {
        let file = shelf.appending(path: "\(node.member.slug).backup")
        try await run("backup", file.path, "--folder", node.folder.path)
        return file
    }

    /// The node is down for as long as the copy takes: two that run on copies of one store begin with one that is still.
    func copy(_ node: NodeHandle) async throws -> URL {
        let copy = shelf.appending(path: node.member.slug)
        try await node.process.stop()
        try FileManager.default.copyItem(at: URL(filePath: node.folder.path), to: copy)
        try await node.process.start()
        return copy
    }

    /// Everything is gone but what is kept elsewhere; the node begins anew.
    func wipe(_ node: NodeHandle) async throws {
        try await node.process.kill()
        for name in try FileManager.default.contentsOfDirectory(atPath: node.folder.path)
        where !Self.kept.contains(name) {
            try FileManager.default.removeItem(atPath: node.folder.file(name))
        }
        try await run("new-store", "--folder", node.folder.path, "--confirm", node.member.oin.text)
        try await node.process.start()
    }

    func restore(_ node: NodeHandle, from backup: URL) async throws {
        try await node.process.kill()
        try await run("restore", backup.path, "--folder", node.folder.path, "--confirm", node.member.oin.text)
        try await node.process.start()
    }

    /// Runs beside the original: it calls its partners, and cannot be called, because the directory names the original's
    /// address.
    func startClone(of node: NodeHandle, from copy: URL) async throws -> Clone {
        let (folder, holder) = (NodeFolder(copy.path), try PortHolder())
        let text = try folder.readText(folder.configuration)
        try NodeFolder.write(
            Array(text.replacing("port: \(node.port)", with: "port: \(holder.port)").utf8), to: folder.configuration)
        let process = NodeProcess(executable: NodeProcess.builtExecutable, folder: folder)
        try await process.start()
        return Clone(process: process, api: NodeAPI(socketPath: folder.file("node.sock")), holder: holder)
    }

    private func run(_ arguments: String...) async throws {
        let command = try await Command.run(NodeProcess.builtExecutable.path, arguments)
        guard command.succeeded else {
            throw Failure(what: "exchange-node " + arguments.joined(separator: " "), said: command.said)
        }
    }
}

/// A node on a copy of another's store.
struct Clone: Sendable {
    let process: NodeProcess
    let api: NodeAPI
    private let holder: PortHolder

    init(process: NodeProcess, api: NodeAPI, holder: PortHolder) {
        (self.process, self.api, self.holder) = (process, api, holder)
    }

    /// By how many partners it was turned away.
    func fencingPartners() async throws -> Set<OIN> {
        Set(try await api.alarms().filter { $0.code == AlarmCode.nodeFenced.rawValue }.compactMap(\.partner))
    }
}

import ExchangeCMS
package import ExchangeCore
package import Foundation
import SignalExchange

/// The seven organisations of the example community, each with a node of its own in a folder, on this machine.
///
/// ```
/// pki/           the authorities and the signer of the directory
/// <slug>/        the node's folder, with node.log
/// ```
package struct ExampleCommunity: Sendable {
    package let folder: URL
    package let pki: ExamplePKI
    /// In the order of `certs-example/community.tsv`.
    package let nodes: [NodeHandle]

    /// Makes authorities, folders, certificates and directory. Nothing runs yet.
    ///
    /// - Parameters:
    ///   - folder: must exist; keep its path short, because a socket's path has at most 107 bytes.
    ///   - executable: the `exchange-node` to run.
    ///   - arguments: added to `exchange-node run`.
    package static func make(
        in folder: URL, algorithm: ExamplePKI.Algorithm = .p256, executable: URL = NodeProcess.builtExecutable,
        arguments: [String] = []
    ) async throws -> ExampleCommunity {
        let pki = try ExamplePKI.make(in: folder.appending(path: "pki"), algorithm: algorithm)
        let nodes = try ExamplePKI.community().map { member in
            NodeHandle(
                member: member, folder: NodeFolder(folder.appending(path: member.slug).path), holder: try PortHolder(),
                executable: executable, arguments: arguments)
        }
        // Making RSA keys takes seconds: all at once, as far as there are processors.
        try await withThrowingTaskGroup { group in
            for node in nodes { group.addTask { try await node.makeFolder(algorithm: algorithm, pki: pki) } }
            try await group.waitForAll()
        }
        let community = ExampleCommunity(folder: folder, pki: pki, nodes: nodes)
        try community.publishDirectory(version: 1)
        return community
    }

    /// Signs the directory anew and puts it into every folder; running nodes take it at their next look, or at once
    /// when asked to reload.
    package func publishDirectory(version: Int64) throws {
        let signed = try DirectoryIssuer(pki).issue(nodes, version: version)
        for node in nodes { try NodeFolder.write(signed, to: node.folder.directory) }
    }

    /// - Parameter slug: must be one of the community's.
    package subscript(slug slug: String) -> NodeHandle {
        guard let node = nodes.first(where: { $0.member.slug == slug }) else {
            preconditionFailure("\(slug) is not in certs-example/community.tsv")
        }
        return node
    }

    package subscript(oin: OIN) -> NodeHandle? { nodes.first { $0.member.oin == oin } }

    /// Returns when all nodes listen.
    package func start() async throws {
        try await withThrowingTaskGroup { group in
            for node in nodes { group.addTask { try await node.process.start() } }
            try await group.waitForAll()
        }
    }

    /// Asks all nodes to stop, as an operator would, and returns how those ended that were running.
    package func stop() async throws -> [(node: NodeHandle, end: ChildProcess.End)] {
        try await withThrowingTaskGroup { group in
            for (index, node) in nodes.enumerated() {
                group.addTask { (index, try await node.process.stop()) }
            }
            var ends: [(Int, ChildProcess.End)] = []
            for try await (index, end) in group {
                if let end { ends.append((index, end)) }
            }
            return ends.sorted { $0.0 < $1.0 }.map { (nodes[$0.0], $0.1) }
        }
    }

    /// Kills whatever runs. To be called in the end, whatever happened; also when the task is cancelled.
    package func killAll() async {
        let nodes = nodes
        // A task of its own: what is cancelled could not wait for the end of the processes.
        await Task {
            for node in nodes { try? await node.process.kill() }
        }.value
    }

    /// Those of all processes that ever belonged to the community that still exist.
    package func survivors() async -> [Int32] {
        var found: [Int32] = []
        for node in nodes {
            for identifier in await node.process.identifiers where kill(identifier, 0) == 0 { found.append(identifier) }
        }
        return found
    }
}

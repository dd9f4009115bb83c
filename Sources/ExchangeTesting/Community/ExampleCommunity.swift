import ExchangeCMS
package import ExchangeCore
package import Foundation
import SignalExchange

/// Organisations of the example community, each with a node of its own in a folder, on this machine.
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
    /// What lies between the nodes; `nil` where they call each other directly.
    package let network: LocalNetwork?

    /// What a community is made of.
    package struct Plan: Sendable {
        /// All seven of `certs-example/community.tsv` where it is `nil`.
        package var members: [ExamplePKI.Member]?
        package var algorithm: ExamplePKI.Algorithm
        /// The `exchange-node` to run.
        package var executable: URL
        /// Added to `exchange-node run`.
        package var arguments: [String]
        /// Whether the nodes call each other through relays, so that they can be parted.
        package var isRelayed: Bool
        /// Added to each node's `node.yaml`, after the sections that `exchange-node init` writes.
        package var sections: String

        package init(
            members: [ExamplePKI.Member]? = nil, algorithm: ExamplePKI.Algorithm = .p256,
            executable: URL = NodeProcess.builtExecutable, arguments: [String] = [], isRelayed: Bool = false,
            sections: String = ""
        ) {
            self.members = members
            self.algorithm = algorithm
            self.executable = executable
            self.arguments = arguments
            self.isRelayed = isRelayed
            self.sections = sections
        }
    }

    /// Makes a community in a temporary folder for the time of `body`, and leaves neither process, nor port, nor folder,
    /// however it ends: also where it throws, and where the task is cancelled.
    package static func inTemporaryFolder<Value>(
        _ plan: Plan = Plan(), isolation: isolated (any Actor)? = #isolation,
        _ body: (ExampleCommunity) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder(prefix: "xn")
        let value: Value
        do {
            value = try await run(in: folder.url, plan, body)
        } catch {
            // What went wrong first is what is told.
            try? folder.remove()
            throw error
        }
        try folder.remove()
        return value
    }

    /// Makes a community in a folder for the time of `body`, and leaves neither process nor port, however it ends.
    ///
    /// - Parameter folder: as for ``make(in:_:)``; what is in it stays.
    package static func run<Value>(
        in folder: URL, _ plan: Plan = Plan(), isolation: isolated (any Actor)? = #isolation,
        _ body: (ExampleCommunity) async throws -> Value
    ) async throws -> Value {
        let community = try await make(in: folder, plan)
        do {
            let value = try await body(community)
            await community.killAll()
            return value
        } catch {
            await community.killAll()
            throw error
        }
    }

    /// Makes authorities, folders, certificates and directory. Nothing runs yet; in the end ``killAll()`` has to be called.
    ///
    /// - Parameter folder: must exist; keep its path short, because a socket's path has at most 107 bytes.
    package static func make(in folder: URL, _ plan: Plan = Plan()) async throws -> ExampleCommunity {
        let algorithm = plan.algorithm
        let pki = try ExamplePKI.make(in: folder.appending(path: "pki"), algorithm: algorithm)
        let nodes = try (plan.members ?? ExamplePKI.community()).map { member in
            NodeHandle(
                member: member, folder: NodeFolder(folder.appending(path: member.slug).path), holder: try PortHolder(),
                executable: plan.executable, arguments: plan.arguments)
        }
        // Making RSA keys takes seconds: all at once, as far as there are processors.
        try await withThrowingTaskGroup { group in
            for node in nodes {
                group.addTask { try await node.makeFolder(algorithm: algorithm, pki: pki, sections: plan.sections) }
            }
            try await group.waitForAll()
        }
        let network = plan.isRelayed ? try await LocalNetwork(ports: nodes.map(\.port)) : nil
        let community = ExampleCommunity(folder: folder, pki: pki, nodes: nodes, network: network)
        do {
            try community.publishDirectory(version: 1)
        } catch {
            await network?.close()
            throw error
        }
        return community
    }

    /// Signs the directory anew and puts it into every folder; running nodes take it at their next look, or at once
    /// when asked to reload. Where relays lie between the nodes, each gets a directory of its own, which names those by
    /// which it calls: nodes never compare their directories.
    package func publishDirectory(version: Int64) throws {
        let issuer = try DirectoryIssuer(pki)
        let ports = nodes.map(\.port)
        let direct = network == nil ? try issuer.issue(nodes, at: ports, version: version) : []
        for (caller, node) in nodes.enumerated() {
            let relayed = try network.map { network in
                try issuer.issue(
                    nodes, at: nodes.indices.map { $0 == caller ? ports[$0] : network.port(from: caller, to: $0) },
                    version: version)
            }
            try NodeFolder.write(relayed ?? direct, to: node.folder.directory)
        }
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

    /// Sets the clocks of all nodes ahead of the machine's, and puts revocation lists of that day into their folders.
    ///
    /// - Parameter span: from the machine's time; more than before, and at most `TrialClock.aheadMaximum`.
    /// - Precondition: no node runs.
    package func setClocks(ahead span: Milliseconds) throws {
        try pki.refreshRevocationLists(daysAhead: Int(span.count / Milliseconds.hours(24).count))
        for node in nodes {
            try node.takeLists(of: pki)
            try node.setClock(ahead: span)
        }
    }

    /// Parts two nodes: neither calls the other until ``heal(_:_:)``. Returns when nothing goes between them any more.
    ///
    /// - Precondition: the community is relayed.
    package func part(_ one: NodeHandle, _ other: NodeHandle) async {
        await relays.part(place(of: one), place(of: other))
    }

    package func heal(_ one: NodeHandle, _ other: NodeHandle) { relays.join(place(of: one), place(of: other)) }

    private var relays: LocalNetwork {
        guard let network else { preconditionFailure("only nodes with relays between them can be parted") }
        return network
    }

    private func place(of node: NodeHandle) -> Int {
        guard let place = nodes.firstIndex(where: { $0.member == node.member }) else {
            preconditionFailure("\(node.member.slug) is not of this community")
        }
        return place
    }

    /// Kills whatever runs, and gives the relays' ports back. To be called in the end, whatever happened; also when the
    /// task is cancelled.
    package func killAll() async {
        let (nodes, network) = (nodes, network)
        // A task of its own: what is cancelled could not wait for the end of the processes.
        await Task {
            await withTaskGroup { group in
                for node in nodes { group.addTask { try? await node.process.kill() } }
            }
            await network?.close()
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

import ExchangeCore
public import Foundation
import SignalExchange

/// Several nodes on this machine, each a process of its own, with an example PKI, a directory and a network that can be
/// cut: for tests of a system that sends or receives messages.
///
/// ```swift
/// try await LocalExchange.run(nodes: 3) { exchange in
///     let signal = try await exchange["avim"].send(.signal(to: "guardian"))
///     try await exchange.wait(for: .receipted, of: signal)
/// }
/// ```
///
/// The first seven nodes are the organisations of `certs-example/community.tsv`: `nidos`, `avim`, `ind`, `coa`, `jade`,
/// `evenaar` and `ggd`. Those beyond are made up: `org-8` and so on. All have test OINs; never use data about a real
/// person.
public struct LocalExchange: Sendable {
    /// A network of relays holds four files open for each pair of nodes in each direction.
    public static let maximumNodes = ExamplePKI.maximumMembers

    /// How long the beginning took.
    public struct Startup: Hashable, Sendable {
        /// Authorities, keys, certificates, folders and the directory.
        public let preparing: Duration
        /// From the first start to the moment at which all nodes listen.
        public let starting: Duration
    }

    /// In the order of the list; ``subscript(_:)`` finds one by its name.
    public let nodes: [LocalNode]
    /// Holds everything, also the authorities under `pki`, and is gone in the end.
    public let folder: URL
    public let startup: Startup
    private let community: ExampleCommunity

    /// Makes an exchange, starts all nodes at once, runs `body`, and puts everything away.
    ///
    /// In the end no process, no port and no file is left: when `body` returns, when it throws, and when the task is
    /// cancelled. If this process itself is killed, the nodes stop within 10 s; the folder stays then, with test keys only.
    ///
    /// - Parameters:
    ///   - count: 2 to ``maximumNodes``.
    ///   - executable: the `exchange-node` to run. Where it is `nil`, the one beside the program that runs now, where
    ///     `swift build --product exchange-node` puts it.
    /// - Throws: ``LocalExchangeError`` `node-count-invalid`, `executable-missing` or `node-failed`; what `body` throws.
    public static func run<Value>(
        nodes count: Int = 3, executable: URL? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: (LocalExchange) async throws -> Value
    ) async throws -> Value {
        let executable = executable ?? NodeProcess.builtExecutable
        try demand(count: count, executable: executable)
        return try await run(
            ExampleCommunity.Plan(members: try ExamplePKI.members(count), executable: executable, isRelayed: true), body
        )
    }

    /// - Parameter plan: of what ``demand(count:executable:)`` has passed.
    static func run<Value>(
        _ plan: ExampleCommunity.Plan, isolation: isolated (any Actor)? = #isolation,
        _ body: (LocalExchange) async throws -> Value
    ) async throws -> Value {
        let clock = ContinuousClock()
        let begin = clock.now
        return try await ExampleCommunity.inTemporaryFolder(plan) { community in
            let prepared = clock.now
            try await withThrowingTaskGroup { group in
                for node in community.nodes { group.addTask { try await node.startExplained() } }
                try await group.waitForAll()
            }
            let startup = Startup(preparing: prepared - begin, starting: clock.now - prepared)
            return try await body(LocalExchange(community, startup: startup))
        }
    }

    private init(_ community: ExampleCommunity, startup: Startup) {
        self.community = community
        self.startup = startup
        folder = community.folder
        nodes = community.nodes.map { LocalNode(handle: $0) }
    }

    static func demand(count: Int, executable: URL) throws {
        guard (2...maximumNodes).contains(count) else {
            throw LocalExchangeError(.nodeCountInvalid, "an exchange has 2 to \(maximumNodes) nodes, not \(count)")
        }
        guard FileManager.default.isExecutableFile(atPath: executable.path) else {
            throw LocalExchangeError(
                .executableMissing,
                "there is no program at \(executable.path); build it with `swift build --product exchange-node`, or name "
                    + "another place")
        }
    }

    // MARK: Nodes

    /// - Parameter name: must be that of a node; ``node(named:)`` throws instead.
    public subscript(name: String) -> LocalNode {
        guard let node = nodes.first(where: { $0.name == name }) else {
            preconditionFailure("no node is called \(name); there are \(names)")
        }
        return node
    }

    /// - Throws: ``LocalExchangeError`` `node-unknown`.
    public func node(named name: String) throws -> LocalNode { nodes[try index(of: name)] }

    private var names: String { nodes.map(\.name).joined(separator: ", ") }

    private func index(of name: String) throws -> Int {
        guard let index = nodes.firstIndex(where: { $0.name == name }) else {
            throw LocalExchangeError(.nodeUnknown, "no node is called \(name); there are \(names)")
        }
        return index
    }

    // MARK: Waiting

    /// How far the recipients of a message are now, as its sender's node shows it.
    public func deliveries(of message: LocalMessage) async throws -> [LocalDelivery] {
        let api = try node(named: message.sender).handle.api
        return try await api.deliveries(of: try LocalNode.id(of: message)).map(shown)
    }

    /// Returns when a message is so far at its recipients, as its sender's node shows it.
    ///
    /// The node itself keeps the request until then, so that there is no delay between the two.
    /// - Parameters:
    ///   - recipient: the name of the one node that is waited for; all recipients where it is `nil`.
    ///   - span: more than zero; waits of more than 600 s are asked for anew.
    /// - Throws: ``DeadlineExceeded``; ``LocalExchangeError`` `answered-otherwise` as soon as it cannot come any more, such
    ///   as a receipt after a refusal; `NodeError` where the sender's node is down.
    @discardableResult
    public func wait(
        for progress: LocalProgress, of message: LocalMessage, by recipient: String? = nil,
        within span: Duration = .seconds(20)
    ) async throws -> [LocalDelivery] {
        let (id, api) = (try LocalNode.id(of: message), try node(named: message.sender).handle.api)
        let partner = try recipient.map { try node(named: $0).handle.member.oin }
        let whose = recipient.map { " by \($0)" } ?? ""
        let rows = try await within(span.milliseconds, "\(message.id) to be \(progress.rawValue)\(whose)") {
            // A node that is asked to stop answers at once, and so does one that has waited as long as it does.
            try await poll {
                let rows = try await api.deliveries(
                    of: id, to: partner, until: progress.awaited, waiting: NodeAPI.waitMaximum)
                if rows.allSatisfy(progress.isReached(by:)) { return rows }
                if let other = rows.first(where: { !progress.isReached(by: $0) && !progress.isPossible(after: $0) }) {
                    throw answeredOtherwise(message, shown(other), insteadOf: progress)
                }
                return nil
            }
        }
        return rows.map(shown)
    }

    private func answeredOtherwise(
        _ message: LocalMessage, _ delivery: LocalDelivery, insteadOf progress: LocalProgress
    ) -> LocalExchangeError {
        LocalExchangeError(
            .answeredOtherwise,
            "\(message.id) was to be \(progress.rawValue), and \(delivery.recipient) is at \(delivery.state): "
                + delivery.detail)
    }

    private func shown(_ row: DeliveryRow) -> LocalDelivery {
        LocalDelivery(
            recipient: nodes.first { $0.oin == row.recipient.text }?.name ?? row.recipient.text,
            state: row.state.rawValue, isReceipted: row.isReceipted, attempts: Int(row.attempts), detail: row.detail)
    }

    // MARK: The network

    /// Parts two nodes in both directions: what is open between them is closed, and every new connection at once. Returns
    /// when nothing goes through any more. All other pairs go on.
    ///
    /// - Throws: ``LocalExchangeError`` `node-unknown`.
    public func partition(_ one: String, _ other: String) async throws {
        let (one, other) = (try index(of: one), try index(of: other))
        if one != other { await network.part(one, other) }
    }

    /// Parts a node from all others, in both directions.
    ///
    /// - Throws: ``LocalExchangeError`` `node-unknown`.
    public func partition(_ name: String) async throws {
        let one = try index(of: name)
        for other in nodes.indices where other != one { await network.part(one, other) }
    }

    /// Takes back what ``partition(_:_:)`` did to two nodes.
    ///
    /// - Parameter callsAtOnce: whether all nodes that run are asked to call each other now; otherwise each tries again
    ///   when its own time has come, after 1 s to 5 min.
    /// - Throws: ``LocalExchangeError`` `node-unknown`.
    public func heal(_ one: String, _ other: String, callsAtOnce: Bool = true) async throws {
        network.join(try index(of: one), try index(of: other))
        if callsAtOnce { try await callAll() }
    }

    /// Takes back all partitions.
    ///
    /// - Parameter callsAtOnce: as for two nodes.
    public func heal(callsAtOnce: Bool = true) async throws {
        network.joinAll()
        if callsAtOnce { try await callAll() }
    }

    private var network: LocalNetwork {
        guard let network = community.network else { preconditionFailure("an exchange is made with its relays") }
        return network
    }

    private func callAll() async throws {
        for node in nodes where await node.isRunning {
            do {
                try await node.handle.api.greetPartners()
            } catch let error as NodeError where error.code == .nodeNotRunning {
                // Killed meanwhile: it calls by itself when it is started.
            }
        }
    }

    // MARK: What must not be left

    /// For tests of ourselves: every process that ever was a node, and every port that is listened on.
    package var traces: (processes: [Int32], ports: [Int]) {
        get async {
            var processes: [Int32] = []
            for node in community.nodes { processes += await node.process.identifiers }
            return (processes, community.nodes.map(\.port) + network.ports)
        }
    }
}

import ExchangeTesting
import Testing

/// All tests with nodes as processes, one after another: on a small machine nodes that start beside each other are
/// slow, and slow looks like broken.
@Suite("Nodes as processes", .serialized, .timeLimit(.minutes(10))) enum Nodes {}

/// The community that the tests of a suite share.
enum Stage {
    @TaskLocal static var community: ExampleCommunity?
    @TaskLocal static var foreignNodes: ForeignNodes?
}

/// Gives a suite an example community of its own, some of whose nodes run, and ends them after the suite.
struct RunningNodes: SuiteTrait, TestScoping {
    let slugs: [String]
    /// Lines of `node.yaml` below `limits:` that every node gets, by name.
    let limits: [String: Int]
    /// Whether the nodes log what they wait for, so that a test can wait until they do.
    let isDebugging: Bool

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withCommunity(running: slugs, limits: limits, isDebugging: isDebugging) { community in
            try await Stage.$community.withValue(community) {
                try await Stage.$foreignNodes.withValue(ForeignNodes(community)) { try await function() }
            }
        }
    }
}

extension Trait where Self == RunningNodes {
    static func community(running slugs: String..., limits: [String: Int] = [:], isDebugging: Bool = false) -> Self {
        RunningNodes(slugs: slugs, limits: limits, isDebugging: isDebugging)
    }
}

/// Makes a community in a folder of its own, runs `body`, and leaves neither process nor folder.
func withCommunity<Result>(
    running slugs: [String] = [], limits: [String: Int] = [:], isDebugging: Bool = false,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (ExampleCommunity) async throws -> Result
) async throws -> Result {
    try await ExampleCommunity.inTemporaryFolder { community in
        for node in community.nodes {
            for (name, value) in limits { try node.configure(name, value) }
            if isDebugging { try node.configure("level", "debug") }
        }
        for slug in slugs { try await community[slug: slug].process.start() }
        return try await body(community)
    }
}

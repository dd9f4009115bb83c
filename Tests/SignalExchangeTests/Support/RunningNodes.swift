import ExchangeTesting
import Foundation
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

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withCommunity(running: slugs, limits: limits) { community in
            try await Stage.$community.withValue(community) {
                try await Stage.$foreignNodes.withValue(ForeignNodes(community)) { try await function() }
            }
        }
    }
}

extension Trait where Self == RunningNodes {
    static func community(running slugs: String..., limits: [String: Int] = [:]) -> Self {
        RunningNodes(slugs: slugs, limits: limits)
    }
}

/// Makes a community in a folder of its own, runs `body`, and leaves neither process nor folder.
func withCommunity<Result>(
    running slugs: [String] = [], limits: [String: Int] = [:], _ body: (ExampleCommunity) async throws -> Result
) async throws -> Result {
    // Short, because a socket's path has at most 107 bytes.
    let folder = FileManager.default.temporaryDirectory.appending(path: "xn-\(UInt32.random(in: .min ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let community = try await ExampleCommunity.make(in: folder)
    do {
        for node in community.nodes {
            for (name, value) in limits { try node.configure(name, value) }
        }
        for slug in slugs { try await community[slug: slug].process.start() }
        let result = try await body(community)
        await community.killAll()
        return result
    } catch {
        await community.killAll()
        throw error
    }
}

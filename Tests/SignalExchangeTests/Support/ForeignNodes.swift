import ExchangeTesting
import Synchronization
import Testing

/// The foreign nodes of a suite, one a member: two that sign for one member would look like a clone of it.
final class ForeignNodes: Sendable {
    private let community: ExampleCommunity
    private let nodes = Mutex<[String: ForeignNode]>([:])

    init(_ community: ExampleCommunity) { self.community = community }

    subscript(slug: String) -> ForeignNode {
        get throws {
            try nodes.withLock { nodes in
                if let node = nodes[slug] { return node }
                let node = try ForeignNode(community[slug: slug])
                nodes[slug] = node
                return node
            }
        }
    }
}

extension Stage {
    /// That of the suite's community which has this member.
    static func foreignNode(_ slug: String) throws -> ForeignNode { try #require(foreignNodes)[slug] }
}

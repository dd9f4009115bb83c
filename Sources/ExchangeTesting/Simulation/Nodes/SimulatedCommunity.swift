import ExchangeCMS
import ExchangeCore
import Logging
import SignalExchange

/// Organisations with keys and certificates of the example authorities, made once for all runs of a process: making them
/// takes seconds, and no seed has a say in it.
package final class SimulatedCommunity: Sendable {
    /// What is the same for a node in each run.
    struct Seat: Sendable {
        let slug: String
        let party: Party
        let keys: NodeKeys
    }

    /// In the order of their OINs.
    let seats: [Seat]
    /// When the simulated wall clocks begin, some hours after the certificates do: a clock that is set back is to stay
    /// within them.
    let start: Timestamp
    private let members: [Member]
    private let community: Community

    private static let slugs = (1...SimulationPlan.nodesRange.upperBound).map { "n\($0)" }
    /// Each may send a signal to each: what is tried is the exchange, and not the catalogue.
    private static let roles: [Role] = [.guardian, .police, .immigration]

    /// Makes the authorities, keys and certificates in a temporary folder, reads them, and takes the folder away.
    package static func make() async throws -> SimulatedCommunity {
        let members = try slugs.enumerated().map { index, slug in
            guard let oin = OIN("000000990000000" + String(10000 + (index + 1) * 10)) else {
                throw ExamplePKI.Failure(arguments: [], exitStatus: 1, reason: "no OIN for \(slug)")
            }
            return ExamplePKI.Member(
                slug: slug, oin: oin, role: roles[index % roles.count], name: "Organisation \(slug) (test)")
        }
        return try await ExampleCommunity.inTemporaryFolder(ExampleCommunity.Plan(members: members)) { community in
            try SimulatedCommunity(community)
        }
    }

    private init(_ example: ExampleCommunity) throws {
        let now = NodeClock().now
        seats = try example.nodes.map {
            Seat(
                slug: $0.member.slug, party: Party(oin: $0.member.oin, role: $0.member.role),
                keys: try NodeKeys.load(from: $0.folder))
        }
        start = now.wall + .hours(3)
        community = try CommunityHolder(folder: example.nodes[0].folder, known: nil, now: now).current(now)
        members = community.directory.members
    }

    /// The community of the first `count` organisations. All share one memory of the chains that were built.
    func community(of count: Int) -> Community {
        let directory = Directory(version: 1, issued: start + .hours(-3), members: Array(members.prefix(count)))
        return Community(
            directory: directory, digest: community.directoryDigest, trust: community.trust, tls: community.tls)
    }

    static let silent = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
}

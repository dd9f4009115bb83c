package import ExchangeCMS
package import ExchangeCore
import Foundation
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
        /// With a new signing key, and a new one that is sealed to, before the first.
        let renewedKeys: NodeKeys
    }

    /// In the order of their OINs.
    let seats: [Seat]
    /// When the simulated wall clocks begin, some hours after the certificates do: a clock that is set back is to stay
    /// within them.
    package let start: Timestamp
    private let members: [Member]
    /// The same, with the certificates of their new keys before the first.
    private let renewedMembers: [Member]
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
            for member in members {
                try community.pki.addOrganisation(slug: next(member.slug), oin: member.oin, name: member.name)
            }
            return try SimulatedCommunity(community)
        }
    }

    private static func next(_ slug: String) -> String { slug + "-next" }

    private init(_ example: ExampleCommunity) throws {
        let now = NodeClock().now
        seats = try example.nodes.map { node in
            let keys = try NodeKeys.load(from: node.folder)
            return Seat(
                slug: node.member.slug, party: Party(oin: node.member.oin, role: node.member.role), keys: keys,
                renewedKeys: try Self.renewed(keys, of: node.member.slug, in: example.pki))
        }
        start = now.wall + .hours(3)
        community = try CommunityHolder(folder: example.nodes[0].folder, known: nil, now: now).current(now)
        members = community.directory.members
        let seats = seats
        renewedMembers = members.enumerated().map { seat, member in
            let (first, keys) = (member.certificates, seats[seat].renewedKeys)
            return Member(
                oin: member.oin, name: member.name, roles: member.roles, endpoint: member.endpoint,
                certificates: MemberCertificates(
                    signing: [keys.signing.certificate] + first.signing,
                    agreement: keys.decryption.prefix(1).map(\.certificate) + first.agreement, tls: first.tls),
                dutyContact: member.dutyContact)
        }
    }

    private static func renewed(_ keys: NodeKeys, of slug: String, in pki: ExamplePKI) throws -> NodeKeys {
        func texts(_ purpose: ExamplePKI.Purpose) throws -> (certificate: String, key: String) {
            let credential = pki.credential(of: next(slug), for: purpose)
            return (
                try String(contentsOf: credential.certificate, encoding: .utf8),
                try String(contentsOf: credential.key, encoding: .utf8)
            )
        }
        let (signing, agreement) = (try texts(.signing), try texts(.agreement))
        return NodeKeys(
            signing: try SigningIdentity(
                certificate: Certificate(pem: signing.certificate), privateKeyPEM: signing.key),
            decryption: [
                try DecryptionIdentity(
                    certificate: Certificate(pem: agreement.certificate), privateKeyPEM: agreement.key)
            ] + keys.decryption, archive: keys.archive)
    }

    /// Who signs for a seat, by its first certificate.
    package func signer(ofSeat seat: Int) -> SigningIdentity { seats[seat].keys.signing }

    /// The community of the first `count` organisations. All share one memory of the chains that were built.
    ///
    /// - Parameter renewed: the seats that have new certificates beside the first.
    func community(of count: Int, version: Int, renewed: Set<Int>) -> Community {
        let members = (0..<count).map { renewed.contains($0) ? renewedMembers[$0] : self.members[$0] }
        let directory = Directory(version: Int64(version), issued: start + .hours(-3), members: members)
        return Community(
            directory: directory, digest: sha256(Array("version \(version)".utf8)), trust: community.trust,
            tls: community.tls)
    }

    static let silent = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
}

import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Synchronization
import Testing

/// A member whose software is not ours: it has the member's keys and its place in the directory, and signs and sends
/// whatever a test wants. The member's own node must not run.
final class ForeignNode: Sendable {
    let handle: NodeHandle
    let keys: NodeKeys
    let incarnation = IncarnationID(Randomness.bytes16())
    private let community: Community
    private let lastNumber = Mutex(SequenceNumber.none)

    var oin: OIN { handle.oin }
    var party: Party { handle.party }

    init(_ handle: NodeHandle) throws {
        self.handle = handle
        keys = try NodeKeys.load(from: handle.folder)
        let clock = NodeClock()
        community = try CommunityHolder(folder: handle.folder, known: nil, now: clock.now).current(clock.now)
    }

    /// A signed message in the envelope that one partner is sent.
    struct Parcel: Sendable {
        var id: MessageID
        var digest: Digest
        var envelope: [UInt8]
        /// What the envelope holds, as its sender keeps it.
        var message: SignedMessage
    }

    // MARK: Making

    func seal(
        _ content: SignedContent, for recipient: NodeHandle, signingTime: Timestamp = .current,
        signer: SigningIdentity? = nil
    ) throws -> Parcel {
        try seal(
            ContentCodec.encode(content), id: content.id, for: recipient, signingTime: signingTime, signer: signer)
    }

    func seal(
        _ content: [UInt8], id: MessageID, for recipient: NodeHandle, signingTime: Timestamp = .current,
        signer: SigningIdentity? = nil
    ) throws -> Parcel {
        let member = try #require(community.directory.member(recipient.oin))
        let certificate = try community.recipientCertificate(of: member, now: .current)
        let sealed = try Sealer().seal(
            content: content, messageID: id, signingTime: signingTime, signer: signer ?? keys.signing,
            recipients: [certificate], storageKey: CaseStorageKey())
        return Parcel(
            id: id, digest: sealed.digest,
            envelope: try UnverifiedEnvelope.trimmed(
                sealed.envelope, to: certificate.certificate.subjectKeyIdentifier),
            message: sealed.message)
    }

    /// One message, sealed for several: the same SignedData in the envelope that each is sent.
    func seal(_ content: SignedContent, forEachOf recipients: [NodeHandle]) throws -> [Parcel] {
        let certificates = try recipients.map { recipient in
            let member = try #require(community.directory.member(recipient.oin))
            return try community.recipientCertificate(of: member, now: .current)
        }
        let sealed = try Sealer().seal(
            content: ContentCodec.encode(content), messageID: content.id, signingTime: .current, signer: keys.signing,
            recipients: certificates, storageKey: CaseStorageKey())
        return try certificates.map { certificate in
            Parcel(
                id: content.id, digest: sealed.digest,
                envelope: try UnverifiedEnvelope.trimmed(
                    sealed.envelope, to: certificate.certificate.subjectKeyIdentifier),
                message: sealed.message)
        }
    }

    func nextNumber() -> SequenceNumber {
        lastNumber.withLock { last in
            last = last.next
            return last
        }
    }

    func items(for parcels: [Parcel]) -> [ManifestItem] {
        parcels.map {
            ManifestItem(
                item: ChannelItem(number: nextNumber(), messageID: $0.id, messageDigest: $0.digest), kind: .message)
        }
    }

    func signedManifest(
        _ items: [ManifestItem], for recipient: OIN, sender: OIN? = nil, incarnation: IncarnationID? = nil,
        signer: SigningIdentity? = nil
    ) throws -> [UInt8] {
        let manifest = Manifest(
            sender: sender ?? oin, recipient: recipient, incarnation: incarnation ?? self.incarnation,
            created: .current, items: items, runningDigest: .zero)
        return try SignedStatement.sign(
            manifest.wireBytes, kind: .manifest, by: signer ?? keys.signing, at: .current)
    }

    func batch(_ parcels: [Parcel], for recipient: NodeHandle) throws -> [UInt8] {
        Batch(
            signedManifest: try signedManifest(items(for: parcels), for: recipient.oin),
            envelopes: parcels.map(\.envelope)
        ).wireBytes
    }

    func tally(
        for partner: OIN, incarnation: IncarnationID? = nil, after predecessor: IncarnationID? = nil,
        received: ChannelPosition = .start, outcomes: [OutcomeRange] = []
    ) throws -> [UInt8] {
        let tally = Tally(
            node: oin, partner: partner, incarnation: incarnation ?? self.incarnation,
            predecessors: predecessor.map { [PredecessorClaim(incarnation: $0, last: .start)] } ?? [],
            created: .current, isRecovering: false, issued: .start, received: received, safe: .none, gaps: [],
            outcomes: outcomes)
        return try SignedStatement.sign(tally.wireBytes, kind: .tally, by: keys.signing, at: .current)
    }

    // MARK: Sending

    func client() throws -> PeerCaller { try PeerCaller(identityOf: handle) }

    /// Posts a batch and reads the answer of a node that took it.
    func deliver(_ batch: [UInt8], to recipient: NodeHandle) async throws -> BatchAnswer {
        let reply = try await client().post(batch, .batch, to: recipient)
        try #require(reply.status == 200, "\(reply.text)")
        return try BatchAnswer(wireBytes: reply.body)
    }

    /// Delivers one message and returns what is said of it.
    func deliver(_ parcel: Parcel, to recipient: NodeHandle) async throws -> ItemAnswer {
        let answer = try await deliver(batch([parcel], for: recipient), to: recipient)
        return try #require(answer.outcomes.first).answer
    }
}

extension NodeHandle {
    var party: Party { Party(oin: member.oin, role: member.role) }
}

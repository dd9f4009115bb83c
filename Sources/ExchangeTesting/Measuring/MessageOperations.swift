import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation
import SignalExchange

/// All that OpenSSL does for one message on its way, in this process and without a node: what no exchange on the same
/// machine can be faster than.
///
/// For its sender: a storage key for its case, sign, encrypt. For each recipient: trim, and its part of a batch's signed
/// manifest; there: verify the manifest, open, verify, a storage key, encrypt anew, sign the receipt; back at the sender:
/// open the stored message, verify the receipt.
@_spi(Measuring)
public struct MessageOperations: Sendable {
    private let sender: Organisation
    private let recipients: [Organisation]
    private let trust: TrustStore
    private let contents: [Content]
    private let archive: ArchiveKey

    /// Bytes of the signed content, its padding included: the mean of all.
    public var contentBytes: Int { contents.map(\.bytes.count).reduce(0, +) / contents.count }
    /// Bytes of the envelope that one recipient is sent; of the first message.
    public var envelopeBytes: Int {
        get throws {
            let envelope = try seal(contents[0], at: .current).envelope
            return try UnverifiedEnvelope.trimmed(envelope, to: recipients[0].keyIdentifier).count
        }
    }

    /// Makes an example PKI in a temporary folder, which is gone when this returns.
    ///
    /// - Parameters:
    ///   - roles: the sender's first, then the recipients'.
    ///   - submissions: JSON; each becomes the content that a node would sign.
    public init(roles: [String], usesRSA: Bool = false, submissions: [String]) throws {
        let folder = try TemporaryFolder(prefix: "xb")
        defer { try? folder.remove() }
        let pki = try ExamplePKI.make(in: folder.url.appending(path: "pki"), algorithm: usesRSA ? .rsa3072 : .p256)
        let members = roles.enumerated().map { index, name in
            guard let role = Role(rawValue: name) else { preconditionFailure("\(name) is no role") }
            return ExamplePKI.Member(measured: index + 1, role: role)
        }
        let organisations = try members.map { try Organisation($0, usesRSA: usesRSA, in: pki) }
        sender = organisations[0]
        recipients = Array(organisations.dropFirst())
        trust = try Organisation.trust(in: pki)
        archive = try ArchiveKey(randomBytes(count: ArchiveKey.byteCount))
        contents = try submissions.map { submission in
            try Content(submission, from: members[0], to: Array(members.dropFirst()))
        }
    }

    /// How many messages went all the way, and how many do in a second.
    public struct Rate: Hashable, Sendable {
        public let messages: Int
        public let perSecond: Double
    }

    /// Goes on for a while on all processors.
    public func rate(for span: Duration) async throws -> Rate {
        let clock = ContinuousClock()
        return try await withThrowingTaskGroup(of: Rate.self) { group in
            for lane in 0..<ProcessInfo.processInfo.activeProcessorCount {
                group.addTask {
                    let begin = clock.now
                    var count = 0
                    repeat {
                        count += try exchangeBatch(from: lane * 1009 + count)
                    } while clock.now - begin < span
                    return Rate(messages: count, perSecond: Double(count) / ((clock.now - begin) / .seconds(1)))
                }
            }
            return try await group.reduce(Rate(messages: 0, perSecond: 0)) {
                Rate(messages: $0.messages + $1.messages, perSecond: $0.perSecond + $1.perSecond)
            }
        }
    }

    /// - Returns: how many messages went all the way.
    func exchangeBatch(from start: Int) throws -> Int {
        let now = Timestamp.current
        let batch = (0..<ProtocolLimits.batchMaximumItems).map { contents[(start + $0) % contents.count] }
        let kept = try batch.map { try seal($0, at: now) }
        for recipient in recipients { try deliver(kept, to: recipient, at: now) }
        return batch.count
    }

    /// A message as its sender keeps it.
    private struct Kept {
        let id: MessageID
        let digest: Digest
        let envelope: [UInt8]
        let storageKey: CaseStorageKey
    }

    private func seal(_ content: Content, at now: Timestamp) throws -> Kept {
        let storageKey = try freshStorageKey()
        let sealed = try Sealer().seal(
            content: content.bytes, messageID: content.id, signingTime: now, signer: sender.signing,
            recipients: recipients.map { try RecipientCertificate($0.agreement.certificate, trust: trust, now: now) },
            storageKey: storageKey)
        return Kept(id: content.id, digest: sealed.digest, envelope: sealed.envelope, storageKey: storageKey)
    }

    /// As a node makes it: each notice is a case of its own.
    private func freshStorageKey() throws -> CaseStorageKey {
        let candidate = CaseStorageKey()
        return try archive.open(candidate.identifier + archive.wrap(candidate))
    }

    private func deliver(_ kept: [Kept], to recipient: Organisation, at now: Timestamp) throws {
        let context = VerificationContext(trust: trust, now: now, signer: signer)
        let items = kept.enumerated().map { index, message in
            ManifestItem(
                item: ChannelItem(
                    number: SequenceNumber(UInt64(index + 1)), messageID: message.id, messageDigest: message.digest),
                kind: .message)
        }
        let manifest = Manifest(
            sender: sender.signing.oin, recipient: recipient.signing.oin, incarnation: IncarnationID(kept[0].id.value),
            created: now, items: items, runningDigest: kept[0].digest)
        let envelopes = try kept.map { try UnverifiedEnvelope.trimmed($0.envelope, to: recipient.keyIdentifier) }
        let signed = try SignedStatement.sign(manifest.wireBytes, kind: .manifest, by: sender.signing, at: now)

        _ = try SignedStatement.verify(signed, kind: .manifest, in: context)
        let receipts = try zip(kept, envelopes).map { message, envelope in
            let opened = try Opener().open(UnverifiedEnvelope(envelope, at: .wire), with: [recipient.agreement])
            let verified = try opened.verify(expecting: message.digest, in: context)
            _ = try Sealer().encrypt(verified.signedMessage, storageKey: freshStorageKey())
            return try SignedReceipt.sign(for: verified, by: recipient.signing, at: now)
        }

        for (message, receipt) in zip(kept, receipts) {
            let stored = try UnverifiedEnvelope(message.envelope, at: .store)
            let original = try Opener().openStored(stored, with: message.storageKey)
                .storedMessage(expecting: message.digest, by: sender.signing.oin)
            _ = try SignedReceipt.verify(receipt, for: original, from: recipient.signing.oin, in: context)
        }
    }

    private func signer(_ keyIdentifier: [UInt8]) -> Certificate? {
        ([sender] + recipients).map(\.signing.certificate).first { $0.subjectKeyIdentifier == keyIdentifier }
    }
}

/// An organisation's keys, without a node.
private struct Organisation: Sendable {
    let signing: SigningIdentity
    let agreement: DecryptionIdentity

    var keyIdentifier: [UInt8] { agreement.certificate.subjectKeyIdentifier }

    init(_ member: ExamplePKI.Member, usesRSA: Bool, in pki: ExamplePKI) throws {
        try pki.addOrganisation(
            slug: member.slug, oin: member.oin, name: member.name, algorithm: usesRSA ? .rsa3072 : .p256)
        func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
        let (signing, agreement) = (
            pki.credential(of: member.slug, for: .signing), pki.credential(of: member.slug, for: .agreement)
        )
        self.signing = try SigningIdentity(
            certificate: Certificate(pem: text(signing.certificate)), privateKeyPEM: text(signing.key))
        self.agreement = try DecryptionIdentity(
            certificate: Certificate(pem: text(agreement.certificate)), privateKeyPEM: text(agreement.key))
    }

    static func trust(in pki: ExamplePKI) throws -> TrustStore {
        func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }
        return try TrustStore(
            anchors: [Certificate(pem: text(pki.root.certificate))],
            intermediates: [Certificate(pem: text(pki.issuing.certificate))],
            revocationLists: [pki.rootRevocationList, pki.issuingRevocationList].map {
                try RevocationList(pem: text($0))
            })
    }
}

/// What is signed of a submission.
private struct Content: Sendable {
    let id: MessageID
    let bytes: [UInt8]

    init(_ json: String, from sender: ExamplePKI.Member, to recipients: [ExamplePKI.Member]) throws {
        let submission = try Submission.parse(Array(json.utf8))
        let now = Timestamp.current
        let id = MessageID(at: now, random: Randomness.bytes16())
        let content = submission.content(
            as: try Catalogue.standard.definition(of: submission.type), id: id, created: now,
            sender: Party(oin: sender.oin, role: sender.role),
            recipients: recipients.map { Recipient(Party(oin: $0.oin, role: $0.role), previous: nil) },
            caseRef: CaseReference(random: Randomness.bytes16()), conversation: id)
        self.id = id
        bytes = try ContentCodec.encode(content)
    }
}

import ExchangeCMS
import ExchangeCore
import ExchangeTesting

/// Two organisations and a message between them, and a third: the setting of most tests.
struct Exchange: Sendable {
    let sender: Organisation
    let recipient: Organisation
    /// Of the same authority, and not a recipient.
    let bystander: Organisation
    let trust: TrustStore
    let storageKey = CaseStorageKey()
    let messageID: MessageID
    let now: Timestamp

    init(_ senderKeys: ExamplePKI.Algorithm = .p256, _ recipientKeys: ExamplePKI.Algorithm = .p256) throws {
        let community = try Community.shared.get()
        sender = try community.member("sender", senderKeys)
        recipient = try community.member("recipient", recipientKeys)
        bystander = try community.member("bystander", .p256)
        trust = community.trust
        now = wallClock()
        messageID = newMessageID(at: now)
    }

    func recipients() throws -> [RecipientCertificate] {
        [try RecipientCertificate(recipient.agreement.certificate, trust: trust, now: now)]
    }

    func sealed(_ content: [UInt8] = Array("a signal".utf8)) throws -> SealedMessage {
        try Sealer().seal(
            content: content, messageID: messageID, signingTime: now, signer: sender.signing,
            recipients: recipients(), storageKey: storageKey)
    }

    /// What the recipient is sent.
    func travelling(_ sealed: SealedMessage) throws -> [UInt8] {
        try UnverifiedEnvelope.trimmed(
            sealed.envelope, to: recipient.agreement.certificate.subjectKeyIdentifier)
    }

    func opened(_ envelope: [UInt8]) throws -> SignedMessage {
        try Opener().open(UnverifiedEnvelope(envelope, at: .wire), with: [recipient.agreement])
    }

    var context: VerificationContext { context(trust: trust, now: now) }

    func context(trust: TrustStore, now: Timestamp) -> VerificationContext {
        let known = [sender, recipient, bystander].map(\.signing.certificate)
        return VerificationContext(trust: trust, now: now) { identifier in
            known.first { $0.subjectKeyIdentifier == identifier }
        }
    }

    func verified(_ sealed: SealedMessage) throws -> VerifiedMessage {
        try sealed.message.verify(expecting: sealed.digest, in: context)
    }
}

func newMessageID(at now: Timestamp) -> MessageID {
    guard let random = Bytes16(randomBytes(count: 16)) else { preconditionFailure("sixteen bytes were asked for") }
    return MessageID(at: now, random: random)
}

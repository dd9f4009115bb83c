import ExchangeCore

/// A stand-in for SignedData: who signed, a nonce (two signatures over the same bytes differ, as with ECDSA), what was
/// signed, and a tag over all of it.
struct FakeSigned {
    let signer: OIN
    let payload: [UInt8]

    static func sign(_ payload: [UInt8], by signer: OIN, nonce: UInt64) -> [UInt8] {
        let body = Array(signer.text.utf8) + nonce.bigEndianBytes + payload
        return FakeHash.digest(body).bytes + body
    }

    /// `nil` where the tag is not that of the bytes.
    static func open(_ bytes: [UInt8]) -> FakeSigned? {
        guard bytes.count >= Digest.byteCount + 28 else { return nil }
        let body = Array(bytes.dropFirst(Digest.byteCount))
        guard FakeHash.digest(body).bytes == Array(bytes.prefix(Digest.byteCount)),
            let signer = OIN(String(decoding: body.prefix(20), as: UTF8.self))
        else { return nil }
        return FakeSigned(signer: signer, payload: Array(body.dropFirst(28)))
    }
}

/// What stands inside a fake message's signature.
struct FakeContent: Hashable {
    let summary: MessageSummary
    let predecessor: MessageID?
    let acknowledgement: ReceivedAcknowledgement?
    /// Violates its schema: every honest recipient refuses it.
    let isBad: Bool

    /// The text of all fields but the digest, which is over the signed bytes.
    private static func text(of draft: FakeDraft) -> String {
        let acknowledged = draft.acknowledgement.map {
            "\($0.messageID),\($0.messageDigest),\($0.step.rawValue)"
        }
        return [
            draft.id.description, draft.type.code, draft.sender.oin.text, draft.sender.role.rawValue,
            draft.caseReference.description, draft.priority.rawValue, String(draft.created.milliseconds),
            String(draft.wanted.rawValue), draft.isHandedOver ? "1" : "0", draft.predecessor?.description ?? "",
            acknowledged ?? "", draft.isBad ? "1" : "0",
        ].joined(separator: "|")
    }

    /// Signs a draft; the digest of its summary is that of the signed bytes.
    static func seal(_ draft: FakeDraft, nonce: UInt64) -> (summary: MessageSummary, signed: [UInt8]) {
        let signed = FakeSigned.sign(Array(text(of: draft).utf8), by: draft.sender.oin, nonce: nonce)
        let summary = MessageSummary(
            id: draft.id, digest: FakeHash.digest(signed), type: draft.type, sender: draft.sender,
            caseReference: draft.caseReference, priority: draft.priority, created: draft.created,
            wanted: draft.wanted, isHandedOver: draft.isHandedOver)
        return (summary, signed)
    }

    /// Reads signed bytes back; `nil` where they are not what ``seal(_:nonce:)`` makes.
    init?(signed: [UInt8]) {
        guard let opened = FakeSigned.open(signed) else { return nil }
        let fields = String(decoding: opened.payload, as: UTF8.self)
            .split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count == 12, let id = MessageID(fields[0]), let type = MessageType(code: fields[1]),
            let sender = OIN(fields[2]), sender == opened.signer, let role = Role(rawValue: String(fields[3])),
            let reference = CaseReference(fields[4]), let priority = Priority(rawValue: String(fields[5])),
            let created = Int64(fields[6]), let level = Int(fields[7]).flatMap(AcknowledgementLevel.init(rawValue:))
        else { return nil }
        summary = MessageSummary(
            id: id, digest: FakeHash.digest(signed), type: type, sender: Party(oin: sender, role: role),
            caseReference: reference, priority: priority, created: Timestamp(milliseconds: created), wanted: level,
            isHandedOver: fields[8] == "1")
        predecessor = MessageID(fields[9])
        acknowledgement = Self.acknowledgement(fields[10])
        isBad = fields[11] == "1"
    }

    private static func acknowledgement(_ text: Substring) -> ReceivedAcknowledgement? {
        let parts = text.split(separator: ",")
        guard parts.count == 3, let id = MessageID(parts[0]),
            let digest = [UInt8](hexadecimal: parts[1]).flatMap({ Digest($0) }),
            let step = AcknowledgementStep(rawValue: String(parts[2]))
        else { return nil }
        return ReceivedAcknowledgement(
            messageID: id, messageDigest: digest, step: step, role: "duty")
    }
}

/// A message before it is signed.
struct FakeDraft {
    var id: MessageID
    var type: MessageType
    var sender: Party
    var caseReference: CaseReference
    var priority: Priority
    var created: Timestamp
    var wanted: AcknowledgementLevel
    var isHandedOver: Bool
    var predecessor: MessageID?
    var acknowledgement: ReceivedAcknowledgement?
    var isBad: Bool
}

import SwiftASN1

/// What kinds of change the audit log records.
public enum AuditKind: String, CaseIterable, Hashable, Sendable {
    case storeOpened = "store-opened"
    case messageAccepted = "message-accepted"
    case deliveryOpened = "delivery-opened"
    case deliveryMoved = "delivery-moved"
    case receiptRecorded = "receipt-recorded"
    case refusalRecorded = "refusal-recorded"
    case messageReceived = "message-received"
    case refusalIssued = "refusal-issued"
    case answerReissued = "answer-reissued"
    case numberNoted = "number-noted"
    case recoveryBegun = "recovery-begun"
    case deliveryRecovered = "delivery-recovered"
    case followUpRecorded = "follow-up-recorded"
    case inboxMoved = "inbox-moved"
    case coRecipientSpoke = "co-recipient-spoke"
    case messagesDiffer = "messages-differ"
    case consumerAdded = "consumer-added"
    case consumerRemoved = "consumer-removed"
    case consumerConfirmed = "consumer-confirmed"
    case reconciliationMade = "reconciliation-made"
    case backupCompleted = "backup-completed"
    case contentPurged = "content-purged"
    case contentRestored = "content-restored"
    case escalationStep = "escalation-step"
    case toldByTelephone = "told-by-telephone"
    case alarmRaised = "alarm-raised"
    case directoryInstalled = "directory-installed"
    case validationDataChanged = "validation-data-changed"
}

/// One line of the audit log: typed metadata and digests, never content.
///
/// The log is a chain: a leaf's hash is `SHA-256(hash before ‖ DER of the leaf)`. It is a row written in the same
/// transaction as the change that it records, so that a change without its leaf cannot be.
public struct AuditLeaf: Hashable, Sendable {
    public let kind: AuditKind
    public let at: Timestamp
    public let messageID: MessageID?
    public let partner: OIN?
    public let number: SequenceNumber?
    public let digest: Digest?
    /// A code, a state or a role: never free text of a message.
    public let note: String

    public init(
        _ kind: AuditKind, at: Timestamp, messageID: MessageID? = nil, partner: OIN? = nil,
        number: SequenceNumber? = nil, digest: Digest? = nil, note: String = ""
    ) {
        self.kind = kind
        self.at = at
        self.messageID = messageID
        self.partner = partner
        self.number = number
        self.digest = digest
        self.note = note
    }

    /// The bytes that the chain covers.
    public var wireBytes: [UInt8] {
        var serializer = DER.Serializer()
        do {
            try FieldWriter.write(into: &serializer) { fields in
                try fields.version()
                try fields.text(kind.rawValue)
                try fields.timestamp(at)
                try fields.text(note)
                try fields.optional(messageID, tag: 0) { try $0.identifier($1) }
                try fields.optional(partner, tag: 1) { try $0.oin($1) }
                try fields.optional(number, tag: 2) { try $0.number($1) }
                try fields.optional(digest, tag: 3) { try $0.digest($1) }
            }
        } catch {
            preconditionFailure("a leaf of our own does not encode: \(error)")
        }
        return serializer.serializedBytes
    }

    /// When the leaf of these bytes was written; `nil` for bytes that are no leaf.
    package static func moment(of wireBytes: [UInt8]) -> Timestamp? {
        guard let node = try? DER.parse(wireBytes) else { return nil }
        return try? FieldReader.read(node) { fields -> Timestamp in
            try fields.version()
            _ = try fields.text()
            let at = try fields.timestamp()
            _ = try fields.text()
            _ = try fields.optional(tag: 0) { try $0.octets(atMost: 16) }
            _ = try fields.optional(tag: 1) { try $0.oin() }
            _ = try fields.optional(tag: 2) { try $0.number() }
            _ = try fields.optional(tag: 3) { try $0.digest() }
            return at
        }
    }
}

/// Why a recipient's node will never take these identical bytes (`protocol.md` §7.2). A refusal is signed.
///
/// The raw value stands on the wire and in the sender's queue; it never changes its meaning.
public enum RefusalCode: String, CaseIterable, Hashable, Sendable {
    case contentMalformed = "content-malformed"
    case contentTooLarge = "content-too-large"
    case typeUnknown = "type-unknown"
    case schemaViolated = "schema-violated"
    case codeUnknown = "code-unknown"
    case senderNotEntitled = "sender-not-entitled"
    case senderMismatch = "sender-mismatch"
    case recipientNotListed = "recipient-not-listed"
    case identifierMismatch = "identifier-mismatch"
    case messageIDConflict = "message-id-conflict"
    case envelopeMalformed = "envelope-malformed"
    case algorithmNotAllowed = "algorithm-not-allowed"
    case digestMismatch = "digest-mismatch"
    case signatureInvalid = "signature-invalid"
    case signerNotTrusted = "signer-not-trusted"
    case acknowledgementMismatch = "acknowledgement-mismatch"
}

/// Why a recipient's node cannot take an item now (`protocol.md` §7.3). The sender keeps it, retries and alarms.
public enum LaterCode: String, CaseIterable, Hashable, Sendable {
    case keyUnknown = "key-unknown"
    case signerUnknown = "signer-unknown"
    case revocationListStale = "revocation-list-stale"
    case directoryStale = "directory-stale"
    case clockSkewed = "clock-skewed"
    case storageUnavailable = "storage-unavailable"
    case quotaExceeded = "quota-exceeded"
    case numberConflict = "number-conflict"
    case recovering = "recovering"
    case internalFault = "internal-fault"
}

/// Why a whole request is turned away, unsigned, leaving nothing behind (`protocol.md` §7.4).
public enum RequestErrorCode: String, CaseIterable, Hashable, Sendable {
    case requestMalformed = "request-malformed"
    case requestTooLarge = "request-too-large"
    case versionNotSupported = "version-not-supported"
    case partnerUnknown = "partner-unknown"
    case partnerMismatch = "partner-mismatch"
    case recipientMismatch = "recipient-mismatch"
    case statementInvalid = "statement-invalid"
    case statementUndecided = "statement-undecided"
    case incarnationUnknown = "incarnation-unknown"
    case incarnationFenced = "incarnation-fenced"
    case gapTooWide = "gap-too-wide"
    case nodeUnavailable = "node-unavailable"
}

extension RefusalCode {
    /// What somebody here must look at when it is given; `nil` where the partner alone has to act.
    package var alarm: AlarmCode? {
        switch self {
        case .messageIDConflict: .messageIDConflict
        case .acknowledgementMismatch: .acknowledgementMismatch
        case .signerNotTrusted: .signerNotTrusted
        case .contentMalformed, .contentTooLarge, .typeUnknown, .schemaViolated, .codeUnknown, .senderNotEntitled,
            .senderMismatch, .recipientNotListed, .identifierMismatch, .envelopeMalformed, .algorithmNotAllowed,
            .digestMismatch, .signatureInvalid:
            nil
        }
    }
}

extension LaterCode {
    /// Whether all of a partner's messages with it wait until something is mended at this node: its keys, its directory,
    /// or a fault of its own. It is one alarm a partner then, and the next message that can be judged ends it.
    package var isMendedHere: Bool {
        switch self {
        case .keyUnknown, .signerUnknown, .directoryStale, .internalFault: true
        case .revocationListStale, .clockSkewed, .storageUnavailable, .quotaExceeded, .numberConflict, .recovering:
            false
        }
    }

    /// What somebody here must look at, where one message is put off with it.
    package var alarmOfMessage: AlarmCode? {
        switch self {
        case .revocationListStale: .revocationListStale
        case .clockSkewed: .clockSkewed
        case .quotaExceeded: .quotaExceeded
        case .numberConflict: .numberConflict
        case .keyUnknown: .keyUnknown
        // Of its own: a tally that the partner signs with a known certificate says nothing of an older message.
        case .signerUnknown: .messageSignerUnknown
        case .directoryStale: .directoryStale
        case .internalFault: .internalFault
        // It passes by itself, and is shown with the recovery.
        case .storageUnavailable, .recovering: nil
        }
    }

    /// What somebody here must look at, where a partner's statement or proof cannot be judged now for this reason.
    package var alarmOfStatement: AlarmCode {
        switch self {
        case .revocationListStale: .revocationListStale
        case .signerUnknown: .signerUnknown
        case .clockSkewed: .clockSkewed
        case .keyUnknown: .keyUnknown
        case .directoryStale: .directoryStale
        case .numberConflict: .numberConflict
        case .quotaExceeded: .quotaExceeded
        case .storageUnavailable, .recovering, .internalFault: .internalFault
        }
    }
}

extension AlarmCode {
    /// What is said of one delivery while it is open, or refused: over with its receipt, and with its withdrawal.
    package static let ofOneDelivery: [AlarmCode] = [
        .deliveryDeferred, .deliveryRefused, .recipientNotTrusted, .storedMessageUnreadable, .revocationListStale,
        .receiptInvalid,
    ]
}

/// What an operator must look at. Each stands in `docs/codes.md` with what to do.
public enum AlarmCode: String, CaseIterable, Hashable, Sendable {
    case deliveryRefused = "delivery-refused"
    case deliveryDeferred = "delivery-deferred"
    case messageIDConflict = "message-id-conflict"
    case numberConflict = "number-conflict"
    case recipientNotTrusted = "recipient-not-trusted"
    case storedMessageUnreadable = "stored-message-unreadable"
    case receiptInvalid = "receipt-invalid"
    case acknowledgementMismatch = "acknowledgement-mismatch"
    case acknowledgementWithoutReceipt = "acknowledgement-without-receipt"
    case acknowledgementOverdue = "acknowledgement-overdue"
    case messagesDiffer = "messages-differ"
    case listedButNotTold = "listed-but-not-told"
    case partnerNotInDirectory = "partner-not-in-directory"
    case partnerUnreachable = "partner-unreachable"
    case partnerRolledBack = "partner-rolled-back"
    case partnerCloned = "partner-cloned"
    case partnerHistoryUnproven = "partner-history-unproven"
    case talliesDiffer = "tallies-differ"
    case storeRolledBack = "store-rolled-back"
    case storePutBack = "store-put-back"
    case recoveryIncomplete = "recovery-incomplete"
    case nodeFenced = "node-fenced"
    case revocationListStale = "revocation-list-stale"
    case keyUnknown = "key-unknown"
    case signerUnknown = "signer-unknown"
    case messageSignerUnknown = "message-signer-unknown"
    case directoryStale = "directory-stale"
    case clockSkewed = "clock-skewed"
    case quotaExceeded = "quota-exceeded"
    case internalFault = "internal-fault"
    case signerNotTrusted = "signer-not-trusted"
    case filesUnusable = "files-unusable"
    case ownCertificateUnusable = "own-certificate-unusable"
    case ownCertificateExpiring = "own-certificate-expiring"
    case agencyUnreachable = "agency-unreachable"
    case escalationFailing = "escalation-failing"
    /// Shown while it lasts, and never stored.
    case storeFailing = "store-failing"
}

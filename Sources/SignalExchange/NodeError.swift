/// Why something could not be done, for the person or system that asked.
///
/// The code is stable and stands in `docs/codes.md`; the message says what to do next; the cause is what the
/// system or a library said.
public struct NodeError: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: NodeErrorCode
    public let message: String
    public let cause: String?

    public init(_ code: NodeErrorCode, _ message: String, cause: String? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        "\(code.rawValue): \(message)" + (cause.map { " (cause: \($0))" } ?? "")
    }
}

/// The stable codes of ``NodeError``.
public enum NodeErrorCode: String, CaseIterable, Hashable, Sendable {
    case configurationInvalid = "configuration-invalid"
    case trialClockRefused = "trial-clock-refused"
    case folderNotEmpty = "folder-not-empty"
    case fileMissing = "file-missing"
    case fileUnreadable = "file-unreadable"
    case keyExposed = "key-exposed"
    case certificateUnusable = "certificate-unusable"
    case keyCopyUnusable = "key-copy-unusable"
    case libraryUnsafe = "library-unsafe"
    case cardInvalid = "card-invalid"
    case cardUndecided = "card-undecided"
    case cardOlder = "card-older"
    case fingerprintMissing = "fingerprint-missing"
    case fingerprintDiffers = "fingerprint-differs"
    case checkFoundFaults = "check-found-faults"
    case authorityUnknown = "authority-unknown"
    case directoryMissing = "directory-missing"
    case directoryInvalid = "directory-invalid"
    case directoryOlder = "directory-older"
    case notInDirectory = "not-in-directory"
    case addressInUse = "address-in-use"
    case socketPathTooLong = "socket-path-too-long"
    case nodeNotRunning = "node-not-running"
    case alreadyRunning = "already-running"
    case storeUnavailable = "store-unavailable"
    case storeMissing = "store-missing"
    case storeDamaged = "store-damaged"
    case storeNewer = "store-newer"
    case diskFull = "disk-full"
    case archiveKeyWrong = "archive-key-wrong"
    case submissionInvalid = "submission-invalid"
    case recipientUnknown = "recipient-unknown"
    case madeByTheNode = "made-by-the-node"
    case idempotencyKeyConflict = "idempotency-key-conflict"
    case idempotencyKeyInvalid = "idempotency-key-invalid"
    case queueFull = "queue-full"
    case messageUnknown = "message-unknown"
    case caseUnknown = "case-unknown"
    case nothingDrafted = "nothing-drafted"
    case stepNotPossible = "step-not-possible"
    case deliveryUnknown = "delivery-unknown"
    case waitTimedOut = "wait-timed-out"
    case recipientRefused = "recipient-refused"
    case deliveryStopped = "delivery-stopped"
    case partnerUnreachable = "partner-unreachable"
    case agencyUnreachable = "agency-unreachable"
    case programFailed = "program-failed"
    case answerInvalid = "answer-invalid"
    case evidenceNotVerified = "evidence-not-verified"
    case booksNotAgreed = "books-not-agreed"
    case booksNeedPerson = "books-need-person"
    case reportUnknown = "report-unknown"
    case contentPurged = "content-purged"
    case requestInvalid = "request-invalid"
    case requestTooLarge = "request-too-large"
    case codeUnknown = "code-unknown"
    case pathUnknown = "path-unknown"
    case methodNotAllowed = "method-not-allowed"
    case notPermitted = "not-permitted"
    case consumerUnknown = "consumer-unknown"
    case consumerConflict = "consumer-conflict"
    case consumerLimitReached = "consumer-limit-reached"
    case cursorInvalid = "cursor-invalid"
    case internalFault = "internal-fault"

    /// The exit code of `exchange-node` (`docs/operations.md`): what a script does next depends on it.
    public var exitCode: Int32 {
        switch self {
        case .configurationInvalid, .trialClockRefused, .folderNotEmpty, .fileMissing, .fileUnreadable, .keyExposed,
            .certificateUnusable, .keyCopyUnusable, .libraryUnsafe, .directoryMissing, .directoryInvalid,
            .directoryOlder, .cardInvalid, .cardUndecided, .cardOlder, .fingerprintMissing, .fingerprintDiffers,
            .authorityUnknown, .checkFoundFaults, .notInDirectory, .addressInUse, .socketPathTooLong, .alreadyRunning,
            .storeMissing,
            .storeDamaged,
            .storeNewer, .archiveKeyWrong:
            2
        case .submissionInvalid, .recipientUnknown, .madeByTheNode, .idempotencyKeyConflict, .idempotencyKeyInvalid,
            .messageUnknown,
            .caseUnknown,
            .stepNotPossible, .deliveryUnknown, .requestInvalid, .requestTooLarge, .codeUnknown, .pathUnknown,
            .methodNotAllowed,
            .notPermitted, .consumerUnknown, .consumerConflict, .consumerLimitReached, .cursorInvalid, .reportUnknown,
            .contentPurged, .nothingDrafted:
            3
        case .nodeNotRunning: 4
        case .queueFull, .storeUnavailable, .diskFull, .partnerUnreachable, .agencyUnreachable,
            .programFailed, .waitTimedOut, .booksNotAgreed:
            5
        case .recipientRefused, .deliveryStopped, .booksNeedPerson: 6
        case .answerInvalid, .evidenceNotVerified, .internalFault: 1
        }
    }
}

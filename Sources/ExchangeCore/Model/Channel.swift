/// What one number of a channel stands for. The running digest covers these three and nothing that may change later.
public struct ChannelItem: Hashable, Sendable {
    public let number: SequenceNumber
    public let messageID: MessageID
    public let messageDigest: Digest

    public init(number: SequenceNumber, messageID: MessageID, messageDigest: Digest) {
        self.number = number
        self.messageID = messageID
        self.messageDigest = messageDigest
    }
}

/// A number and the running digest of the list up to and including it.
public struct ChannelPosition: Hashable, Sendable {
    public let number: SequenceNumber
    public let runningDigest: Digest
    public static let start = ChannelPosition(number: .none, runningDigest: .zero)

    public init(number: SequenceNumber, runningDigest: Digest) {
        self.number = number
        self.runningDigest = runningDigest
    }

    /// `SHA-256(running digest before ‖ number as 8 bytes ‖ message id ‖ message digest)` (`protocol.md` §6.3).
    ///
    /// - Precondition: the item's number is the next one; a hole is a fault of our own.
    public func extended(by item: ChannelItem, using digest: DigestFunction) -> ChannelPosition {
        precondition(item.number == number.next, "a channel has no holes")
        let input =
            runningDigest.bytes + item.number.value.bigEndianBytes + item.messageID.bytes + item.messageDigest.bytes
        return ChannelPosition(number: item.number, runningDigest: digest(input))
    }
}

/// How a number of a channel ends.
public enum ItemKind: Int, CaseIterable, Hashable, Sendable {
    /// The envelope travels with it.
    case message = 0
    /// There will be none: withdrawn before it was sent, or erased by retention. The reason is signed.
    case void = 1
    /// An operator holds it; declared, so that it does not look like a loss.
    case held = 2
    /// The envelope travels with it once more: the recipient answered this number, and its account no longer has it.
    case again = 3

    /// Whether an envelope belongs to it.
    package var hasEnvelope: Bool {
        switch self {
        case .message, .again: true
        case .void, .held: false
        }
    }
}

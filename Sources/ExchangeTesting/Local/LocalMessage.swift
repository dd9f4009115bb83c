import ExchangeCore

/// A message that a node of a ``LocalExchange`` has accepted: it is on that node's disk, and has an id.
public struct LocalMessage: Hashable, Sendable {
    /// A UUIDv7, as the commands show it.
    public let id: String
    /// The name of the node that sends it.
    public let sender: String
}

/// How far one recipient of a message is.
public struct LocalDelivery: Hashable, Sendable {
    /// The name of the recipient's node; its OIN where it is none of the exchange.
    public let recipient: String
    /// As `exchange-node queue list` shows it: `accepted`, `sending`, `receipted`, `owned`, `declined`, `concluded`,
    /// `held`, `refused` or `withdrawn`.
    public let state: String
    /// Whether the recipient's signed receipt is here.
    public let isReceipted: Bool
    /// Sendings that were not answered.
    public let attempts: Int
    /// The last thing that went wrong, or the code and words of a refusal; empty where nothing did.
    public let detail: String
}

/// What a delivery can be waited for.
public enum LocalProgress: String, CaseIterable, Hashable, Sendable {
    /// The recipient's signed receipt is here, whatever its people have done since.
    case receipted
    /// The recipient's signed refusal is here.
    case refused
    /// A duty role of the recipient has taken it, and may have concluded it since.
    case owned
    /// A duty role of the recipient has declined it.
    case declined
    /// A duty role of the recipient has said what was done.
    case concluded

    /// What the node that answers later is asked for.
    var awaited: String {
        switch self {
        case .receipted, .refused: "answered"
        case .owned, .declined: "owned"
        case .concluded: "concluded"
        }
    }

    func isReached(by row: DeliveryRow) -> Bool {
        switch self {
        case .receipted: row.isReceipted
        case .refused: row.state == .refused
        case .owned: row.state == .owned || row.state == .concluded
        case .declined: row.state == .declined
        case .concluded: row.state == .concluded
        }
    }

    /// Whether what the row shows may still come to it: what has its answer has no other.
    func isPossible(after row: DeliveryRow) -> Bool {
        switch row.state {
        case .accepted, .sending: true
        case .receipted: self != .refused
        case .owned: self == .concluded
        case .declined, .concluded, .held, .refused, .withdrawn: false
        }
    }
}

/// An open alarm of a node.
public struct LocalAlarm: Hashable, Sendable {
    /// As `docs/codes.md` lists it, such as `stored-message-unreadable`.
    public let code: String
    /// The OIN of the partner that it is about; `nil` where it is about the node itself.
    public let partner: String?
    public let detail: String

    init(_ row: AlarmRow) {
        code = row.code
        partner = row.partner?.text
        detail = row.detail
    }
}

import ExchangeCore
import ExchangeTesting

/// Where one organisation stands with one message: told, owned, concluded or declined as far as its type asks for it; its
/// sender; or no part in it. What is none of these is an empty cell.
enum CaseCell: Hashable, Sendable {
    case sender
    /// Not among those who are told of this.
    case noPart
    case told
    case owned
    case concluded
    case declined
    /// This level is asked for, and is not there.
    case missing(AcknowledgementLevel)

    var isEmpty: Bool { if case .missing = self { true } else { false } }
}

extension Board.Entry {
    func cell(of cast: Cast) -> CaseCell {
        guard cast != message.sender else { return .sender }
        guard let delivery = delivery(to: cast) else {
            return message.recipients.contains(cast) ? .missing(.receipt) : .noPart
        }
        guard delivery.isReceipted else { return .missing(.receipt) }
        switch delivery.followUp {
        case .concluded: return .concluded
        case .declined: return .declined
        case .owned: return delivery.isFollowedUp ? .owned : .missing(.outcome)
        case .none: return delivery.isFollowedUp ? .told : .missing(.ownership)
        }
    }
}

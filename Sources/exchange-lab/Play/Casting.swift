import ExchangeCore
import ExchangeTesting

/// Which node plays which organisation.
struct Casting: Sendable {
    let community: ExampleCommunity

    subscript(cast: Cast) -> NodeHandle { community[slug: cast.rawValue] }

    /// `nil` for an organisation that is not of the community.
    func cast(_ oin: OIN) -> Cast? { Cast.allCases.first { self[$0].member.oin == oin } }

    /// What a node shows of its deliveries, by message and recipient.
    func byRecipient(_ rows: [DeliveryRow]) -> [MessageID: [Cast: DeliveryRow]] {
        var found: [MessageID: [Cast: DeliveryRow]] = [:]
        for row in rows {
            if let recipient = cast(row.recipient) { found[row.messageID, default: [:]][recipient] = row }
        }
        return found
    }
}

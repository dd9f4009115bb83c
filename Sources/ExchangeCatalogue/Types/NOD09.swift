import ExchangeCore

extension MessageTypeDefinition {
    /// NOD-09. A message that takes the whole way to a partner's node and ends there: its receipt shows that the way
    /// is open. It speaks of no case and no child.
    static let probe = MessageTypeDefinition(
        "NOD-09", english: "Probe", dutch: "Proefbericht",
        summary: "Tries the way to a partner's node; never handed over.",
        senders: Role.allCases, recipients: Role.allCases, duties: [], priority: .routine, handling: .green,
        acknowledgement: .receipt, isHandedOver: false,
        fields: [
            .optional("label", .text(byteCountLimit: 100), "Tells probes apart; nothing on a case.")
        ], confinement: .node)
}

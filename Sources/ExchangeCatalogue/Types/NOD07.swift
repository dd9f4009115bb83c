import ExchangeCore

extension MessageTypeDefinition {
    /// NOD-07. Asks a partner's node what its ledger says of a case: who was told of what, and when (domain brief, 2.2).
    static let caseQuery = MessageTypeDefinition(
        "NOD-07", english: "Case query", dutch: "Vraag wie is ingelicht",
        summary: "Asks a partner's node who has been told what in this case; the node answers by itself.",
        senders: Role.allCases, recipients: Role.allCases, duties: [], priority: .asap,
        acknowledgement: .receipt, isHandedOver: false,
        fields: [
            .optional(
                "before", .messageID,
                "Only messages with a lower id: those behind the last one that an answer had room for.")
        ], expects: [ExpectedMessage("NOD-10", of: .eachRecipient, within: .hours(1))], confinement: .node)
}

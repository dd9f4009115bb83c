import ExchangeCore

extension MessageTypeDefinition {
    /// TRF-02. Who cared for the child hands over to who does from now on; that it arrives is confirmed there.
    static let transferHandover = MessageTypeDefinition(
        "TRF-02", english: "Transfer handover", dutch: "Warme overdracht",
        summary: "Hands the child's care over to the next place.",
        senders: [.provider], recipients: [.provider, .reception, .municipality], duties: [], priority: .urgent,
        fields: [
            .required("summary", .text(byteCountLimit: 8000), "What the next place must know, as far as consented to."),
            .required("openActions", .array(.messageID, count: 0...32), "The COB-06 that are open; may be empty."),
            .required("openSignals", .array(.messageID, count: 0...32), "The SIG-01 that are open; may be empty."),
            .optional("expectedAt", .timestamp, "When the child is expected."),
            .optional("location", .locationCode, "The place by its code, never its address."),
        ],
        expects: [
            ExpectedMessage(
                "PLC-03", of: .eachRecipient, by: "expectedAt", pressing: .stat, isReplaceable: true, drafts: "DEP-01")
        ], closes: ["TRF-01"])
}

import ExchangeCore

extension MessageTypeDefinition {
    /// NOD-03. The third acknowledgement (L3): what was done with a message, also where that is nothing, and why.
    static let outcome = MessageTypeDefinition(
        "NOD-03", english: "Outcome", dutch: "Terugkoppeling",
        summary: "Tells the sender of a message what was done with it.",
        senders: Role.allCases, recipients: Role.allCases, duties: [.senderOfAnsweredMessage], priority: .asap,
        acknowledgement: .receipt, isHandedOver: false, answersMessage: true,
        fields: [
            .required("messageId", .messageID, "The message that is concluded."),
            .required("messageDigest", .digest, "The digest of its SignedData."),
            .required("status", .code(.taskStatus), "completed, failed or cancelled."),
            .required(
                "outcome", .text(byteCountLimit: 4000), "What was done; where nothing was done, that and why."),
        ],
        rules: [
            Rule(
                "outcome-states", "an outcome is final",
                .restricts(member: "status", to: ["completed", "failed", "cancelled"])),
            .acknowledgedMessageIsAnswered,
        ], confinement: .node)
}

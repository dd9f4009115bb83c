import ExchangeCore

extension MessageTypeDefinition {
    /// NOD-10. The answer to NOD-07: a list of messages by id and digest, with the times of their acknowledgements as the
    /// answering node knows them, and nothing of what stands in them.
    static let caseAnswer = MessageTypeDefinition(
        "NOD-10", english: "Case answer", dutch: "Antwoord wie is ingelicht",
        summary: "Tells who has been told what in this case, by the ledger of the node that answers.",
        senders: Role.allCases, recipients: Role.allCases, duties: [.senderOfAnsweredMessage], priority: .asap,
        acknowledgement: .receipt, isHandedOver: false, answersMessage: true,
        fields: [
            .required(
                "scope", .code(.accountScope),
                "shared: messages that the asking organisation sent, or is a listed recipient of; all: to a guardian."),
            .optional("before", .messageID, "As it stood in the query."),
            .required(
                "messages", .array(.object(CaseAccount.entryFields), count: 0...CaseAccount.entriesMaximum),
                "The newest first, by their ids."),
            .required("more", .boolean, "Whether there are more, with lower ids."),
        ], confinement: .node)
}

extension CaseAccount {
    static let entryFields: [Field] = [
        .required("id", .messageID, "The message."),
        .required("digest", .digest, "The digest of its SignedData, as it was verified there."),
        .required("type", .text(byteCountLimit: 6), "The code of its type."),
        .required("sender", .party, "Who sent it."),
        .required("created", .timestamp, "When its sender made it."),
        .required(
            "recipients",
            .array(
                .object([
                    .required("oin", .oin, "The recipient's number."),
                    .required("role", .code(.role), "Its role in the message."),
                    .required("standing", .code(.toldStanding), "What the answering node knows of it."),
                    .optional("receiptedAt", .timestamp, "L1: when its node held the message."),
                    .optional("ownedAt", .timestamp, "L2: when a duty role took the message."),
                    .optional("declinedAt", .timestamp, "L2: when it was declined."),
                    .optional("concludedAt", .timestamp, "L3: when it was said what was done."),
                ]), count: 0...SignedContent.recipientCountRange.upperBound),
            "Its recipients."),
    ]
}

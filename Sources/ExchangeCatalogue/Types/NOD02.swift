import ExchangeCore

extension MessageTypeDefinition {
    /// NOD-02. The second acknowledgement (L2): a named duty role has seen a message and owns it, or declines it with
    /// a reason. The states are those of FHIR Task. It goes to all who were sent the message too, so that two that were
    /// shown different ones find out.
    static let ownership = MessageTypeDefinition(
        "NOD-02", english: "Ownership", dutch: "In behandeling",
        summary:
            "Tells the sender of a message, and its other recipients, which duty role owns it, or why it is declined.",
        senders: Role.allCases, recipients: Role.allCases, duties: [.senderOfAnsweredMessage], priority: .asap,
        acknowledgement: .receipt, isHandedOver: false, answersMessage: true,
        fields: [
            .required("messageId", .messageID, "The message that is acknowledged."),
            .required("messageDigest", .digest, "The digest of its SignedData."),
            .required("sender", .oin, "The organisation that sent it."),
            .required("status", .code(.taskStatus), "received: owned; rejected: declined."),
            .required("ownerRole", .text(byteCountLimit: 100), "The duty role that speaks; no person's name."),
            .optional("reason", .text(byteCountLimit: 2000), "Why the message is declined."),
        ],
        rules: [
            Rule(
                "ownership-states", "ownership is taken or declined",
                .restricts(member: "status", to: ["received", "rejected"])),
            Rule(
                "decline-needs-reason", "a declined message has a reason",
                .requires(member: "reason", when: .member("status", is: "rejected"))),
            .acknowledgedMessageIsAnswered,
        ], confinement: .node)
}

extension Rule {
    /// The envelope's reference and the body's must not tell two stories.
    static let acknowledgedMessageIsAnswered = Rule(
        "acknowledged-message-is-answered", "an acknowledgement answers the message that it names",
        .check { (content, rule) throws(ContentError) in
            guard let answered = content.inReplyTo, content.body["messageId"] != .string(answered.description)
            else { return }
            throw rule.violation(at: FieldPath("body").member("messageId"), "put the id that stands in inReplyTo here")
        })
}

import ExchangeCore

extension MessageTypeDefinition {
    /// COB-01. The chair calls the case conference on a child in protected reception together.
    static let conferenceInvitation = MessageTypeDefinition(
        "COB-01", english: "Case conference invitation", dutch: "Uitnodiging casuïstiekoverleg",
        summary: "Calls the members of a case conference together on one child.",
        senders: [.guardian, .provider], recipients: [.police, .provider, .immigration, .mentalHealth, .guardian],
        duties: [
            .role(.police), .role(.provider), .role(.immigration), .role(.mentalHealth), .role(.guardian),
        ], priority: .urgent, handling: .red,
        fields: [
            .required("meetingAt", .timestamp, "When the conference is."),
            .required("form", .code(.meetingForm), "How the members meet."),
            .optional("place", .text(byteCountLimit: 200), "Where, or how to join."),
            .required("question", .text(byteCountLimit: 2000), "What the conference is to answer."),
            .required("participantRoles", .codes(.role, count: 2...11), "The roles that are expected."),
            .optional("documents", .array(.messageID, count: 1...32), "Messages to read beforehand."),
        ],
        rules: [.conferenceIsRed], expects: [ExpectedMessage("COB-02", of: .eachRecipient)], confinement: .conference)
}

extension Rule {
    /// TLP 2.0: red is for the ears of named recipients only, in a meeting for those present.
    static let conferenceIsRed = Rule(
        "conference-is-red", "what belongs to a case conference is for its members only",
        .handling(.red))
}

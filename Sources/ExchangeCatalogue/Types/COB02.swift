import ExchangeCore

extension MessageTypeDefinition {
    /// COB-02. A member tells the chair whether it comes.
    static let conferenceAttendance = MessageTypeDefinition(
        "COB-02", english: "Case conference attendance", dutch: "Antwoord op uitnodiging casuïstiekoverleg",
        summary: "Tells the chair of a case conference whether a member comes or whom it sends.",
        senders: [.police, .provider, .immigration, .mentalHealth, .guardian], recipients: [.guardian, .provider],
        duties: [.senderOfAnsweredMessage], priority: .routine, handling: .red, answersMessage: true,
        fields: [
            .required("answer", .code(.attendanceAnswer), "Whether the member comes."),
            .optional("delegate", .text(byteCountLimit: 100), "The role that comes instead; no person's name."),
            .optional("reason", .text(byteCountLimit: 1000), "Why the member does not come."),
        ],
        rules: [
            Rule(
                "delegation-names-delegate", "who delegates names the role that comes instead",
                .requires(member: "delegate", when: .member("answer", is: "delegate"))),
            Rule(
                "decline-needs-reason", "who declines gives a reason",
                .requires(member: "reason", when: .member("answer", is: "decline"))),
            .conferenceIsRed,
        ], confinement: .conference)
}

import ExchangeCore

extension MessageTypeDefinition {
    /// COB-07. The conference on a child ends, and what is still to be done has somebody who does it.
    static let conferenceClosure = MessageTypeDefinition(
        "COB-07", english: "Case conference closed", dutch: "Afsluiting casuïstiekoverleg",
        summary: "Tells the members that a case conference is closed, and who goes on with what is open.",
        senders: [.guardian, .provider], recipients: [.police, .provider, .immigration, .mentalHealth, .guardian],
        duties: [
            .role(.police), .role(.provider), .role(.immigration), .role(.mentalHealth), .role(.guardian),
        ], priority: .routine, handling: .red,
        fields: [
            .required("reason", .code(.closureReason), "Why it is closed."),
            .optional("explanation", .text(byteCountLimit: 2000), "More on that."),
            .required(
                "openActions",
                .array(
                    .object([
                        .required("action", .messageID, "The COB-06."),
                        .required("transferredTo", .party, "Who goes on with it."),
                    ]), count: 0...32), "What is still to be done, and by whom; may be empty."),
        ],
        rules: [
            Rule(
                "other-reason-is-explained", "a reason outside the list is explained",
                .requires(member: "explanation", when: .member("reason", is: "other"))),
            .conferenceIsRed,
        ], closes: ["COB-01"], confinement: .conference)
}

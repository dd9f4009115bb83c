import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-05. A pattern that threatens a group of children, before any of them has left: measures can be taken
    /// beforehand (letter of 7 December 2015, line 234).
    static let groupRiskNotice = MessageTypeDefinition(
        "SIG-05", english: "Group risk notice", dutch: "Vooraf bekend risico groep",
        summary: "Warns of a pattern that threatens a group of children.",
        senders: [.provider, .police, .reception],
        recipients: [.police, .guardian, .provider, .immigration, .mentalHealth, .reception],
        duties: [
            .role(.police), .role(.guardian), .role(.provider), .role(.immigration), .role(.mentalHealth),
            .role(.reception),
        ], priority: .urgent,
        fields: [
            .required("pattern", .text(byteCountLimit: 4000), "What was noticed; nothing that names a child."),
            .required(
                "group",
                .object([
                    .required("characteristics", .text(byteCountLimit: 1000), "What the children have in common."),
                    .optional("nationalities", .codes(.nationality, count: 1...16), "Their nationalities."),
                    .optional("sex", .code(.sex), "Their sex, where it is one."),
                    .optional("ageFrom", .integer(0...21), "The age of the youngest, in years."),
                    .optional("ageTo", .integer(0...21), "The age of the oldest, in years."),
                ]), "Whom it concerns."),
            .required("measures", .text(byteCountLimit: 2000), "What is proposed."),
            .optional("locations", .array(.locationCode, count: 1...16), "Where the children are, by code."),
            .optional("destinationCountries", .codes(.country, count: 1...16), "Where they are taken to."),
            .optional("acute", .boolean, "Whether a departure is expected within a day."),
        ],
        rules: [
            Rule(
                "acute-risk-is-stat", "a risk within a day is sent as stat",
                .priority(atLeast: .stat, when: .member("acute", is: true)))
        ])
}

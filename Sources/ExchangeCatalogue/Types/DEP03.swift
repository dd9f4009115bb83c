import ExchangeCore

extension MessageTypeDefinition {
    /// DEP-03. How the search goes: every seven days from the police until the child is found, and at once from whoever
    /// has something new. No case ends by silence.
    static let searchProgress = MessageTypeDefinition(
        "DEP-03", english: "Search progress or new information", dutch: "Voortgang vermissing",
        summary: "Tells how the search goes, or tells the police something new.",
        senders: Role.allCases, recipients: [.police, .guardian, .provider, .reception],
        duties: [.role(.police), .role(.guardian), .role(.provider), .role(.reception)], priority: .routine,
        fields: [
            .required("status", .code(.searchStatus), "How far the search is."),
            .required("actionsSinceLast", .text(byteCountLimit: 4000), "What was done or learnt since the last."),
            .optional("nextReviewDate", .date, "When the police tell more, also where that is nothing."),
            .optional(
                "sighting",
                .object([
                    .required("at", .timestamp, "When the child was seen."),
                    .required("country", .code(.country), "In which country."),
                    .required("place", .text(byteCountLimit: 300), "Where the child was seen."),
                    .required("credibility", .code(.credibility), "How far that can be believed."),
                ]), "Where somebody saw the child."),
        ],
        rules: [
            Rule(
                "sighting-is-stat", "a sighting is sent as stat",
                .priority(atLeast: .stat, when: .member("status", is: "sighted"))),
            Rule(
                "sighting-says-where", "a sighting says where and when",
                .requires(member: "sighting", when: .member("status", is: "sighted"))),
            Rule(
                "sighting-is-named", "what has a sighting says so",
                .check { (content, rule) throws(ContentError) in
                    guard content.body["sighting"] != nil, content.text("status") != "sighted" else { return }
                    throw rule.violation(at: FieldPath("body").member("status"), allowed: ["sighted"], "use sighted")
                }),
            Rule(
                "police-name-next-review", "the police say when they tell more",
                .check { (content, rule) throws(ContentError) in
                    guard content.sender.role == .police, content.body["nextReviewDate"] == nil else { return }
                    throw rule.violation(at: FieldPath("body").member("nextReviewDate"), "add this member")
                }),
            Rule(
                "information-reaches-police", "whoever is not the police tells the police",
                .check { (content, rule) throws(ContentError) in
                    let roles = content.recipients.map(\.party.role)
                    guard content.sender.role != .police, !roles.contains(.police) else { return }
                    throw rule.violation(
                        at: FieldPath("recipients"), allowed: [Role.police.rawValue], "add police to the recipients")
                }),
        ],
        expects: [ExpectedMessage("DEP-03", of: .role(.police), within: .hours(7 * 24), by: "nextReviewDate")])
}

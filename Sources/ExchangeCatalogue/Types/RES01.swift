import ExchangeCore

extension MessageTypeDefinition {
    /// RES-01. Whether a report to the police was made, or the child cooperates otherwise: residence can hang on it.
    static let reportMade = MessageTypeDefinition(
        "RES-01", english: "Report made or cooperation", dutch: "Aangifte of andere medewerking",
        summary: "Tells the immigration service whether a report was made, or the child cooperates.",
        senders: [.police], recipients: [.immigration, .guardian, .lawyer], duties: [.role(.immigration)],
        priority: .urgent,
        fields: [
            .required("made", .boolean, "Whether there is a report or other cooperation."),
            .required("kind", .code(.cooperationKind), "Of which kind it is."),
            .required("date", .date, "On which day; where there is none, on which day that was so."),
            .required(
                "factsReference", .text(byteCountLimit: 64),
                "The police's reference to the facts, by which the same facts are known again."),
        ],
        rules: [
            Rule(
                "kind-fits-answer", "a report or cooperation has its kind, and none has none",
                .check { (content, rule) throws(ContentError) in
                    let isNone = content.text("kind") == "none"
                    guard let made = content.flag("made"), made == isNone else { return }
                    let allowed = made ? ["aangifte", "other-cooperation"] : ["none"]
                    throw rule.violation(
                        at: FieldPath("body").member("kind"), allowed: allowed,
                        "use \(allowed.joined(separator: " or "))")
                }),
            Rule(
                "police-data-names-disclosure", "beyond the immigration service police data names what allows it",
                .check { (content, rule) throws(ContentError) in
                    let isBeyond = content.recipients.contains { $0.party.role != .immigration }
                    let allowed = CodeList.legalBasis.codes.filter { $0.meaning == "disclosure" }.map(\.value)
                    guard isBeyond, !content.legalBasis.contains(where: allowed.contains) else { return }
                    throw rule.violation(
                        at: FieldPath("legalBasis"), allowed: allowed,
                        "add the article of the police data act that allows it, or tell the immigration service alone")
                }),
        ],
        expects: [ExpectedMessage("RES-04", of: .role(.immigration), when: .member("made", is: true))],
        confinement: .policeData)
}

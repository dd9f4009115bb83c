import ExchangeCore

extension MessageTypeDefinition {
    /// ADV-01. The commission is asked whether it is plausible that the child is a victim. The guardian asks for a child
    /// that has no lawyer.
    static let plausibilityRequest = MessageTypeDefinition(
        "ADV-01", english: "Request for a plausibility advice", dutch: "Aanvraag deskundigenbericht",
        summary: "Asks the commission whether it is plausible that the child is a victim.",
        senders: [.lawyer, .guardian], recipients: [.commission], duties: [.role(.commission)], priority: .routine,
        fields: [
            .required("reportMade", .boolean, "Whether a report was made."),
            .optional("caseClosedOn", .date, "On which day the criminal case ended."),
            .optional("medicalDataAuthorised", .boolean, "Whether the child lets the commission see medical data."),
            .optional("medicalData", .text(byteCountLimit: 4000), "What a doctor found."),
        ],
        rules: [
            Rule(
                "report-names-closure", "where a report was made, the day on which the case ended is told",
                .requires(member: "caseClosedOn", when: .member("reportMade", is: true))),
            Rule(
                "medical-data-with-authorisation", "medical data is told with the child's authorisation only",
                .check { (content, rule) throws(ContentError) in
                    guard content.body["medicalData"] != nil, content.flag("medicalDataAuthorised") != true
                    else { return }
                    throw rule.violation(
                        at: FieldPath("body").member("medicalData"), "remove it, or ask for the authorisation")
                }),
        ], expects: [ExpectedMessage("ADV-02", of: .role(.commission))], confinement: .adviceOnAChild)
}

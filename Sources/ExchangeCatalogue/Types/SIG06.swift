import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-06. The police have to report who may be a victim; others do with consent. It has codes only: the register
    /// counts, and tells nobody's story.
    static let registration = MessageTypeDefinition(
        "SIG-06", english: "Registration with the coordination centre", dutch: "Registratiemelding CoMensha",
        summary: "Registers a possible victim with the coordination centre, by codes only.",
        senders: [.police, .guardian, .immigration, .reception, .provider, .health, .refugeeCouncil],
        recipients: [.coordinationCentre], duties: [.role(.coordinationCentre)], priority: .routine,
        acknowledgement: .receipt,
        fields: [
            .required("detectedOn", .date, "When the signal was noticed."),
            .required("sex", .code(.sex), "As registered."),
            .required("birthYear", .integer(1900...2100), "The year of birth, as far as known."),
            .required("nationality", .code(.nationality), "As stated or registered."),
            .required("traffickingStatus", .code(.traffickingStatus), "What was concluded so far."),
            .required(
                "dutchForms", .codes(.dutchFormOfExploitation, count: 1...6), "The forms of exploitation, or unknown."),
            .required("careConsent", .boolean, "Whether the child consents to a request for care."),
            .optional("registrationConsent", .boolean, "Whether the child consents to being registered."),
            .optional("countriesOfExploitation", .codes(.country, count: 1...8), "Where the exploitation was."),
            .optional("reportMade", .code(.yesNoUnknown), "Whether the child made a report to the police."),
        ],
        rules: [
            Rule(
                "others-register-with-consent", "whoever is not the police registers with consent",
                .check { (content, rule) throws(ContentError) in
                    guard content.sender.role != .police, content.flag("registrationConsent") != true else { return }
                    throw rule.violation(
                        at: FieldPath("body").member("registrationConsent"),
                        "ask for consent and put true here, or leave the registration to the police")
                })
        ], confinement: .register)
}

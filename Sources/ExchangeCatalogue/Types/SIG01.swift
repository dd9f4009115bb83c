import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-01. Whoever of guardian, police and immigration service concludes in a talk that there is, or may be,
    /// trafficking tells the others (letter of 7 December 2015).
    static let signalNotice = MessageTypeDefinition(
        "SIG-01", english: "Signal notice", dutch: "Signaal mensenhandel",
        summary: "Tells the others that there is, or may be, trafficking of a child.",
        senders: [.guardian, .police, .immigration, .reception, .provider, .health, .refugeeCouncil],
        recipients: [.guardian, .police, .immigration],
        duties: [.role(.guardian), .role(.police), .role(.immigration)],
        priority: .asap,
        fields: [
            .required("talkType", .code(.talkType), "The talk in which the signal was noticed."),
            .required("detectedAt", .timestamp, "When it was noticed."),
            .required("location", .code(.signalLocation), "The kind of place where it was noticed."),
            .optional("locationNote", .text(byteCountLimit: 200), "More on the place."),
            .required("traffickingStatus", .code(.traffickingStatus), "What was concluded: possible or actual."),
            .required(
                "decidingOrganisation", .code(.decisionMakingOrganisation),
                "The kind of organisation that concluded it."),
            .required(
                "indicators", .indicators(count: 1...32),
                "The indicators that the conclusion rests on: screening, never a verdict."),
            .required("acuteDanger", .boolean, "Whether the child is in acute danger."),
            .required("childAboutToLeave", .boolean, "Whether the child is about to leave."),
            .required("childPresent", .boolean, "Whether the child is present now."),
            .required("childInformed", .boolean, "Whether the child knows that the signal is shared."),
            .optional("exploitationTypes", .codes(.typeOfExploitation, count: 1...11), "Types of exploitation."),
            .optional(
                "dutchForms", .codes(.dutchFormOfExploitation, count: 1...6),
                "The same in the forms that Dutch police distinguish; has forced criminality."),
            .optional("industries", .codes(.forcedLabourIndustry, count: 1...21), "Industries of forced labour."),
            .optional("methodsOfControl", .codes(.methodsOfControl, count: 1...17), "How the child is controlled."),
            .optional(
                "methodsOfRecruitment", .codes(.methodOfRecruitment, count: 1...10), "How the child was recruited."),
            .optional("suspectedRoles", .codes(.roleInProcess, count: 1...15), "Roles of suspects in the process."),
            .optional("routeCountries", .array(.code(.country), count: 1...24), "Countries of the route, in order."),
            .optional(
                "observedContacts", .array(.text(byteCountLimit: 200), count: 1...16),
                "Telephone numbers, addresses and names of accounts that were seen."),
            .optional("explanation", .text(byteCountLimit: 8000), "Anything that codes cannot say."),
        ],
        rules: [
            Rule(
                "signal-states-trafficking", "a signal concludes that there is, or may be, trafficking",
                .restricts(
                    member: "traffickingStatus", to: ["PossibleVictimOfTrafficking", "ActualVictimOfTrafficking"])),
            Rule(
                "acute-danger-is-stat", "a signal with acute danger is sent as stat",
                .priority(atLeast: .stat, when: .member("acuteDanger", is: true))),
            Rule(
                "about-to-leave-is-stat", "a signal on a child that is about to leave is sent as stat",
                .priority(atLeast: .stat, when: .member("childAboutToLeave", is: true))),
            Rule(
                "other-location-is-explained", "a location outside the list is explained",
                .requires(member: "locationNote", when: .member("location", is: "other"))),
            .indicatorStrengths(in: "indicators"),
        ],
        expects: [
            ExpectedMessage("SIG-02", of: .eachRecipient), ExpectedMessage("SIG-04", of: .role(.guardian)),
        ])
}

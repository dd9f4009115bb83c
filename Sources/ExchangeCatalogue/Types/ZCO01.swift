import ExchangeCore

extension MessageTypeDefinition {
    /// ZCO-01. The child comes of age, and the guardianship ends that day (letter of 7 December 2015, line 167).
    static let comingOfAge = MessageTypeDefinition(
        "ZCO-01", english: "Coming of age", dutch: "18e verjaardag nadert",
        summary: "Tells when the child comes of age, and what is proposed for the time after.",
        senders: [.guardian], recipients: [.provider, .reception, .immigration, .lawyer],
        duties: [.role(.provider), .role(.reception), .role(.immigration), .role(.lawyer)], priority: .routine,
        fields: [
            .required("birthDate", .date, "As far as known; what is not known is set to 01."),
            .required("birthDatePrecision", .code(.datePrecision), "How far the birth date can be relied on."),
            .required("programmeUnfinished", .boolean, "Whether the programme goes on after that day."),
            .required("proposal", .code(.stayProposal), "Where the young adult is to live."),
            .optional("explanation", .text(byteCountLimit: 2000), "Why that is proposed."),
        ], expects: [ExpectedMessage("ZCO-02", of: .role(.guardian))])
}

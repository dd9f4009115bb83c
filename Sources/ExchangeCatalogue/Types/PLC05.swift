import ExchangeCore

extension MessageTypeDefinition {
    /// PLC-05. The first hearing is planned: not before three months have passed, unless somebody who may consents to
    /// an earlier one (letter of 7 December 2015, lines 151, 203 and 278).
    static let firstHearing = MessageTypeDefinition(
        "PLC-05", english: "First hearing planned", dutch: "Planning eerste gehoor",
        summary: "Tells when the first hearing is, and before which day it is not.",
        senders: [.immigration], recipients: [.guardian, .lawyer, .provider],
        duties: [.role(.guardian), .role(.lawyer), .role(.provider)], priority: .routine,
        fields: [
            .required("plannedFor", .date, "The day of the hearing."),
            .required("notBefore", .date, "The first day on which it may be without consent."),
            .optional("earlierReason", .text(byteCountLimit: 2000), "Why the hearing is earlier than that."),
            .optional("earlierConsentBy", .codes(.consentGiver, count: 1...3), "Who consented to that."),
            .optional("interpreterLanguage", .languageForm, "The language of the interpreter."),
            .optional("location", .locationCode, "The place by its code, never its address."),
        ],
        rules: [
            .earlierHearing("earlier-hearing-needs-reason", "a hearing before its day has a reason", "earlierReason"),
            .earlierHearing(
                "earlier-hearing-needs-consent", "a hearing before its day has the consent of somebody",
                "earlierConsentBy"),
        ],
        caseRules: [.firstHearingNotBefore])
}

extension Rule {
    fileprivate static func earlierHearing(_ name: String, _ statement: String, _ member: String) -> Rule {
        Rule(
            name, statement,
            .check { (content, rule) throws(ContentError) in
                guard let planned = content.day("plannedFor"), let notBefore = content.day("notBefore"),
                    planned < notBefore, content.body[member] == nil
                else { return }
                throw rule.violation(
                    at: FieldPath("body").member(member), "add this member, or plan it for \(notBefore) or later")
            })
    }
}

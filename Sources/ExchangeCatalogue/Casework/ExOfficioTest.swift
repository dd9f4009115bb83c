import ExchangeCore

extension CaseRule {
    /// No answer is not a no.
    static let exOfficioAnswerAwaited = CaseRule(
        "ex-officio-answer-awaited", "residence is not refused while the police have a question to answer",
        looksAt: ["RES-05", "RES-06"]
    ) { (content, history, _, rule) throws(ContentError) in
        guard content.text("decision") == "refused", let query = history.open("RES-05").first else { return }
        throw rule.violation(
            at: FieldPath("body").member("decision"), allowed: ["granted"],
            "wait for the RES-06 that answers \(query.id)")
    }
}

import ExchangeCore

extension MessageTypeDefinition {
    /// RES-03. How an investigation stands, and nothing of what it is about.
    static let investigationProgress = MessageTypeDefinition(
        "RES-03", english: "Investigation status", dutch: "Status opsporingsonderzoek",
        summary: "Tells the immigration service how an investigation stands, without its content.",
        senders: [.police, .prosecutor], recipients: [.immigration], duties: [.role(.immigration)],
        priority: .routine,
        fields: [
            .required("opened", .boolean, "Whether an investigation was opened."),
            .required("status", .code(.investigationStatus), "How it stands."),
            .optional("since", .date, "From which day it is so."),
        ],
        rules: [
            Rule(
                "status-fits-opened", "an investigation has a status of its own once it was opened",
                .check { (content, rule) throws(ContentError) in
                    let isUnopened = content.text("status") == "not-opened"
                    guard let opened = content.flag("opened"), opened == isUnopened else { return }
                    let allowed = opened ? ["ongoing", "dismissed", "prosecuted"] : ["not-opened"]
                    throw rule.violation(
                        at: FieldPath("body").member("status"), allowed: allowed,
                        "use \(allowed.joined(separator: " or "))")
                })
        ], confinement: .policeData)
}

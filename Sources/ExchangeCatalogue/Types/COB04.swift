import ExchangeCore

extension MessageTypeDefinition {
    /// COB-04. What the conference makes of the risks, and whether the child can be expected to report, to cooperate or
    /// to tell its story (recommendation 2 of the letter of 7 December 2015). Who does not agree is heard in it.
    static let riskAnalysis = MessageTypeDefinition(
        "COB-04", english: "Multidisciplinary risk analysis", dutch: "Multidisciplinaire risicoanalyse",
        summary: "Tells the members of a case conference what it makes of the risks of the child.",
        senders: [.guardian, .provider], recipients: [.police, .provider, .immigration, .mentalHealth, .guardian],
        duties: [
            .role(.police), .role(.provider), .role(.immigration), .role(.mentalHealth), .role(.guardian),
        ], priority: .urgent, handling: .red,
        fields: [
            .required("version", .integer(1...999), "The version of the analysis, counted from 1."),
            .required(
                "risks",
                .array(
                    .object([
                        .required("axis", .code(.riskAxis), "Where the risk lies."),
                        .required("level", .code(.riskLevel), "How high it is."),
                        .optional("grounds", .text(byteCountLimit: 2000), "What that rests on."),
                    ]), count: 3...3), "The risk on each axis."),
            .required("canReport", .expectation, "Whether the child can be expected to report to the police."),
            .required("canCooperate", .expectation, "Whether the child can be expected to cooperate otherwise."),
            .required("canTellStory", .expectation, "Whether the child can be expected to tell its story."),
            .required(
                "dissent",
                .array(
                    .object([
                        .required("role", .code(.role), "Who does not agree."),
                        .required("view", .text(byteCountLimit: 1000), "How they see it."),
                    ]), count: 0...8), "Who does not agree, and with what; may be empty."),
            .required("reviewDate", .date, "When the analysis is looked at again."),
        ],
        rules: [
            Rule(
                "each-axis-once", "each axis of risk is judged, once",
                .check { (content, rule) throws(ContentError) in
                    let axes = content.objects("risks").map { $0["axis"] }
                    guard let index = axes.indices.first(where: { axes[..<$0].contains(axes[$0]) }) else { return }
                    throw rule.violation(
                        at: FieldPath("body").member("risks").element(index).member("axis"),
                        allowed: CodeList.riskAxis.codes.map(\.value), "name each axis once")
                }),
            .conferenceIsRed,
        ], confinement: .conference)
}

extension FieldKind {
    fileprivate static let expectation = FieldKind.object([
        .required("answer", .code(.yesNoNotYet), "Yes, no, or not yet."),
        .required("grounds", .text(byteCountLimit: 2000), "What that rests on."),
    ])
}

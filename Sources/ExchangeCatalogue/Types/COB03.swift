import ExchangeCore

extension MessageTypeDefinition {
    /// COB-03. What a member brings into the case conference, to the members that it chooses.
    static let conferenceContribution = MessageTypeDefinition(
        "COB-03", english: "Case conference contribution", dutch: "Inbreng casuïstiekoverleg",
        summary: "Brings what one member knows into a case conference.",
        senders: [.police, .provider, .immigration, .mentalHealth, .guardian],
        recipients: [.police, .provider, .immigration, .mentalHealth, .guardian],
        duties: [
            .role(.police), .role(.provider), .role(.immigration), .role(.mentalHealth), .role(.guardian),
        ], priority: .urgent, handling: .red,
        fields: [
            .required("discipline", .code(.discipline), "From which discipline the contribution is."),
            .required("summary", .text(byteCountLimit: 8000), "The contribution."),
            .required(
                "vulnerabilities",
                .array(
                    .object([
                        .required("axis", .code(.riskAxis), "Where the vulnerability lies."),
                        .required("code", .code(.vulnerability), "The vulnerability."),
                        .optional("note", .text(byteCountLimit: 500), "What it rests on."),
                    ]), count: 0...32), "Vulnerabilities, coded; may be empty."),
            .required(
                "protectiveFactors", .array(.text(byteCountLimit: 300), count: 0...16),
                "What protects the child; may be empty."),
            .required(
                "statementReferences", .array(.statementReference, count: 0...16),
                "Statements of the child, by reference and digest, so that the story is told once; may be empty."),
            .required(
                "restrictions", .codes(.contributionRestriction, count: 1...5),
                "What must not be done with the contribution, or none."),
        ],
        rules: [.conferenceIsRed], confinement: .conference)
}

extension FieldKind {
    static let statementReference = FieldKind.object([
        .required("holder", .oin, "The organisation that keeps the statement."),
        .required("digest", .digest, "SHA-256 of the statement."),
        .required("takenAt", .timestamp, "When the statement was taken."),
    ])
}

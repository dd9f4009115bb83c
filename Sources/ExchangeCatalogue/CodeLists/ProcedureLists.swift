/// Lists of the child's story, of the report to the police and of the residence procedures.
extension CodeList {
    private static let letter = "this project, after Kamerstuk 27 062 / 28 638 nr. 98 (2015)"
    private static let own = "this project"

    // MARK: The story

    package static let statementForm = CodeList(
        id: "statement-form", version: "1", source: own, codes: ["audio-visual", "audio", "written"])

    package static let statementTopic = CodeList(
        id: "statement-topic", version: "1", source: own,
        codes: [
            "journey", "recruitment", "exploitation", "control", "family", "identity", "asylum-motive", "health",
            "safety",
        ])

    package static let reuseConsent = CodeList(
        id: "reuse-consent", version: "1", source: own,
        codes: [
            Code("given", "others may read it"), Code("limited", "others may read it within limits"),
            Code("refused", "others may not read it"), Code("not-asked", "the child was not asked yet"),
        ])

    package static let statementPurpose = CodeList(
        id: "statement-purpose", version: "1", source: own,
        codes: [
            "protection", "care", "investigation", "residence-decision", "legal-aid", "case-conference",
            "plausibility-advice",
        ])

    package static let accessAnswer = CodeList(
        id: "access-answer", version: "1", source: own, codes: ["granted", "partial", "refused"])

    package static let accessGround = CodeList(
        id: "access-ground", version: "1", source: own,
        codes: [
            Code("no-consent", "the child does not consent"), Code("harm-to-child", "it would harm the child"),
            Code("investigation", "an investigation would be harmed"),
            Code("purpose", "the purpose does not allow it"), Code("legal-basis", "there is no legal basis"),
            Code("professional-secrecy", "under professional secrecy"), Code("other", "as the explanation says"),
        ])

    // MARK: The report

    package static let cooperationKind = CodeList(
        id: "cooperation-kind", version: "1", source: letter,
        codes: [
            Code("aangifte", "a report to the police"), Code("other-cooperation", "cooperation of another kind"),
            Code("none", "neither"),
        ])

    package static let investigationStatus = CodeList(
        id: "investigation-status", version: "1", source: letter,
        codes: ["not-opened", "ongoing", "dismissed", "prosecuted"])

    // MARK: Residence

    package static let permitDecision = CodeList(
        id: "permit-decision", version: "1", source: own, codes: ["granted", "refused"])

    package static let exOfficioReason = CodeList(
        id: "ex-officio-reason", version: "1", source: letter,
        codes: [Code("asylum-rejection-pending", "the asylum application is about to be rejected")])

    package static let exOfficioQuestion = CodeList(
        id: "ex-officio-question", version: "1", source: letter,
        codes: [
            Code("report-made", "was a report made?"), Code("investigation-opened", "was an investigation opened?"),
        ])

    /// Two tracks that run side by side; never one choice that excludes the other.
    package static let procedureTrack = CodeList(
        id: "procedure-track", version: "1", source: letter,
        codes: [Code("asylum", "asylum procedure"), Code("b83", "residence scheme for victims of trafficking (B8.3)")])

    package static let procedureEvent = CodeList(
        id: "procedure-event", version: "1", source: letter, codes: ["started", "ended"])

    package static let continuedResidenceGround = CodeList(
        id: "continued-residence-ground", version: "1", source: letter,
        codes: [Code("humanitarian", "humanitarian grounds"), Code("proceedings", "criminal proceedings"), "other"])

    package static let consentGiver = CodeList(
        id: "consent-giver", version: "1", source: own, codes: ["child", "guardian", "lawyer"])
}

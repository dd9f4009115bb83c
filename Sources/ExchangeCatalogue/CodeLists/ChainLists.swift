/// Lists of the chain itself: talks, signals, placement, departure and case conferences. The words are those of the
/// cabinet letter of 7 December 2015 (Kamerstuk 27 062 / 28 638 nr. 98) wherever it has one.
extension CodeList {
    private static let letter = "this project, after Kamerstuk 27 062 / 28 638 nr. 98 (2015)"

    /// The talks of the registration process, in which a signal is noticed.
    package static let talkType = CodeList(
        id: "talk-type", version: "1", source: letter,
        codes: [
            Code("intake-nidos-1", "first acquaintance talk with the guardian"),
            Code("identification", "identification by the police"),
            Code("ind-talk", "talk with the immigration service"),
            Code("intake-nidos-2", "second talk with the guardian"), Code("other", "outside these talks"),
        ])

    package static let signalLocation = CodeList(
        id: "signal-location", version: "1", source: "this project",
        codes: [
            "AC-TerApel", "police-station", "ind-office", "reception-location", "foster-family", "health-facility",
            "school", "public-place", "online", "other",
        ])

    package static let signalDecision = CodeList(
        id: "signal-decision", version: "1", source: "this project",
        codes: [
            Code("known", "the signal was known already"), Code("new", "the signal is new and taken up"),
            Code("combined", "joined with signals that were there"), Code("no-ground", "no ground to act"),
        ])

    package static let placementGround = CodeList(
        id: "placement-ground", version: "1", source: letter,
        codes: [
            "trafficking-victim", "possible-trafficking-victim", "honour-related-violence", "child-marriage",
        ])

    package static let placementDecision = CodeList(
        id: "placement-decision", version: "1", source: "this project",
        codes: ["accepted", "rejected", "waiting-list"])

    package static let consultationOutcome = CodeList(
        id: "consultation-outcome", version: "1", source: "this project", codes: ["agree", "object", "not-reached"])

    package static let riskLevel = CodeList(
        id: "risk-level", version: "1", source: "this project", codes: ["low", "medium", "high", "unknown"])

    /// Kinds of reception, never a place: an address would lead a trafficker to the child.
    package static let receptionKind = CodeList(
        id: "reception-kind", version: "1", source: letter + " and public descriptions of Dutch reception",
        codes: [
            Code("AC-TerApel", "application centre"), Code("POL", "process reception location"),
            Code("BO", "protected reception"), Code("KWE", "small housing unit"), Code("KWG", "children's group home"),
            Code("OPVANGGEZIN", "foster family"), Code("AZC", "centre for asylum seekers"),
            Code("AZC-special", "specially equipped centre"), Code("NOODOPVANG", "emergency reception"),
            Code("CRISISNOODOPVANG", "crisis emergency reception"), Code("GEMEENTE", "municipality"),
        ])

    /// Early departure is not the same as missing: three states.
    package static let whereaboutsClass = CodeList(
        id: "whereabouts-class", version: "1", source: letter,
        codes: [
            Code("known-to-mentor", "mentor or guardian knows where the child is"), Code("unknown"),
            Code("unknown-worrying", "unknown, with worrying circumstances"),
        ])

    package static let accompaniment = CodeList(
        id: "accompaniment", version: "1", source: "this project",
        codes: ["alone", "known-person", "unknown-person", "group", "unknown"])

    package static let departureRisk = CodeList(
        id: "departure-risk", version: "1", source: "this project",
        codes: [
            "trafficker-contact", "exploitation", "honour-related-violence", "forced-marriage", "abduction",
            "self-harm", "medical-need", "pregnancy", "substance-use", "none-known",
        ])

    /// What the members of a case conference bring in.
    package static let discipline = CodeList(
        id: "discipline", version: "1", source: letter,
        codes: [
            "guardianship", "police-investigation", "reception-care", "immigration", "transcultural-psychiatry",
            "health-care", "legal-aid",
        ])

    package static let meetingForm = CodeList(
        id: "meeting-form", version: "1", source: "this project", codes: ["in-person", "video", "telephone"])

    package static let attendanceAnswer = CodeList(
        id: "attendance-answer", version: "1", source: "this project", codes: ["accept", "decline", "delegate"])

    package static let contributionRestriction = CodeList(
        id: "contribution-restriction", version: "1", source: "this project",
        codes: [
            Code("wpg-closed", "police data: no further disclosure (closed regime)"),
            Code("not-for-minutes", "not to be recorded in the minutes"),
            Code("not-for-child", "not to be told to the child yet"),
            Code("medical-confidentiality", "under professional secrecy"), Code("none", "no restriction"),
        ])
}

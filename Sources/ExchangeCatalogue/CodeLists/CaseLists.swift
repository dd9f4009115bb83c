/// Lists of what follows a signal: corrections, the search for a child that left, and how its case ends.
extension CodeList {
    private static let letter = "this project, after Kamerstuk 27 062 / 28 638 nr. 98 (2015)"
    private static let own = "this project"

    package static let signalChange = CodeList(
        id: "signal-change", version: "1", source: own,
        codes: [
            Code("supplement", "more is known"), Code("correction", "something was wrong"),
            Code("withdrawal", "the signal does not hold"),
        ])

    /// How pressing the police take a child to be that is gone.
    package static let departureUrgency = CodeList(
        id: "departure-urgency", version: "1", source: own,
        codes: [
            Code("immediate", "the search begins at once"), Code("urgent", "the search begins this day"),
            Code("standard", "nothing points to danger"),
        ])

    package static let missingAlertCategory = CodeList(
        id: "sis32", version: "2018", source: "Regulation (EU) 2018/1862 (SIS, police), article 32(1)",
        codes: [
            Code("a.i", "missing, to be placed under protection for the person's own protection"),
            Code("a.ii", "missing, to be placed under protection to prevent a threat"),
            Code("b", "missing, not to be placed under protection"),
            Code("c", "child at risk of abduction by a parent, relative or guardian"),
            Code("d.i", "child at risk of trafficking, forced marriage, genital mutilation or other such violence"),
            Code("d.ii", "child at risk of recruitment for terrorism"),
            Code("d.iii", "child at risk of recruitment by armed groups"),
            Code("e", "vulnerable adult"),
        ])

    package static let searchStatus = CodeList(
        id: "search-status", version: "1", source: own,
        codes: [
            Code("searching", "the search goes on"), Code("sighted", "somebody saw the child"),
            Code("located", "it is known where the child is; it is not yet safe"),
            Code("on-hold", "nothing can be done until something new comes"),
            Code("new-information", "something new, by whoever has it"),
        ])

    /// How far a report can be believed.
    package static let credibility = CodeList(
        id: "admiralty-credibility", version: "5", source: "MISP taxonomy admiralty-scale, information credibility",
        codes: [
            Code("1", "confirmed by other sources"), Code("2", "probably true"), Code("3", "possibly true"),
            Code("4", "doubtful"), Code("5", "improbable"), Code("6", "cannot be judged"),
        ])

    package static let departureEnd = CodeList(
        id: "departure-end", version: "1", source: own,
        codes: ["found", "returned", "whereabouts-confirmed"])

    package static let foundBy = CodeList(
        id: "found-by", version: "1", source: own,
        codes: [
            "police", "provider", "guardian", "reception", "foreign-authority", "somebody-else",
            Code("came-back", "the child came back by itself"),
        ])

    // MARK: Case conferences

    package static let yesNoNotYet = CodeList(
        id: "yes-no-not-yet", version: "1", source: letter, codes: ["yes", "no", "not-yet"])

    package static let conferenceDecision = CodeList(
        id: "conference-decision", version: "1", source: own,
        codes: [
            Code("placement-continues", "the child stays in protected reception"),
            Code("placement-changes", "another protected place"),
            Code("placement-ends", "no need for protected reception any more"),
            Code("safety-measures", "measures where the child is"),
            Code("report-supported", "the child is helped to report to the police"),
            Code("report-deferred", "the child is not to be asked yet"),
            Code("no-action", "nothing is done, and why"), Code("other", "as the rationale says"),
        ])

    package static let closureReason = CodeList(
        id: "closure-reason", version: "1", source: own + "; HTCDS 2.0 names the field and no codes",
        codes: [
            Code("question-answered", "what the conference was for is done"),
            Code("no-ground", "no trafficking, after all"), Code("transferred", "another conference goes on with it"),
            Code("of-age", "the child is an adult"), Code("left-reception", "the child left protected reception"),
            Code("other", "as the explanation says"),
        ])

    // MARK: Onward

    /// What brings care coordination to the chain, and takes it out again.
    package static let careCoordinationEvent = CodeList(
        id: "care-coordination-event", version: "1", source: letter, codes: ["started", "ended"])

    package static let stayProposal = CodeList(
        id: "stay-proposal", version: "1", source: letter,
        codes: [
            Code("stay-BO", "stay in protected reception until the programme ends"),
            Code("AZC-special", "a specially equipped centre"), Code("AZC", "a centre for asylum seekers"),
        ])

    package static let transferKind = CodeList(
        id: "transfer-kind", version: "1", source: own,
        codes: [
            Code("end-of-need", "protected reception is not needed any more"), Code("safety", "the place is not safe"),
            Code("of-age", "the child becomes an adult"), Code("family", "to its family"), "other",
        ])

    package static let plausibility = CodeList(
        id: "plausibility", version: "1", source: letter, codes: ["plausible", "not-plausible"])
}

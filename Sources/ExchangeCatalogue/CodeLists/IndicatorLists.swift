/// How much an indicator weighs in its list. Screening, not determination: no instrument is reliable in every case.
package enum IndicatorStrength: String, CaseIterable, Hashable, Sendable {
    case strong, medium, weak
    /// The list gives its indicators no weight.
    case notWeighted = "not-weighted"
}

/// A code list of indicators together with the weight that the list gives to each.
package struct IndicatorList: Sendable {
    package let codeList: CodeList
    /// In the order of the codes.
    private let strengths: [IndicatorStrength]

    /// The weight of a code, `nil` for a foreign one.
    package func strength(of code: String) -> IndicatorStrength? {
        codeList.codes.firstIndex { $0.value.hasSameCodeUnits(as: code) }.map { strengths[$0] }
    }

    package static let all = [iloDelphiChildLabour, unodcChild]

    /// ILO and European Commission, "Operational indicators of trafficking in human beings" (2009), the list for the
    /// labour exploitation of children. Codes are dimension.row in the order of the list. There is no weak tier.
    package static let iloDelphiChildLabour = IndicatorList(
        id: "ilo-delphi:child-labour", version: "2009",
        source: "ILO/EC, Operational indicators of trafficking in human beings (Delphi), child labour exploitation",
        dimensions: [
            // 1: deceptive recruitment
            [
                ("deceived about the nature of the job, location or employer", .strong),
                ("deceived about wages", .medium), ("deceived about conditions of work", .medium),
                ("deceived about content or legality of the contract", .medium),
                ("deceived about housing and living conditions", .medium),
                ("deceived about legal documentation or migration status", .medium),
                ("deceived about travel and recruitment conditions", .medium),
                ("deceived about family reunification", .medium),
                ("deceived through promises of marriage or adoption", .medium),
                ("deceived about access to education", .strong),
            ],
            // 2: coercive recruitment
            [
                ("violence on victims", .strong), ("threats of violence", .strong),
                ("abduction, forced marriage, forced adoption or selling", .strong), ("debt bondage", .strong),
                ("confiscation of documents", .medium), ("isolation, confinement or surveillance", .medium),
                ("threat of denunciation to authorities", .medium),
                ("threats to inform family, community or public", .medium), ("violence on family", .medium),
                ("withholding of money", .medium),
            ],
            // 3: recruitment by abuse of vulnerability
            [
                ("difficult family situation", .medium), ("illegal status", .medium),
                ("lack of education (language)", .medium), ("lack of information", .medium),
                ("control of exploiters", .medium), ("economic reasons", .medium),
                ("false information about successful migration", .medium), ("family situation", .medium),
                ("personal situation", .medium), ("psychological or emotional dependency", .medium),
                ("relationship with authorities or legal status", .medium), ("difficulties in the past", .medium),
                ("difficulty to organise travel", .medium), ("cultural or religious beliefs", .medium),
                ("general context", .medium),
            ],
            // 4: exploitative conditions of work
            [
                ("excessive working days or hours", .strong), ("low or no salary", .medium),
                ("wage manipulation", .medium), ("bad living conditions", .medium),
                ("very bad working conditions", .medium), ("hazardous work", .medium),
                ("no respect of labour law or contract", .medium), ("no access to education", .medium),
            ],
            // 5: coercion at destination
            [
                ("confiscation of documents", .strong), ("debt bondage", .strong),
                ("isolation, confinement or surveillance", .strong), ("violence on victims", .strong),
                ("threats of violence", .strong), ("forced into illicit or criminal activities", .strong),
                ("forced tasks or clients", .strong), ("under strong influence", .strong),
                ("forced to act against peers", .medium), ("forced to lie to authorities or family", .medium),
                ("threat of denunciation", .medium), ("threat of worse conditions", .medium),
                ("violence on family", .medium), ("withholding of wages", .medium),
                ("threats to inform family or community", .medium),
            ],
            // 6: abuse of vulnerability at destination
            [
                ("dependency on exploiters", .medium), ("difficulty to live in an unknown area", .medium),
                ("economic reasons", .medium), ("family situation", .medium),
                ("relationship with authorities or legal status", .medium), ("difficulties in the past", .medium),
                ("personal characteristics", .medium),
            ],
        ])

    /// UNODC, "Human Trafficking Indicators", the part on children, in its order.
    package static let unodcChild = IndicatorList(
        id: "unodc-child", version: "1", source: "UNODC, Human Trafficking Indicators, children",
        meanings: [
            "no access to parents or guardians", "looks intimidated or behaves atypically for the age",
            "no friends of own age outside work", "no access to education", "no time for playing",
            "lives apart from other children in substandard accommodation", "eats apart from the family",
            "is given only leftovers", "engaged in work not suitable for children",
            "travels unaccompanied by adults", "travels in groups with persons who are not relatives",
            "child-sized clothing for manual or sex work is present",
            "toys, beds and children's clothing in brothels or factories",
            "an adult claims to have found the unaccompanied child",
            "carries telephone numbers for calling taxis", "cases of illegal adoption are discovered",
        ])

    private init(
        id: String, version: String, source: String, dimensions: [[(meaning: String, strength: IndicatorStrength)]]
    ) {
        var codes: [CodeList.Code] = []
        var strengths: [IndicatorStrength] = []
        for (dimension, rows) in dimensions.enumerated() {
            for (row, entry) in rows.enumerated() {
                codes.append(CodeList.Code("\(dimension + 1).\(row + 1)", entry.meaning))
                strengths.append(entry.strength)
            }
        }
        codeList = CodeList(id: id, version: version, source: source, codes: codes)
        self.strengths = strengths
    }

    private init(id: String, version: String, source: String, meanings: [String]) {
        codeList = CodeList(
            id: id, version: version, source: source,
            codes: meanings.enumerated().map { CodeList.Code(String($0.offset + 1), $0.element) })
        strengths = meanings.map { _ in .notWeighted }
    }
}

extension CodeList {
    package static let indicatorStrength = CodeList(
        id: "indicator-strength", version: "1", source: "ILO/EC Delphi tiers; not-weighted for lists without tiers",
        codes: IndicatorStrength.allCases.map { Code($0.rawValue) })

    /// The ids of the lists that an indicator may come from.
    package static let indicatorList = CodeList(
        id: "indicator-list", version: "1", source: "this project: the indicator lists of the catalogue",
        codes: IndicatorList.all.map { Code($0.codeList.id, $0.codeList.source) })
}

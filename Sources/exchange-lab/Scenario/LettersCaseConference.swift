import ExchangeCatalogue
import ExchangeCore

/// The case conference has core members (police, guardian, provider, immigration, De Evenaar). COA and the health
/// service are none, and are sent nothing of it.
extension ScriptedMessage {
    static let invitation = ScriptedMessage(
        label: "invitation", type: "COB-01", sender: .nidos, recipients: [.avim, .jade, .ind, .evenaar],
        restsOn: ["arrival"], purpose: "https://register.nidos.example/processing/case-conference",
        legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "meetingAt": script.time(.hours(24 * 14)), "form": "in-person",
                "place": "Room 2, reached through the front desk",
                "question": "Can he be expected to report to the police, and what does he need to do so?",
                "participantRoles": ["guardian", "police", "provider", "immigration", "mental-health"],
                "documents": [script.id("signal"), script.id("arrival")],
            ]
        })

    static let attendances: [ScriptedMessage] = [
        .attendance(of: .avim, ["answer": "accept"]), .attendance(of: .jade, ["answer": "accept"]),
        .attendance(of: .ind, ["answer": "accept"]),
        .attendance(of: .evenaar, ["answer": "delegate", "delegate": "psychologist on duty"]),
    ]

    static let contributions: [ScriptedMessage] = [
        .contribution(
            of: .evenaar, discipline: "transcultural-psychiatry", legalBasis: "A9-2-h",
            "He sleeps badly and avoids talking of the journey. A statement now would harm; in a month it can be "
                + "asked again.",
            vulnerabilities: [["axis": "individual", "code": "MentalHealth", "note": "Nightmares, startles easily."]],
            protectiveFactors: ["Trusts the mentor.", "Calls a younger sister every week."],
            restrictions: ["medical-confidentiality", "not-for-child"]),
        .contribution(
            of: .avim, discipline: "police-investigation", legalBasis: "wpg:18",
            "The telephone number on the note in his coat is known from another investigation.",
            restrictions: ["wpg-closed"]),
        .contribution(
            of: .jade, discipline: "reception-care",
            "He keeps to himself, and looks out of the window when a car stops.",
            vulnerabilities: [["axis": "community", "code": "Migration"]],
            protectiveFactors: ["Goes to school gladly."]),
        .contribution(
            of: .ind, discipline: "immigration",
            "The first hearing is planned after three months at the earliest; it can wait for his statement."),
        .contribution(
            of: .nidos, discipline: "guardianship",
            "He asks each week whether his debt is known. His lawyer has spoken with him.",
            vulnerabilities: [["axis": "household", "code": "Poverty"]]),
    ]

    private static func attendance(of member: Cast, _ body: JSONValue) -> ScriptedMessage {
        ScriptedMessage(
            label: "attendance-\(member.rawValue)", type: "COB-02", sender: member, recipients: [.nidos],
            answers: "invitation", purpose: "https://register.\(member.rawValue).example/processing/case-conference",
            body: { _ in body })
    }

    private static func contribution(
        of member: Cast, discipline: String, legalBasis: String? = nil, _ summary: String,
        vulnerabilities: [JSONValue] = [], protectiveFactors: [JSONValue] = [], restrictions: [JSONValue] = ["none"]
    ) -> ScriptedMessage {
        let members: [Cast] = [.nidos, .avim, .ind, .jade, .evenaar]
        return ScriptedMessage(
            label: "contribution-\(member.rawValue)", type: "COB-03", sender: member,
            recipients: members.filter { $0 != member },
            answers: member == .nidos ? nil : "invitation",
            purpose: "https://register.\(member.rawValue).example/processing/case-conference",
            legalBasis: ["A6-1-e"] + (legalBasis.map { [$0] } ?? []),
            body: { _ in
                [
                    "discipline": .string(discipline), "summary": .string(summary),
                    "vulnerabilities": .array(vulnerabilities), "protectiveFactors": .array(protectiveFactors),
                    "statementReferences": [], "restrictions": .array(restrictions),
                ]
            })
    }
}

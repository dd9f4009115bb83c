import ExchangeCatalogue
import ExchangeCore

/// The case conference has core members (police, guardian, provider, immigration, De Evenaar). COA and the health
/// service are none, and are sent nothing of it.
extension ScriptedMessage {
    static let invitation = ScriptedMessage(
        label: "invitation", type: "COB-01", sender: .nidos, recipients: [.avim, .jade, .ind, .evenaar],
        restsOn: ["arrival", "signal"], purpose: "https://register.nidos.example/processing/case-conference",
        legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "meetingAt": script.time(.hours(24 * 14)), "form": "in-person",
                "place": "Room 2, reached through the front desk",
                "question": "Can he be expected to report to the police, and what does he need to do so?",
                "participantRoles": ["guardian", "police", "provider", "immigration", "mental-health"],
                "documents": [script.id("signal"), script.id("statement")],
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
            "The telephone number on the note in his coat is known from another investigation. What he said on his "
                + "first day is recorded; nobody has to ask it again.",
            restrictions: ["wpg-closed"], speaksOfStatement: true),
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
            label: "attendance-\(member.name.lowercased())", type: "COB-02", sender: member, recipients: [.nidos],
            answers: "invitation", purpose: "https://register.\(member.rawValue).example/processing/case-conference",
            body: { _ in body })
    }

    private static func contribution(
        of member: Cast, discipline: String, legalBasis: String? = nil, _ summary: String,
        vulnerabilities: [JSONValue] = [], protectiveFactors: [JSONValue] = [], restrictions: [JSONValue] = ["none"],
        speaksOfStatement: Bool = false
    ) -> ScriptedMessage {
        let members: [Cast] = [.nidos, .avim, .ind, .jade, .evenaar]
        return ScriptedMessage(
            label: "contribution-\(member.name.lowercased())", type: "COB-03", sender: member,
            recipients: members.filter { $0 != member },
            answers: member == .nidos ? nil : "invitation",
            purpose: "https://register.\(member.rawValue).example/processing/case-conference",
            legalBasis: ["A6-1-e"] + (legalBasis.map { [$0] } ?? []),
            body: { script in
                [
                    "discipline": .string(discipline), "summary": .string(summary),
                    "vulnerabilities": .array(vulnerabilities), "protectiveFactors": .array(protectiveFactors),
                    "statementReferences": speaksOfStatement ? [Statement.reference(script)] : [],
                    "restrictions": .array(restrictions),
                ]
            })
    }

    // MARK: What comes of it

    static let riskAnalysis = ScriptedMessage(
        label: "risk-analysis", type: "COB-04", sender: .nidos, recipients: [.avim, .jade, .ind, .evenaar],
        restsOn: ["contribution-evenaar", "contribution-avim", "contribution-provider", "contribution-ind"],
        purpose: "https://register.nidos.example/processing/case-conference", legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "version": 1,
                "risks": [
                    [
                        "axis": "individual", "level": "high",
                        "grounds": "A debt that he believes his family pays for, and nights without sleep.",
                    ],
                    ["axis": "household", "level": "medium", "grounds": "His sister is called by the same number."],
                    [
                        "axis": "community", "level": "high",
                        "grounds": "Somebody here knows his telephone number, and waits for him.",
                    ],
                ],
                "canReport": ["answer": "not-yet", "grounds": "He fears for his sister."],
                "canCooperate": ["answer": "yes", "grounds": "He showed the messages on his telephone by himself."],
                "canTellStory": [
                    "answer": "not-yet", "grounds": "A statement now would harm; to be looked at again in a month.",
                ],
                "dissent": [["role": "police", "view": "A short talk on the telephone number alone would not harm."]],
                "reviewDate": script.day(42),
            ]
        })

    static let actions: [ScriptedMessage] = [
        .action(
            "action-number", for: .avim, "Find out who holds the telephone number, without speaking with him.",
            by: 28, isDoneWhen: "The holder is known, or it is known that nobody can be found."),
        .action(
            "action-nights", for: .jade, "A mentor who speaks his language is there in the nights.", by: 16,
            isDoneWhen: "The rota of the nights has the mentor in it for the next month."),
    ]

    private static func action(
        _ label: MessageLabel, for owner: Cast, _ action: String, by days: Int, isDoneWhen criterion: String
    ) -> ScriptedMessage {
        ScriptedMessage(
            label: label, type: "COB-06", sender: .nidos, recipients: [owner], restsOn: ["contribution-avim"],
            namesRecipients: true, purpose: "https://register.nidos.example/processing/case-conference",
            body: { script in
                [
                    "owner": script.party(owner), "action": .string(action), "dueDate": script.day(days),
                    "doneCriterion": .string(criterion),
                ]
            })
    }

    static let decision = ScriptedMessage(
        label: "decision", type: "COB-05", sender: .nidos, recipients: [.avim, .jade, .ind, .evenaar],
        purpose: "https://register.nidos.example/processing/case-conference", legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "decision": "report-deferred",
                "rationale": "He is not asked to report now. Police and guardian ask again after the review.",
                "actions": [script.id("action-number"), script.id("action-nights")],
                "minutesDigest": "4ee3b347833693d4fc201222c9dcaf76a8a2c044458f0da0dbc6bad393023877",
            ]
        })

    static let conferenceClosed = ScriptedMessage(
        label: "conference-closed", type: "COB-07", sender: .nidos, recipients: [.avim, .jade, .ind, .evenaar],
        answers: "invitation", purpose: "https://register.nidos.example/processing/case-conference",
        body: { _ in
            [
                "reason": "of-age", "explanation": "His care is coordinated, and he lives where he wants to live.",
                "openActions": [],
            ]
        })
}

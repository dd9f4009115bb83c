import ExchangeCatalogue
import ExchangeCore

extension ScriptedMessage {
    static let signal = ScriptedMessage(
        label: "signal", type: "SIG-01", sender: .avim, recipients: [.nidos, .ind], opensCase: true,
        purpose: "https://register.avim.example/processing/trafficking-signals", legalBasis: ["wpg:8", "wpg:18"],
        body: { script in
            [
                "talkType": "identification", "detectedAt": script.time(.minutes(-20)), "location": "AC-TerApel",
                "traffickingStatus": "PossibleVictimOfTrafficking", "decidingOrganisation": "Police",
                "indicators": [
                    [
                        "list": "ilo-delphi:child-labour", "code": "2.4", "strength": "strong",
                        "note": "Owes the journey to a man in the Netherlands.",
                    ],
                    ["list": "unodc-child", "code": "15", "strength": "not-weighted"],
                ],
                "acuteDanger": false, "childAboutToLeave": false, "childPresent": true, "childInformed": true,
                "exploitationTypes": ["ForcedLabour"], "routeCountries": ["VNM", "RUS", "POL", "DEU"],
                "explanation": "A synthetic example. He says that work has been arranged, and does not know where.",
            ]
        })

    /// The health service is involved incidentally: it signals, and is answered. It knows no case of AVIM's.
    static let incidentalSignal = ScriptedMessage(
        label: "incidental-signal", type: "SIG-01", sender: .ggd, recipients: [.nidos, .avim, .ind], opensCase: true,
        purpose: "https://register.ggd.example/processing/medical-intake",
        body: { script in
            [
                "talkType": "other", "detectedAt": script.time(.minutes(-5)), "location": "health-facility",
                "traffickingStatus": "PossibleVictimOfTrafficking",
                "decidingOrganisation": "NonPoliceGovernmentalOrganization",
                "indicators": [["list": "unodc-child", "code": "11", "strength": "not-weighted"]],
                "acuteDanger": false, "childAboutToLeave": false, "childPresent": false, "childInformed": true,
            ]
        })

    static let guardianAnswer = ScriptedMessage(
        label: "guardian-answer", type: "SIG-02", sender: .nidos, recipients: [.avim], answers: "signal",
        purpose: "https://register.nidos.example/processing/guardianship",
        body: { _ in
            [
                "status": "in-progress", "ownerRole": "duty guardian", "decision": "new",
                "nextStep": "COA is told now; a place in protected reception is asked for.",
                "ownIndicators": [["list": "unodc-child", "code": "10", "strength": "not-weighted"]],
            ]
        })

    static let immigrationAnswer = ScriptedMessage(
        label: "immigration-answer", type: "SIG-02", sender: .ind, recipients: [.avim, .nidos], answers: "signal",
        purpose: "https://register.ind.example/processing/asylum",
        body: { _ in
            [
                "status": "accepted", "ownerRole": "trafficking desk", "decision": "new",
                "nextStep": "The talk of this afternoon is led by an officer who knows the signs.",
            ]
        })

    static let answerToHealth = ScriptedMessage(
        label: "answer-to-health", type: "SIG-02", sender: .nidos, recipients: [.ggd], answers: "incidental-signal",
        restsOn: ["signal"], purpose: "https://register.nidos.example/processing/guardianship",
        body: { script in
            [
                "status": "in-progress", "ownerRole": "duty guardian", "decision": "combined",
                "nextStep": "Joined with a signal that was there; the boy will be placed in protected reception.",
                "relatedSignals": [script.id("signal")], "relatedCases": [script.caseReference("signal")],
            ]
        })

    /// Reception knows the child under both references from then on.
    static let chainNoticeToo = ScriptedMessage(
        label: "chain-notice-too", type: "SIG-04", sender: .nidos, recipients: [.coa],
        restsOn: ["incidental-signal", "signal"], inCaseOf: "incidental-signal",
        purpose: "https://register.nidos.example/processing/guardianship", legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "placementNeeded": "no",
                "safetyRequirements":
                    "The same boy as in the other signal: one place is asked for, under that reference.",
                "signals": [script.id("incidental-signal"), script.id("signal")],
            ]
        })

    static let chainNotice = ScriptedMessage(
        label: "chain-notice", type: "SIG-04", sender: .nidos, recipients: [.coa], restsOn: ["signal"],
        purpose: "https://register.nidos.example/processing/guardianship", legalBasis: ["A6-1-e", "A9-2-g"],
        body: { script in
            [
                "placementNeeded": "yes",
                "safetyRequirements": "No contact with the group that he travelled with.",
                "signals": [script.id("signal")],
            ]
        })
}

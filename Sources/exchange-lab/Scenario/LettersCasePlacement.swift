import ExchangeCatalogue
import ExchangeCore

extension ScriptedMessage {
    static let placementRequest = ScriptedMessage(
        label: "placement-request", type: "PLC-01", sender: .nidos, recipients: [.coa, .avim, .ind],
        restsOn: ["immigration-answer"], purpose: "https://register.nidos.example/processing/placement",
        body: { script in
            [
                "placementGround": "possible-trafficking-victim", "sex": "1", "birthDate": script.birthDate,
                "birthDatePrecision": "day", "birthDateSource": "document", "nationality": "VNM",
                "language": "vie", "riskOfDeparture": "high", "riskOfTracing": "medium",
                "medicalOrPregnancyNeeds": "unknown", "siblingsOrOwnChildAlong": "no",
                "consultations": [["role": "police", "outcome": "agree", "at": script.time(.minutes(-10))]],
                "interimShelter": "Duty room of the application centre, with night watch.",
            ]
        })

    static let placementDecision = ScriptedMessage(
        label: "placement-decision", type: "PLC-02", sender: .coa, recipients: [.nidos, .jade, .avim, .ind],
        answers: "placement-request", purpose: "https://register.coa.example/processing/placement",
        body: { script in
            [
                "decision": "accepted", "receptionKind": "BO", "location": "BO-07", "startsAt": script.time(.hours(5)),
                "transport": "By car, with two members of staff of the provider.", "reviewDate": script.day(180),
            ]
        })

    static let arrival = ScriptedMessage(
        label: "arrival", type: "PLC-03", sender: .jade, recipients: [.coa, .nidos], answers: "placement-decision",
        purpose: "https://register.jade.example/processing/reception",
        body: { script in
            ["arrived": true, "at": script.time(.zero), "condition": "Tired and quiet; ate well."]
        })

    // MARK: Time to come to rest

    static let restPeriod = ScriptedMessage(
        label: "rest-period", type: "PLC-04", sender: .nidos, recipients: [.ind, .lawyer, .coa],
        restsOn: ["arrival"], purpose: "https://register.nidos.example/processing/placement",
        body: { script in ["start": script.day(0), "end": script.day(21)] })

    static let restExtension = ScriptedMessage(
        label: "rest-extension", type: "PLC-04", sender: .nidos, recipients: [.ind, .lawyer, .coa],
        restsOn: ["arrival"], purpose: "https://register.nidos.example/processing/placement",
        body: { script in
            [
                "start": script.day(0), "end": script.day(42),
                "extensionReason": "He sleeps badly, and is seen by a psychologist twice a week.",
            ]
        })

    /// The story is told once: who holds it is known to all who would ask for it.
    static let statement = ScriptedMessage(
        label: "statement", type: "STO-01", sender: .avim, recipients: [.nidos, .ind, .jade],
        restsOn: ["placement-decision"], purpose: "https://register.avim.example/processing/statements",
        legalBasis: ["wpg:8", "wpg:18"], body: { Statement.registration($0) })

    static let guidancePlan = ScriptedMessage(
        label: "guidance-plan", type: "PLN-01", sender: .jade, recipients: [.nidos],
        restsOn: ["placement-decision"], purpose: "https://register.jade.example/processing/guidance",
        body: { script in
            [
                "goals": [
                    ["type": "Education", "goal": "Goes to school every day."],
                    ["type": "Health", "goal": "Sleeps through the night."],
                ],
                "plannedEnd": script.day(240), "progress": "He has begun to cook for the group on Sundays.",
                "version": 1,
            ]
        })

    // MARK: The first hearing

    static let hearing = ScriptedMessage(
        label: "hearing", type: "PLC-05", sender: .ind, recipients: [.nidos, .lawyer, .jade],
        restsOn: ["rest-extension"], purpose: "https://register.ind.example/processing/asylum",
        body: { script in
            [
                "plannedFor": script.day(afterMonths: 4), "notBefore": script.day(afterMonths: 3),
                "interpreterLanguage": "vie", "location": "AC-01",
            ]
        })
}

/// What the boy told on his first day, as it is spoken of without being passed on.
enum Statement {
    /// SHA-256 of `A synthetic statement.`
    private static let digest: JSONValue = "25102ea9d02c29a412b32038ade5c8c2ae9a3abebb8bd9a4d7ec9c48b85c7c1d"

    static func registration(_ script: ScriptState) -> JSONValue {
        [
            "statement": "019ab13b-5001-7c21-9f3a-0b5d6e7f8a90", "statementDigest": digest, "takenAt": takenAt(script),
            "takenBy": "officer who is trained to speak with children", "language": "vie", "interpreter": true,
            "form": "audio-visual", "reuseConsent": "limited",
            "consentLimits": "For his protection and his asylum request; not for his family.",
            "topics": ["journey", "recruitment"],
        ]
    }

    static func reference(_ script: ScriptState) -> JSONValue {
        ["holder": script.oin(.avim), "digest": digest, "takenAt": takenAt(script)]
    }

    private static func takenAt(_ script: ScriptState) -> JSONValue {
        .string((script.began + .minutes(-30)).description)
    }
}

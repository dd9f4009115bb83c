import ExchangeCatalogue
import ExchangeCore

extension ScriptedMessage {
    static let placementRequest = ScriptedMessage(
        label: "placement-request", type: "PLC-01", sender: .nidos, recipients: [.coa, .avim, .ind],
        restsOn: ["immigration-answer"], purpose: "https://register.nidos.example/processing/placement",
        body: { script in
            [
                "placementGround": "possible-trafficking-victim", "sex": "1", "birthDate": "2010-01-01",
                "birthDatePrecision": "year", "birthDateSource": "own-statement", "nationality": "VNM",
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
                "transport": "By car, with two members of staff of the provider.",
                "reviewDate": script.date(.hours(24 * 180)),
            ]
        })

    static let arrival = ScriptedMessage(
        label: "arrival", type: "PLC-03", sender: .jade, recipients: [.coa, .nidos], answers: "placement-decision",
        restsOn: ["placement-decision"], purpose: "https://register.jade.example/processing/reception",
        body: { script in
            ["arrived": true, "at": script.time(.zero), "condition": "Tired and quiet; ate well."]
        })

    static let departure = ScriptedMessage(
        label: "departure", type: "DEP-01", sender: .jade, recipients: [.avim, .nidos, .coa, .ind],
        restsOn: ["placement-decision"], purpose: "https://register.jade.example/processing/missing-children",
        legalBasis: ["A6-1-d", "A6-1-e"],
        body: { script in
            [
                "lastSeenAt": script.time(.minutes(-50)), "lastSeenPlace": "The living room of the group",
                "lastSeenBy": "night watch", "whereabouts": "unknown-worrying",
                "circumstances": "Missed at the round of 22.00. The window stood open; the telephone is off.",
                "accompaniedBy": "unknown",
                "description": "Boy of about 16, 1.65 m, black jacket, white shoes, scar above the left eyebrow.",
                "traffickingStatus": "PossibleVictimOfTrafficking",
                "knownRisks": ["trafficker-contact", "exploitation"], "contactHandles": ["+31600000000"],
                "vehicle": "A dark van was seen at the gate.", "destinationHints": "Spoke of an uncle in Antwerp.",
                "fingerprintsKnown": "yes",
            ]
        })
}

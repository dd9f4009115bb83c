import ExchangeCatalogue
import ExchangeCore

/// The night in which he is gone.
extension ScriptedMessage {
    static let departure = ScriptedMessage(
        label: "departure", type: "DEP-01", sender: .jade, recipients: [.avim, .nidos, .coa, .ind],
        restsOn: ["placement-decision"], purpose: "https://register.jade.example/processing/missing-children",
        legalBasis: ["A6-1-d", "A6-1-e"],
        body: { script in
            [
                "lastSeenAt": script.time(.minutes(-50)), "lastSeenPlace": "The living room of the group",
                "lastSeenBy": "night watch", "whereabouts": "unknown-worrying",
                "circumstances": "Missed at the round of the night. The window stood open; the telephone is off.",
                "accompaniedBy": "unknown",
                "description": "Boy of 17, 1.65 m, black jacket, white shoes, scar above the left eyebrow.",
                "traffickingStatus": "PossibleVictimOfTrafficking",
                "knownRisks": ["trafficker-contact", "exploitation"], "contactHandles": ["+31600000000"],
                "vehicle": "A dark van was seen at the gate.", "destinationHints": "Spoke of an uncle in Antwerp.",
                "fingerprintsKnown": "yes",
            ]
        })

    static let registration = ScriptedMessage(
        label: "registration", type: "DEP-02", sender: .avim, recipients: [.jade, .nidos, .coa], answers: "departure",
        purpose: "https://register.avim.example/processing/missing-children", legalBasis: ["wpg:8", "wpg:18"],
        body: { script in
            [
                "registered": true, "urgency": "immediate", "policeReference": "TEST-0001", "alertEntered": true,
                "alertCategory": "d.i", "officerRole": "deputy of the duty desk",
                "nextContactAt": script.time(.hours(2)),
            ]
        })

    /// He calls the one whom he trusts.
    static let sighting = ScriptedMessage(
        label: "call", type: "DEP-03", sender: .jade, recipients: [.avim, .nidos, .coa], restsOn: ["registration"],
        priority: .stat, purpose: "https://register.jade.example/processing/missing-children",
        legalBasis: ["A6-1-d", "A6-1-e"],
        body: { script in
            [
                "status": "sighted",
                "actionsSinceLast": "He called his mentor from a telephone that he borrowed. He wants to come back.",
                "sighting": [
                    "at": script.time(.minutes(-2)), "country": "NLD",
                    "place": "A petrol station on the road to the border", "credibility": "2",
                ],
            ]
        })

    static let found = ScriptedMessage(
        label: "found", type: "DEP-04", sender: .avim, recipients: [.nidos, .coa, .ind, .jade], answers: "departure",
        restsOn: ["call"], purpose: "https://register.avim.example/processing/missing-children",
        legalBasis: ["wpg:8", "wpg:18"],
        body: { script in
            [
                "country": "NLD", "placeNote": "A petrol station; he waited inside, with the staff.",
                "foundBy": "police", "safe": true,
                "returnArrangement": "His mentor fetches him by car; no questions are asked tonight.",
                "kind": "found", "at": script.time(.zero),
            ]
        })
}

import ExchangeCatalogue
import ExchangeCore

/// From the notice that he comes of age until he lives where he goes on.
extension ScriptedMessage {
    static let comingOfAge = ScriptedMessage(
        label: "coming-of-age", type: "ZCO-01", sender: .nidos, recipients: [.jade, .coa, .ind, .lawyer],
        restsOn: ["arrival"], purpose: "https://register.nidos.example/processing/guardianship",
        body: { script in
            [
                "birthDate": script.birthDate, "birthDatePrecision": "day", "programmeUnfinished": true,
                "proposal": "stay-BO", "explanation": "The programme ends a month after that day.",
            ]
        })

    static let careCoordination = ScriptedMessage(
        label: "care-coordination", type: "ZCO-02", sender: .nidos,
        recipients: [.jade, .coa, .municipality, .avim, .ind, .lawyer],
        purpose: "https://register.nidos.example/processing/care-coordination", legalBasis: ["A6-1-a"],
        body: { script in
            [
                "event": "started", "coordinatorRole": "care coordinator",
                "start": script.day(ScriptState.comesOfAgeAfterDays + 1), "end": script.day(390), "consent": true,
            ]
        })

    /// Nidos is told of it as guardian before the birthday, and as who coordinates his care after it.
    static let planCompleted = ScriptedMessage(
        label: "plan-completed", type: "PLN-02", sender: .jade, recipients: [.nidos, .coa],
        restsOn: ["care-coordination"], purpose: "https://register.jade.example/processing/guidance",
        body: { _ in
            [
                "completed": true,
                "reason": "He goes to school, sleeps through most nights, and has found friends in the town.",
            ]
        })

    static let transferProposal = ScriptedMessage(
        label: "transfer-proposal", type: "TRF-01", sender: .coa, recipients: [.nidos, .jade],
        restsOn: ["plan-completed", "care-coordination"],
        purpose: "https://register.coa.example/processing/placement",
        body: { script in
            [
                "destination": "GEMEENTE",
                "supportNeed": "A mentor who speaks his language; his school stays the same.",
                "date": script.day(225),
                "safety": "Not near the border. Brought by the mentor, by car; nobody else knows the day.",
                "kind": "of-age", "location": "GEM-12",
            ]
        })

    static let handover = ScriptedMessage(
        label: "handover", type: "TRF-02", sender: .jade, recipients: [.municipality],
        restsOn: ["transfer-proposal"], namesRecipients: true,
        purpose: "https://register.jade.example/processing/guidance", legalBasis: ["A6-1-a", "A6-1-e"],
        body: { script in
            [
                "summary": .string(
                    "Likes school and cooking. Nights can be bad: a light and somebody to talk to help. He read this, "
                        + "and agrees."),
                "openActions": [], "openSignals": [], "expectedAt": script.time(.hours(3)), "location": "GEM-12",
            ]
        })

    static let secondArrival = ScriptedMessage(
        label: "second-arrival", type: "PLC-03", sender: .municipality, recipients: [.coa, .nidos, .jade],
        answers: "handover", restsOn: ["care-coordination"], namesRecipients: true,
        purpose: "https://register.municipality.example/processing/reception",
        body: { script in
            [
                "arrived": true, "at": script.time(.zero),
                "condition": "Proud of his key. The mentor stayed for dinner.",
            ]
        })
}

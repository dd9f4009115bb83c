import ExchangeCore

extension MessageTypeDefinition {
    /// DEP-01. A child left early or is missing: all involved are told at once. Departure is not the same as missing,
    /// and neither waits for the other to be known.
    static let departureAlert = MessageTypeDefinition(
        "DEP-01", english: "Early departure or missing alert", dutch: "Voortijdig vertrek of vermissing",
        summary: "Tells all involved at once that a child left early or is missing.",
        senders: [.guardian, .provider], recipients: [.police, .guardian, .reception, .immigration, .provider],
        duties: [.role(.police), .role(.guardian), .role(.reception), .role(.immigration)], priority: .stat,
        fields: [
            .required("lastSeenAt", .timestamp, "When the child was last seen."),
            .required("lastSeenPlace", .text(byteCountLimit: 300), "Where the child was last seen."),
            .required("lastSeenBy", .text(byteCountLimit: 100), "Who saw the child last, by role."),
            .required("whereabouts", .code(.whereaboutsClass), "What is known of where the child is."),
            .required("circumstances", .text(byteCountLimit: 4000), "What happened."),
            .required("accompaniedBy", .code(.accompaniment), "Whether the child left with somebody."),
            .optional("accompaniedByNote", .text(byteCountLimit: 500), "With whom."),
            .required("description", .text(byteCountLimit: 2000), "What the child looks like and wears."),
            .required("traffickingStatus", .code(.traffickingStatus), "What was concluded so far."),
            .required("knownRisks", .codes(.departureRisk, count: 1...10), "Risks that are known, or none-known."),
            .required(
                "contactHandles", .array(.text(byteCountLimit: 200), count: 0...16),
                "Telephone numbers and accounts of the child; empty where none is known."),
            .optional("vehicle", .text(byteCountLimit: 300), "Vehicle and number plate."),
            .optional("destinationHints", .text(byteCountLimit: 1000), "Where the child may be going."),
            .optional("fingerprintsKnown", .code(.yesNoUnknown), "Whether fingerprints are registered."),
        ],
        rules: [
            Rule("departure-is-stat", "a departure alert is sent as stat", .priority(atLeast: .stat, when: nil))
        ], expects: [ExpectedMessage("DEP-02", of: .role(.police), within: .hours(2))])
}

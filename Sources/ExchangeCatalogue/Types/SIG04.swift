import ExchangeCore

extension MessageTypeDefinition {
    /// SIG-04. The guardian then tells the reception organisation, which learns it from nobody else.
    static let chainNotice = MessageTypeDefinition(
        "SIG-04", english: "Chain notice to reception", dutch: "Melding aan COA",
        summary: "Tells the reception organisation that there is a signal, and whether placement is needed.",
        senders: [.guardian], recipients: [.reception], duties: [.role(.reception)], priority: .asap,
        fields: [
            .required("placementNeeded", .code(.yesNoUnknown), "Whether protected reception is needed."),
            .required("safetyRequirements", .text(byteCountLimit: 2000), "What the place must offer or avoid."),
            .optional("signals", .array(.messageID, count: 1...16), "The signals that the notice rests on."),
        ],
        expects: [
            ExpectedMessage("PLC-01", of: .role(.guardian), when: .member("placementNeeded", is: "yes")),
            ExpectedMessage("PLC-02", of: .role(.reception), when: .member("placementNeeded", is: "yes")),
        ])
}

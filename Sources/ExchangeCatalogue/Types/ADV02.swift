import ExchangeCore

extension MessageTypeDefinition {
    /// ADV-02. The commission's advice: one of the elements of a decision, and none by itself.
    static let plausibilityAdvice = MessageTypeDefinition(
        "ADV-02", english: "Plausibility advice", dutch: "Deskundigenbericht",
        summary: "Tells who asked, and the immigration service, whether it is plausible.",
        senders: [.commission], recipients: [.lawyer, .guardian, .immigration],
        duties: [.senderOfAnsweredMessage, .role(.immigration)], priority: .routine, answersMessage: true,
        fields: [
            .required("advice", .code(.plausibility), "What the commission advises."),
            .required("grounds", .text(byteCountLimit: 8000), "What that rests on."),
        ], closes: ["ADV-01"], confinement: .adviceOnAChild)
}

import ExchangeCore

extension MessageTypeDefinition {
    /// PLN-02. The plan ends, completed or not; the next place is the next question.
    static let guidancePlanEnd = MessageTypeDefinition(
        "PLN-02", english: "Guidance plan ended", dutch: "Begeleidingsplan afgerond of niet afgerond",
        summary: "Tells whether the child's guidance plan was completed, and why it ends.",
        senders: [.provider], recipients: [.guardian, .reception], duties: [.role(.guardian), .role(.reception)],
        priority: .routine,
        fields: [
            .required("completed", .boolean, "Whether the plan was completed."),
            .required("reason", .text(byteCountLimit: 2000), "Why it ends."),
            .optional("openGoals", .codes(.supportPlanType, count: 1...9), "In which areas goals are open."),
        ], expects: [ExpectedMessage("TRF-01", of: .role(.reception))], closes: ["PLN-01"])
}

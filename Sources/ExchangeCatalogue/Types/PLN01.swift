import ExchangeCore

extension MessageTypeDefinition {
    /// PLN-01. The plan by which the child is guided, in its newest version.
    static let guidancePlan = MessageTypeDefinition(
        "PLN-01", english: "Guidance plan", dutch: "Begeleidingsplan",
        summary: "Tells the guardian the child's guidance plan, and how far it is.",
        senders: [.provider], recipients: [.guardian, .police, .immigration, .mentalHealth],
        duties: [.role(.guardian)], priority: .routine,
        fields: [
            .required(
                "goals",
                .array(
                    .object([
                        .required("type", .code(.supportPlanType), "In which area."),
                        .required("goal", .text(byteCountLimit: 500), "What is to be reached."),
                        .optional("reached", .boolean, "Whether it is reached."),
                    ]), count: 1...16), "The goals, each with the type of its support plan."),
            .required("plannedEnd", .date, "By which day the plan is to be completed."),
            .required("progress", .text(byteCountLimit: 2000), "How far it is."),
            .optional("version", .integer(1...999), "The version of the plan, counted from 1."),
        ])
}

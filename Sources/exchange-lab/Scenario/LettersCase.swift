import ExchangeCore

/// The case of the letter of 7 December 2015: a boy arrives alone, and in the identification talk the police concludes
/// that he may be trafficked.
extension Scenario {
    static let lettersCase = Scenario(
        acts: [
            Act(
                title: "The identification talk: AVIM concludes possible trafficking, and tells the others",
                steps: [.send([.signal]), .told("signal", [.nidos, .ind]), .send([.incidentalSignal])]),
            Act(
                title: "The others answer, and Nidos tells COA",
                steps: [
                    .send([.guardianAnswer, .immigrationAnswer, .answerToHealth, .chainNotice]), .settled,
                ]),
            Act(
                title: "The placement, while the IND's node is killed and the provider's hangs",
                steps: [
                    .send([.placementRequest]), .kill(.ind), .told("placement-request", [.coa, .avim]),
                    .pause(.jade), .send([.placementDecision]), .told("placement-decision", [.nidos, .avim]),
                    .outage(lasting: .seconds(3)), .restart(.ind), .resume(.jade),
                    .told("placement-request", [.ind]), .told("placement-decision", [.ind, .jade]),
                    .send([.arrival]), .settled,
                ]),
            Act(
                title: "The case conference: its core members, and nobody else",
                steps: [
                    .send([.invitation]), .told("invitation", [.avim, .jade, .ind, .evenaar]),
                    .send(ScriptedMessage.attendances), .send(ScriptedMessage.contributions), .settled,
                ]),
            Act(title: "The boy is gone: all involved are told at once", steps: [.send([.departure]), .settled]),
        ],
        answers: .lettersCase)
}

extension AnswerPolicy {
    static let lettersCase = AnswerPolicy(
        dutyRoles: [
            .nidos: "duty guardian", .avim: "duty officer identification", .ind: "trafficking desk",
            .coa: "placement desk", .jade: "shift leader", .evenaar: "psychologist on duty", .ggd: "nurse on duty",
        ],
        outcomes: [
            "SIG-01": "Taken up: the child is spoken with, and the partners are kept informed.",
            "SIG-02": "Read and added to the file.",
            "SIG-04": "A place in protected reception is looked for today.",
            "PLC-01": "Considered; what is known here was taken into account.",
            "PLC-02": "The place and the transport are known to those on duty.",
            "PLC-03": "Arrival is registered; rest and preparation time has begun.",
            "COB-01": "In the diary; the answer was sent by message.",
            "COB-02": "Noted for the conference.",
            "COB-03": "Read before the conference.",
            "DEP-01": "Acted upon at once, with what is known here.",
        ],
        declined: [
            .init(
                label: "incidental-signal", by: .ind,
                reason: "Known here: AVIM's signal on the same boy is being followed up; see that one.")
        ])
}

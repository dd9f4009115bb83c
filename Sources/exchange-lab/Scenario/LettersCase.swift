import ExchangeCore

/// The case of the letter of 7 December 2015, from the first talk to the place where he goes on: a boy arrives alone, in the
/// identification talk the police conclude that he may be trafficked, and two hundred days later he comes of age.
extension Scenario {
    static let lettersCase = Scenario(
        acts: [
            Act(
                title: "Day 1: a boy of seventeen arrives alone, and is spoken with",
                steps: [
                    .note("Nidos makes his acquaintance, and explains what the talks are for"),
                    .note("AVIM asks who he is; an interpreter is there, and what he says is recorded once"),
                    .note("GGD looks at a wound on his hand"),
                ]),
            Act(
                title: "AVIM concludes possible trafficking, and so does GGD: each tells the others",
                steps: [.send([.signal]), .told("signal", [.nidos, .ind]), .send([.incidentalSignal])]),
            Act(
                title: "The others answer: two references are one boy; Nidos tells COA",
                steps: [
                    .send([.guardianAnswer, .immigrationAnswer, .answerToHealth, .chainNotice, .chainNoticeToo]),
                    .settled,
                    .note("Nidos speaks with him again: what protected reception is, and what a lawyer does for him"),
                ]),
            Act(
                title: "The placement, while IND's node is killed and the line between COA and the provider is cut",
                steps: [
                    .send([.placementRequest]), .kill(.ind), .told("placement-request", [.coa, .avim]),
                    .part(.coa, .jade), .send([.placementDecision]), .told("placement-decision", [.nidos, .avim]),
                    .outage(lasting: .seconds(2)), .restart(.ind), .heal(.coa, .jade),
                    .told("placement-request", [.ind]), .told("placement-decision", [.ind, .jade]),
                ]),
            Act(
                title: "He has arrived: three weeks of rest begin, and nobody asks for his story again",
                steps: [.send([.arrival, .restPeriod, .statement, .guidancePlan]), .settled]),
            Act(
                title: "Two weeks later: he sleeps badly, and is given more time; the case conference is called",
                steps: [
                    .later(StoryTime(days: 14, hour: 8, minute: 0)), .send([.restExtension, .invitation]),
                    .told("invitation", [.avim, .jade, .ind, .evenaar]), .send(ScriptedMessage.attendances), .settled,
                ]),
            Act(
                title: "The conference: its core members, and nobody else; what is decided, and who does what",
                steps: [
                    .send(ScriptedMessage.contributions), .send(ScriptedMessage.actions + [.riskAnalysis]),
                    .send([.decision]), .settled,
                ]),
            Act(
                title: "Three weeks later, at night: he is gone, and at the police nobody takes the alert",
                steps: [
                    .later(StoryTime(days: 35, hour: 1, minute: 10)), .send([.departure]),
                    .told("departure", [.avim, .nidos, .coa, .ind]),
                    .ladder("departure", owed: "ownership", by: .avim, until: .deputy),
                    .send([.registration]), .note("He calls his mentor"), .send([.sighting, .found]), .settled,
                ]),
            Act(
                title: "A month later: IND plans the first hearing, and Nidos says when he comes of age",
                steps: [.later(StoryTime(days: 63, hour: 8, minute: 0)), .send([.hearing, .comingOfAge]), .settled]),
            Act(
                title: "His 18th birthday was yesterday, and nobody has begun to coordinate his care",
                steps: [
                    .later(StoryTime(days: ScriptState.comesOfAgeAfterDays + 1, hour: 8, minute: 0)),
                    .ladder("coming-of-age", owed: "ZCO-02", by: .nidos, until: .management),
                    .refused(.planCompleted, rule: "guardianship-ends-with-majority"),
                    .note("Nidos speaks with him; he agrees"),
                    .send([.careCoordination]), .told("care-coordination", [.jade, .coa, .municipality, .avim, .ind]),
                    .send([.planCompleted]), .send([.transferProposal]), .settled,
                ]),
            Act(
                title: "Two weeks later: he moves to a place of his own, and the case ends",
                steps: [
                    .later(StoryTime(days: 225, hour: 10, minute: 0)), .send([.handover]), .send([.secondArrival]),
                    .send([.conferenceClosed]), .settled, .overview(.municipality, of: "handover"),
                ]),
        ],
        answers: .lettersCase)
}

extension AnswerPolicy {
    static let lettersCase = AnswerPolicy(
        dutyRoles: [
            .nidos: "duty guardian", .avim: "duty desk", .ind: "trafficking desk", .coa: "placement desk",
            .jade: "shift leader", .evenaar: "psychologist on duty", .ggd: "nurse on duty", .lawyer: "lawyer on duty",
            .municipality: "youth desk",
        ],
        outcomes: [
            "SIG-01": "Taken up: the child is spoken with, and the partners are kept informed.",
            "SIG-02": "Read and added to the file.",
            "SIG-04": "A place in protected reception is looked for today.",
            "PLC-01": "Considered; what is known here was taken into account.",
            "PLC-02": "The place and the transport are known to those on duty.",
            "PLC-03": "His arrival is in the file.",
            "PLC-04": "Nothing is planned with him in that time.",
            "PLC-05": "In the diary; he is told what a hearing is, and who goes with him.",
            "COB-01": "In the diary; the answer was sent by message.",
            "COB-02": "Noted for the conference.",
            "COB-03": "Read before the conference.",
            "COB-04": "Agreed, or dissent was recorded in it.",
            "COB-05": "Acted upon.",
            "COB-06": "Done, by the criterion that it names.",
            "COB-07": "Closed here too.",
            "DEP-01": "Acted upon at once, with what is known here.",
            "DEP-02": "Known to those on duty tonight.",
            "DEP-03": "Acted upon at once.",
            "DEP-04": "The search is over; those on duty know it.",
            "PLN-01": "Read with him.",
            "PLN-02": "Read; what comes next is prepared.",
            "ZCO-01": "In the diary.",
            "ZCO-02": "The coordinator is known here.",
            "TRF-01": "Agreed.",
            "TRF-02": "His room is ready.",
        ],
        declined: [
            .init(
                label: "incidental-signal", by: .ind,
                reason: "Known here: AVIM's signal on the same boy is being followed up; see that one.")
        ],
        slept: [.init(label: "departure", by: .avim, until: .deputy, role: "deputy of the duty desk")])
}

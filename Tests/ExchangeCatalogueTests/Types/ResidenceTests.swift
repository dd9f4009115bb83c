import ExchangeCatalogue
import ExchangeCore
import Testing

struct ResidenceTests {
    @Test func `a report has its kind, and none has none`() throws {
        let example = try Example("RES-01")
        let none = example.refusal(replacing: "body", "kind", with: "none")
        #expect(none?.rule == "kind-fits-answer" && none?.allowed == ["aangifte", "other-cooperation"])
        let made = example.refusal(replacing: "body", "made", with: false)
        #expect(made?.rule == "kind-fits-answer" && made?.allowed == ["none"])
        #expect(made?.path.description == "body.kind")
    }

    @Test func `beyond the immigration service police data names what allows its disclosure`() throws {
        let example = try Example("RES-01")
        let refusal = example.refusal(replacing: "legalBasis", with: ["wpg:8"])
        #expect(refusal?.rule == "police-data-names-disclosure" && refusal?.path.description == "legalBasis")
        #expect(refusal?.allowed.contains("wpg:18") == true && refusal?.allowed.contains("wpg:8") == false)
        let alone = example.document.replacing(["legalBasis"], with: ["wpg:8"])
            .replacing(["recipients"], with: ["immigration"])
        #expect(example.refusal(of: alone) == nil)
    }

    @Test(arguments: [
        ("start", "offered-names-start"), ("end", "offered-names-end"),
    ])
    func `a reflection period that was offered has its days`(member: String, rule: String) throws {
        let refusal = try Example("RES-02").refusal(replacing: "body", .member(member), with: nil)
        #expect(refusal?.rule == rule && refusal?.path.description == "body.\(member)")
    }

    @Test func `a reflection period that was not offered has a reason`() throws {
        let refusal = try Example("RES-02").refusal(replacing: "body", "offered", with: false)
        #expect(refusal?.rule == "not-offered-needs-reason" && refusal?.path.description == "body.reason")
    }

    @Test(arguments: [(true, "2026-12-31", "2027-01-01"), (false, "2027-03-01", "2027-03-02")])
    func `a reflection period is three months at most, of Dublin cases 30 days`(
        dublin: Bool, last: String, next: String
    ) throws {
        let example = try Example("RES-02")
        let document = example.document.replacing(["body", "dublin"], with: .bool(dublin))
        #expect(example.refusal(of: document.replacing(["body", "end"], with: .string(last))) == nil)
        let refusal = example.refusal(of: document.replacing(["body", "end"], with: .string(next)))
        #expect(refusal?.rule == "reflection-has-its-length" && refusal?.path.description == "body.end")
    }

    @Test func `of an investigation its status is told and nothing else`() throws {
        let example = try Example("RES-03")
        #expect(example.definition.fields.map(\.name) == ["opened", "status", "since"])
        let unopened = example.refusal(replacing: "body", "opened", with: false)
        #expect(unopened?.rule == "status-fits-opened" && unopened?.allowed == ["not-opened"])
        let opened = example.refusal(replacing: "body", "status", with: "not-opened")
        #expect(opened?.rule == "status-fits-opened" && opened?.path.description == "body.status")
    }

    @Test(arguments: [("start", "granted-names-start"), ("end", "granted-names-end")])
    func `a permit has its days`(member: String, rule: String) throws {
        let refusal = try Example("RES-04").refusal(replacing: "body", .member(member), with: nil)
        #expect(refusal?.rule == rule && refusal?.path.description == "body.\(member)")
    }

    @Test func `the ex-officio test asks both questions`() throws {
        let refusal = try Example("RES-05").refusal(replacing: "body", "questions", with: ["report-made"])
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.questions")
    }

    @Test(arguments: ["reportMade", "investigationOpened"])
    func `silence is no answer, and not to know has a reason`(member: String) throws {
        let example = try Example("RES-06")
        let silent = example.refusal(replacing: "body", .member(member), with: nil)
        #expect(silent?.code == .fieldMissing && silent?.path.description == "body.\(member)")
        let document = example.document.replacing(["body", "reportMade"], with: "no")
            .replacing(["body", "investigationOpened"], with: "no").replacing(["body", "unknownReason"], with: nil)
        #expect(example.refusal(of: document) == nil)
        let unknown = example.refusal(of: document.replacing(["body", .member(member)], with: "unknown"))
        #expect(unknown?.code == .ruleViolated && unknown?.path.description == "body.unknownReason")
    }

    @Test func `each choice is one event on one track, so that two run side by side`() throws {
        let example = try Example("RES-07")
        for track in ["asylum", "b83"] {
            for event in ["started", "ended"] {
                let document = example.document.replacing(["body", "track"], with: .string(track))
                    .replacing(["body", "event"], with: .string(event))
                #expect(example.refusal(of: document) == nil)
            }
        }
        #expect(example.refusal(replacing: "body", "track", with: "both")?.allowed == ["asylum", "b83"])
        #expect(example.refusal(replacing: "body", "track", with: ["asylum", "b83"]) != nil)
    }

    @Test(arguments: [
        ("RES-02", "start", "9999-11-30"), ("RES-02", "start", "0001-01-01"),
        ("PLC-02", "startsAt", "9999-12-31T12:00:00.000Z"), ("ZCO-01", "birthDate", "9990-01-01"),
    ])
    func `a day at the end of the calendar is no day of a case`(code: String, member: String, day: String) throws {
        let refusal = try Example(code).refusal(replacing: "body", .member(member), with: .string(day))
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.\(member)")
        #expect(refusal?.description.contains("1900 to 2199") == true, "\(String(describing: refusal))")
    }

    @Test func `care coordination that ended has a last day`() throws {
        let ended = try Example("ZCO-02").document.replacing(["body", "event"], with: "ended")
            .replacing(["body", "end"], with: nil)
        #expect(try Example("ZCO-02").refusal(of: ended)?.rule == "ended-names-end")
    }

    @Test func `medical data is told with the child's authorisation only`() throws {
        let example = try Example("ADV-01")
        for authorised in [nil, JSONValue.bool(false)] {
            let refusal = example.refusal(replacing: "body", "medicalDataAuthorised", with: authorised)
            #expect(refusal?.rule == "medical-data-with-authorisation")
            #expect(refusal?.path.description == "body.medicalData")
        }
        let closure = example.refusal(replacing: "body", "caseClosedOn", with: nil)
        #expect(closure?.rule == "report-names-closure" && closure?.path.description == "body.caseClosedOn")
    }

    @Test func `who takes a child over confirms that it arrived, to who handed over too`() throws {
        let example = try Example("PLC-03")
        let next = example.document.replacing(["role"], with: "municipality")
            .replacing(["recipients"], with: ["provider", "guardian"])
        #expect(example.refusal(of: next) == nil)
    }
}

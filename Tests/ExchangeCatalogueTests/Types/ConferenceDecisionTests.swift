import ExchangeCatalogue
import ExchangeCore
import Testing

struct ConferenceDecisionTests {
    @Test(arguments: ["COB-01", "COB-02", "COB-03", "COB-04", "COB-05", "COB-06", "COB-07"])
    func `everything of a case conference is red`(code: String) throws {
        let example = try Example(code)
        #expect(try Example.accept(example.document.replacing(["handling"], with: nil)).handling == .red)
        #expect(example.refusal(replacing: "handling", with: "amber")?.rule == "conference-is-red")
    }

    @Test func `an analysis judges each axis once, and whether the child can be expected to speak`() throws {
        let example = try Example("COB-04")
        let twice = example.refusal(replacing: "body", "risks", 1, "axis", with: "individual")
        #expect(twice?.rule == "each-axis-once" && twice?.path.description == "body.risks[1].axis")
        for member in ["canReport", "canCooperate", "canTellStory"] {
            let path: [PathStep] = ["body", .member(member), "grounds"]
            #expect(example.refusal(of: example.document.replacing(path, with: nil))?.code == .fieldMissing)
        }
        let answer = example.refusal(replacing: "body", "canReport", "answer", with: "perhaps")
        #expect(answer?.allowed == ["yes", "no", "not-yet"])
    }

    @Test func `the reception organisation is told of a decision on placement and of no other`() throws {
        let example = try Example("COB-05")
        #expect(example.refusal(of: example.document) == nil)
        let refusal = example.refusal(replacing: "body", "decision", with: "report-deferred")
        #expect(refusal?.rule == "reception-is-told-of-placement")
        #expect(refusal?.path.description == "recipients[4].role")
        let members = example.document.replacing(["body", "decision"], with: "report-deferred")
            .replacing(["recipients"], with: ["police", "provider", "immigration", "mental-health"])
        #expect(example.refusal(of: members) == nil)
    }

    @Test func `an action goes to its owner and to nobody else`() throws {
        let example = try Example("COB-06")
        for recipients: JSONValue in [["provider"], ["police", "provider"]] {
            let refusal = example.refusal(replacing: "recipients", with: recipients)
            #expect(refusal?.rule == "action-goes-to-its-owner" && refusal?.path.description == "recipients")
        }
        #expect(example.refusal(replacing: "recipients", with: nil)?.code == .recipientUnresolved)
    }

    @Test func `a closure outside the list is explained`() throws {
        let refusal = try Example("COB-07").refusal(replacing: "body", "explanation", with: nil)
        #expect(refusal?.rule == "other-reason-is-explained" && refusal?.path.description == "body.explanation")
    }
}

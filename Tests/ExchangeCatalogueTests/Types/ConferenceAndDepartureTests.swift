import ExchangeCatalogue
import ExchangeCore
import Testing

struct ConferenceAndDepartureTests {
    @Test func `a departure alert is stat, always`() throws {
        let example = try Example("DEP-01")
        #expect(try Example.accept(example.document.replacing(["priority"], with: nil)).priority == .stat)
        for priority in ["routine", "urgent", "asap"] {
            let refusal = example.refusal(replacing: "priority", with: .string(priority))
            #expect(refusal?.rule == "departure-is-stat" && refusal?.path.description == "priority")
        }
    }

    @Test func `a departure alert tells police, guardian, reception and immigration service by default`() throws {
        let content = try Example.accept(try Example("DEP-01").document.replacing(["recipients"], with: nil))
        #expect(content.recipients.map(\.party.role) == [.police, .guardian, .reception, .immigration])
    }

    @Test func `departure is told apart from missing`() throws {
        let refusal = try Example("DEP-01").refusal(replacing: "body", "whereabouts", with: "missing")
        #expect(refusal?.list?.id == "whereabouts-class" && refusal?.path.description == "body.whereabouts")
        #expect(refusal?.allowed == ["known-to-mentor", "unknown", "unknown-worrying"])
    }

    @Test func `who declines gives a reason and who delegates names the role`() throws {
        let example = try Example("COB-02")
        #expect(example.refusal(replacing: "body", "answer", with: "decline")?.path.description == "body.reason")
        #expect(example.refusal(replacing: "body", "delegate", with: nil)?.rule == "delegation-names-delegate")
    }

    @Test func `a contribution refers to statements by digest`() throws {
        let refusal = try Example("COB-03").refusal(
            replacing: "body", "statementReferences", 0, "digest", with: .string(String(repeating: "A", count: 64)))
        #expect(refusal?.code == .fieldInvalid)
        #expect(refusal?.path.description == "body.statementReferences[0].digest")
    }

    @Test func `a contribution can be kept from some members`() throws {
        let content = try Example.accept(
            try Example("COB-03").document.replacing(["recipients"], with: ["guardian", "police"]))
        #expect(content.recipients.map(\.party.role) == [.guardian, .police])
    }
}

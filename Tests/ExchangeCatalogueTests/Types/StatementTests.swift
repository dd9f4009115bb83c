import ExchangeCatalogue
import ExchangeCore
import Testing

struct StatementTests {
    @Test func `a statement is known again by its digest, and its text stays with the holder`() throws {
        let example = try Example("STO-01")
        #expect(example.refusal(replacing: "body", "statementDigest", with: nil)?.code == .fieldMissing)
        #expect(example.refusal(replacing: "body", "statementDigest", with: "ab")?.code == .fieldInvalid)
        #expect(!example.definition.fields.contains { ["text", "summary", "content"].contains($0.name) })
    }

    @Test func `consent within limits names them`() throws {
        let example = try Example("STO-01")
        let refusal = example.refusal(replacing: "body", "consentLimits", with: nil)
        #expect(refusal?.rule == "limited-consent-names-limits" && refusal?.path.description == "body.consentLimits")
    }

    @Test func `whoever asks for a statement says what for and what is to be learnt`() throws {
        let example = try Example("STO-02")
        for member in ["purpose", "questions", "statement"] {
            #expect(example.refusal(replacing: "body", .member(member), with: nil)?.code == .fieldMissing)
        }
        #expect(example.refusal(replacing: "body", "questions", with: [])?.code == .fieldInvalid)
        #expect(example.refusal(replacing: "inReplyTo", with: nil)?.path.description == "inReplyTo")
    }

    @Test(arguments: [
        ("refused", "ground", "refusal-needs-ground"), ("partial", "ground", "partial-needs-ground"),
        ("partial", "redactions", "partial-names-redactions"), ("granted", "expires", "granted-expires"),
        ("partial", "expires", "partial-expires"),
    ])
    func `a refusal has its ground, and access its limits`(answer: String, member: String, rule: String) throws {
        let example = try Example("STO-03")
        let document = example.document.replacing(["body", "answer"], with: .string(answer))
        #expect(example.refusal(of: document) == nil)
        let refusal = example.refusal(of: document.replacing(["body", .member(member)], with: nil))
        #expect(refusal?.rule == rule && refusal?.path.description == "body.\(member)")
    }

    @Test func `a ground outside the list is explained`() throws {
        for code in ["STO-03", "RES-08"] {
            let example = try Example(code)
            let document = example.document.replacing(["body", "ground"], with: "other")
                .replacing(["body", "explanation"], with: nil)
            #expect(example.refusal(of: document)?.rule == "other-ground-is-explained")
        }
    }

    @Test func `whoever knows of a statement says why it does not suffice`() throws {
        let refusal = try Example("STO-04").refusal(replacing: "body", "whyNotEnough", with: nil)
        #expect(refusal?.rule == "new-talk-says-why" && refusal?.path.description == "body.whyNotEnough")
    }
}

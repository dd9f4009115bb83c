import ExchangeCatalogue
import ExchangeCore
import Testing

struct AcknowledgementTests {
    @Test func `a declined message has a reason`() throws {
        let refusal = try Example("NOD-02").refusal(replacing: "body", "reason", with: nil)
        #expect(refusal?.code == .ruleViolated && refusal?.rule == "decline-needs-reason")
        #expect(refusal?.path.description == "body.reason")
    }

    @Test func `an owned message needs no reason`() throws {
        let document = try Example("NOD-02").document.replacing(["body", "status"], with: "received")
            .replacing(["body", "reason"], with: nil)
        try Example.accept(document)
    }

    @Test(arguments: CodeList.taskStatus.codes.map(\.value))
    func `ownership and outcome use their own states only`(status: String) throws {
        let ownership = try Example("NOD-02").refusal(replacing: "body", "status", with: .string(status))
        #expect((ownership == nil) == ["received", "rejected"].contains(status))
        let outcome = try Example("NOD-03").refusal(replacing: "body", "status", with: .string(status))
        #expect((outcome == nil) == ["completed", "failed", "cancelled"].contains(status))
        for refusal in [ownership, outcome].compactMap(\.self) {
            #expect(refusal.code == .ruleViolated && refusal.path.description == "body.status")
        }
    }

    @Test(arguments: ["NOD-02", "NOD-03"])
    func `an acknowledgement names the message and its digest`(code: String) throws {
        let example = try Example(code)
        for member in ["messageId", "messageDigest"] {
            let refusal = example.refusal(replacing: "body", .member(member), with: nil)
            #expect(refusal?.code == .fieldMissing && refusal?.path.description == "body.\(member)")
        }
        for digest in ["", "ab", String(repeating: "AB", count: 32), String(repeating: "gg", count: 32)] {
            let refusal = example.refusal(replacing: "body", "messageDigest", with: .string(digest))
            #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.messageDigest")
        }
    }

    @Test(arguments: ["NOD-02", "NOD-03"])
    func `an acknowledgement answers the message that it names`(code: String) throws {
        let other = JSONValue.string(Community.messageID(9).description)
        let refusal = try Example(code).refusal(replacing: "body", "messageId", with: other)
        #expect(refusal?.rule == "acknowledged-message-is-answered")
        #expect(refusal?.path.description == "body.messageId")
    }

    @Test func `an outcome says what was done, also where that is nothing`() throws {
        let refusal = try Example("NOD-03").refusal(replacing: "body", "outcome", with: "  ")
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.outcome")
    }
}

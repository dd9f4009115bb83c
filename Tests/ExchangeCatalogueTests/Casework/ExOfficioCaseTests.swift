import ExchangeCatalogue
import ExchangeCore
import Testing

struct ExOfficioCaseTests {
    private func refusal(_ file: CaseFile, _ decision: JSONValue) throws -> ContentError? {
        try file.refusal("RES-04", from: .immigration, to: [.guardian, .police], ["decision": decision])
    }

    @Test func `residence is not refused while the police have a question to answer`() throws {
        var file = CaseFile()
        #expect(try refusal(file, "refused") == nil)
        try file.hold("RES-05", 1, from: .immigration, to: [.police])
        let refused = try refusal(file, "refused")
        #expect(refused?.rule == "ex-officio-answer-awaited" && refused?.path.description == "body.decision")
        #expect(refused?.message.contains(Community.messageID(1).description) == true)
        #expect(try refusal(file, "granted") == nil)
    }

    @Test func `the answer frees the decision, and only the answer to the last question does`() throws {
        var file = CaseFile()
        try file.hold("RES-05", 1, from: .immigration, to: [.police])
        try file.hold("RES-06", 2, from: .police, to: [.immigration], answering: 1)
        #expect(try refusal(file, "refused") == nil)
        try file.hold("RES-05", 3, from: .immigration, to: [.police])
        #expect(try refusal(file, "refused")?.rule == "ex-officio-answer-awaited")
    }
}

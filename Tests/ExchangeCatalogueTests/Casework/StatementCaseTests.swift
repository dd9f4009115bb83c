import ExchangeCatalogue
import ExchangeCore
import Testing

struct StatementCaseTests {
    private static let statement = JSONValue.string(Community.messageID(700).description)

    private func file() throws -> CaseFile {
        var file = CaseFile()
        try file.hold("STO-01", 1, from: .police, to: [.guardian, .immigration], ["statement": Self.statement])
        return file
    }

    @Test func `whoever wants to ask again is told that there is a statement, and who holds it`() throws {
        let file = try file()
        for statement in [nil, JSONValue.string(Community.messageID(701).description)] {
            let refusal = try file.refusal(
                "STO-04", from: .immigration, to: [.guardian, .police], ["statement": statement])
            #expect(refusal?.rule == "statement-is-named-first" && refusal?.path.description == "body.statement")
            #expect(refusal?.allowed == [Community.messageID(700).description])
            #expect(refusal?.message.contains("\(Community.messageID(700)) held by police") == true)
            #expect(refusal?.message.contains("ask for it with STO-02") == true)
        }
        #expect(
            try file.refusal(
                "STO-04", from: .immigration, to: [.guardian, .police], ["statement": Self.statement]) == nil)
    }

    @Test func `whoever names the statement tells its holder`() throws {
        let refusal = try file().refusal(
            "STO-04", from: .immigration, to: [.guardian], ["statement": Self.statement])
        #expect(refusal?.rule == "statement-is-named-first" && refusal?.path.description == "recipients")
        #expect(refusal?.message.contains("(police)") == true)
        // The holder itself tells the guardian.
        #expect(
            try file().refusal("STO-04", from: .police, to: [.guardian], ["statement": Self.statement]) == nil)
    }

    @Test func `where no statement is known a talk is announced without one`() throws {
        #expect(
            try CaseFile().refusal(
                "STO-04", from: .health, to: [.guardian], ["statement": nil, "whyNotEnough": nil]) == nil)
    }

    @Test func `whoever asked for a statement waits for the answer unless it is acute`() throws {
        var file = try file()
        let named: KeyValuePairs<String, JSONValue?> = ["statement": Self.statement, "acute": false]
        try file.hold("STO-02", 2, from: .immigration, to: [.police, .guardian], answering: 1)
        let refusal = try file.refusal("STO-04", from: .immigration, to: [.guardian, .police], named)
        #expect(refusal?.rule == "acute-or-answered-first" && refusal?.path.description == "body.acute")
        #expect(refusal?.message.contains(Community.messageID(2).description) == true)
        let acute: KeyValuePairs<String, JSONValue?> = ["statement": Self.statement, "acute": true]
        #expect(try file.refusal("STO-04", from: .immigration, to: [.guardian, .police], acute) == nil)
        // Another's request holds nobody up.
        #expect(try file.refusal("STO-04", from: .provider, to: [.guardian, .police], named) == nil)
        try file.hold("STO-03", 3, from: .police, to: [.immigration], answering: 2)
        #expect(try file.refusal("STO-04", from: .immigration, to: [.guardian, .police], named) == nil)
    }

    @Test func `the answer to one request does not answer another`() throws {
        var file = try file()
        try file.hold("STO-02", 2, from: .immigration, to: [.police, .guardian], answering: 1)
        try file.hold("STO-02", 3, from: .immigration, to: [.police, .guardian], answering: 1)
        try file.hold("STO-03", 4, from: .police, to: [.immigration], answering: 3)
        let refusal = try file.refusal(
            "STO-04", from: .immigration, to: [.guardian, .police], ["statement": Self.statement, "acute": false])
        #expect(refusal?.message.contains(Community.messageID(2).description) == true)
    }
}

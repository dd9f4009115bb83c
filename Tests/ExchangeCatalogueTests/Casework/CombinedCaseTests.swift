import ExchangeCatalogue
import ExchangeCore
import Testing

/// Two references that are found to be one child: linked by an answer, and nothing merged.
struct CombinedCaseTests {
    private static let other = CaseReference(random: Bytes16(high: 7, low: 7))

    private func response(
        _ changes: KeyValuePairs<String, JSONValue?>
    ) throws -> SignedContent {
        var file = CaseFile()
        try file.hold("SIG-02", 2, from: .guardian, to: [.police], answering: 1, changes)
        return try #require(file.messages.first)
    }

    private func links(_ changes: KeyValuePairs<String, JSONValue?>, held: [CaseReference] = []) throws -> [CaseLink] {
        Catalogue.standard.links(by: try response(changes), held: held)
    }

    private static let related: JSONValue = [.string(Community.messageID(50).description)]
    private static let cases: JSONValue = [.string(other.description)]

    @Test func `a combined signal links its case with those that it names, and with those of the signals held here`()
        throws
    {
        #expect(
            try links(["decision": "combined", "relatedSignals": Self.related, "relatedCases": Self.cases]) == [
                CaseLink(to: Self.other, isLinked: true)
            ])
        #expect(
            try links(
                ["decision": "combined", "relatedSignals": Self.related],
                held: [Self.other, Community.caseRef, Self.other]) == [CaseLink(to: Self.other, isLinked: true)])
    }

    @Test func `what is not combined links nothing, and an error takes the link back`() throws {
        #expect(try links(["decision": "known", "relatedSignals": Self.related], held: [Self.other]) == [])
        #expect(
            try links([
                "decision": "combined", "status": "entered-in-error", "relatedSignals": Self.related,
                "relatedCases": Self.cases,
            ]) == [CaseLink(to: Self.other, isLinked: false)])
    }

    @Test func `other references are named where signals are combined, and a combined one names its signals`() throws {
        let known = #expect(throws: ContentError.self) {
            try response(["decision": "known", "relatedCases": Self.cases])
        }
        #expect(known?.rule == "related-cases-are-combined")
        let unnamed = #expect(throws: ContentError.self) {
            try response(["decision": "combined", "relatedSignals": nil, "relatedCases": Self.cases])
        }
        #expect(unnamed?.rule == "combined-names-signals")
    }

    @Test func `whoever combines with a signal of another reference names that reference`() throws {
        var file = CaseFile()
        try file.hold("SIG-01", 1, from: .police, to: [.guardian])
        func refusal(_ related: UInt64, _ cases: JSONValue?) throws -> ContentError? {
            try file.refusal(
                "SIG-02", from: .guardian, to: [.police], answering: 1,
                [
                    "decision": "combined", "relatedSignals": [.string(Community.messageID(related).description)],
                    "relatedCases": cases,
                ])
        }
        let refused = try refusal(50, nil)
        #expect(refused?.rule == "combined-names-case" && refused?.path.description == "body.relatedCases")
        #expect(try refusal(50, Self.cases) == nil)
        // Of this case, which everybody has.
        #expect(try refusal(1, nil) == nil)
    }
}

import ExchangeCatalogue
import ExchangeCore
import Testing

struct SignalTests {
    @Test func `a signal is asap unless the child is in danger or about to leave`() throws {
        let example = try Example("SIG-01")
        let calm = example.document.replacing(["priority"], with: nil)
        #expect(try Example.accept(calm).priority == .asap)
        #expect(try Example.accept(calm.replacing(["body", "acuteDanger"], with: true)).priority == .stat)
        #expect(try Example.accept(calm.replacing(["body", "childAboutToLeave"], with: true)).priority == .stat)
    }

    @Test(arguments: [("acuteDanger", "acute-danger-is-stat"), ("childAboutToLeave", "about-to-leave-is-stat")])
    func `a pressing signal that is sent as asap is refused`(member: String, rule: String) throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", .member(member), with: true)
        #expect(refusal?.code == .ruleViolated)
        #expect(refusal?.path.description == "priority")
        #expect(refusal?.rule == rule)
        #expect(refusal?.allowed == ["stat"])
    }

    @Test func `a code that its list does not have is refused with field, list, version and codes`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "talkType", with: "hearing")
        #expect(refusal?.code == .codeUnknown)
        #expect(refusal?.path.description == "body.talkType")
        #expect(refusal?.list == CodeList.talkType.reference)
        #expect(refusal?.allowed == CodeList.talkType.codes.map(\.value))
        #expect(refusal?.message.contains("talk-type version 1") == true)
    }

    @Test func `an unknown indicator is refused with the list that it names`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "indicators", 2, "code", with: "99")
        #expect(refusal?.code == .codeUnknown)
        #expect(refusal?.path.description == "body.indicators[2].code")
        #expect(refusal?.list?.id == "unodc-child")
    }

    @Test func `an indicator of a list that nobody knows is refused`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "indicators", 0, "list", with: "own-list")
        #expect(refusal?.code == .codeUnknown)
        #expect(refusal?.path.description == "body.indicators[0].list")
        #expect(refusal?.list?.id == "indicator-list")
    }

    @Test(arguments: [(0, "medium", "strong"), (2, "strong", "not-weighted")])
    func `an indicator has the strength that its list gives it`(index: Int, given: String, right: String) throws {
        let refusal = try Example("SIG-01").refusal(
            replacing: "body", "indicators", .element(index), "strength", with: .string(given))
        #expect(refusal?.code == .ruleViolated)
        #expect(refusal?.path.description == "body.indicators[\(index)].strength")
        #expect(refusal?.rule == "indicator-strength-of-its-list")
        #expect(refusal?.allowed == [right])
    }

    @Test func `a signal without an indicator is refused`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "indicators", with: [])
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.indicators")
    }

    @Test func `a signal that there is no trafficking is refused`() throws {
        let refusal = try Example("SIG-01").refusal(
            replacing: "body", "traffickingStatus", with: "NotAVictimOfTrafficking")
        #expect(refusal?.rule == "signal-states-trafficking")
        #expect(refusal?.path.description == "body.traffickingStatus")
    }

    @Test func `a place outside the list is explained`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "location", with: "other")
        #expect(refusal?.rule == "other-location-is-explained")
        #expect(refusal?.path.description == "body.locationNote")
    }

    @Test func `a code that is named twice is refused`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "dutchForms", with: ["arbeid", "arbeid"])
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.dutchForms[1]")
    }

    @Test func `a country is a code of ISO 3166-1 and a look-alike is not`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "body", "routeCountries", 0, with: "\u{212A}EN")
        #expect(refusal?.code == .codeUnknown && refusal?.path.description == "body.routeCountries[0]")
        #expect(refusal?.list?.id == "iso-3166-1-alpha-3")
    }

    @Test func `the reception organisation is not told of a signal by anybody but the guardian`() throws {
        let refusal = try Example("SIG-01").refusal(
            replacing: "recipients", with: ["guardian", "immigration", "reception"])
        #expect(refusal?.code == .recipientNotEntitled && refusal?.path.description == "recipients[2].role")
        let notice = try Example("SIG-04").refusal(replacing: "role", with: "police")
        #expect(notice?.code == .senderNotEntitled && notice?.path.description == "sender.role")
        #expect(notice?.allowed == ["guardian"])
    }

    @Test func `an answer names the message that it answers`() throws {
        let refusal = try Example("SIG-02").refusal(replacing: "inReplyTo", with: nil)
        #expect(refusal?.code == .fieldMissing && refusal?.path.description == "inReplyTo")
    }

    @Test func `a combined signal names the signals it was joined with`() throws {
        let refusal = try Example("SIG-02").refusal(replacing: "body", "decision", with: "combined")
        #expect(refusal?.rule == "combined-names-signals")
        #expect(refusal?.path.description == "body.relatedSignals")
    }

    @Test func `a text is not blank, not too long in bytes, and has no control characters`() throws {
        let example = try Example("SIG-04")
        for text in ["", " \n\t ", "\u{A0}", "a\u{00}b", "a\u{1B}[2J", "a\u{85}b", String(repeating: "é", count: 1001)]
        {
            let refusal = example.refusal(replacing: "body", "safetyRequirements", with: .string(text))
            #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.safetyRequirements")
        }
        #expect(
            example.refusal(
                replacing: "body", "safetyRequirements", with: .string("a\n\tb" + String(repeating: "é", count: 998)))
                == nil)
    }

    @Test func `a refusal never repeats what was written`() throws {
        let example = try Example("SIG-01")
        for path in [
            ["body", "talkType"], ["body", "acuteDanger"], ["body", "detectedAt"], ["purpose"], ["caseRef"],
        ]
            as [[PathStep]]
        {
            let refusal = example.refusal(of: example.document.replacing(path, with: "Nguyen Van A"))
            #expect(refusal != nil && refusal?.description.contains("Nguyen") == false)
        }
    }
}

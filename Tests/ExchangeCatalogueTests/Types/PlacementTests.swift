import ExchangeCatalogue
import ExchangeCore
import Testing

struct PlacementTests {
    @Test(arguments: [
        "Kerkstraat 12, 9561 AS Ter Apel", "9561AS", "9561AS-12", "Ter Apel", "BO", "bo-07", "BO-7", "BO-07 ",
        "BO-07\n", "",
        "KERKSTRAAT-12", "BO-07-1",
    ])
    func `a location is a code and never an address`(text: String) throws {
        for member in ["location", "alternativeLocation"] {
            let refusal = try Example("PLC-02").refusal(replacing: "body", .member(member), with: .string(text))
            #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.\(member)")
            #expect(refusal?.message.contains("never an address") == true)
        }
    }

    @Test(arguments: [
        ("location", "accepted-names-location"), ("startsAt", "accepted-names-start"),
        ("transport", "accepted-names-transport"),
    ])
    func `an accepted placement says where, when and how`(member: String, rule: String) throws {
        let refusal = try Example("PLC-02").refusal(replacing: "body", .member(member), with: nil)
        #expect(refusal?.rule == rule && refusal?.path.description == "body.\(member)")
    }

    @Test func `a rejected placement has a reason, and a waiting list a review date`() throws {
        let example = try Example("PLC-02")
        #expect(example.refusal(replacing: "body", "decision", with: "rejected")?.path.description == "body.reason")
        let waiting = example.document.replacing(["body", "reviewDate"], with: nil)
            .replacing(["body", "decision"], with: "waiting-list")
        #expect(example.refusal(of: waiting)?.path.description == "body.reviewDate")
    }

    @Test func `an arrival that did not happen is stat and is explained`() throws {
        let example = try Example("PLC-03")
        #expect(try Example.accept(example.document).priority == .asap)
        let missing = example.document.replacing(["body", "arrived"], with: false)
        #expect(example.refusal(of: missing)?.path.description == "body.explanation")
        let explained = missing.replacing(["body", "explanation"], with: "The car waited an hour.")
        #expect(try Example.accept(explained).priority == .stat)
        let late = example.refusal(of: explained.replacing(["priority"], with: "asap"))
        #expect(late?.rule == "non-arrival-is-stat" && late?.path.description == "priority")
    }

    @Test(arguments: ["2010-13-01", "2010-02-30", "2010-1-1", "10-01-01", "2010", "2010-01-01T00:00:00.000Z", ""])
    func `a birth date is a day of the calendar`(text: String) throws {
        let refusal = try Example("PLC-01").refusal(replacing: "body", "birthDate", with: .string(text))
        #expect(refusal?.code == .fieldInvalid && refusal?.path.description == "body.birthDate")
    }

    @Test func `a birth date says how far it can be relied on`() throws {
        let refusal = try Example("PLC-01").refusal(replacing: "body", "birthDatePrecision", with: nil)
        #expect(refusal?.code == .fieldMissing && refusal?.path.description == "body.birthDatePrecision")
    }

    @Test func `a language is checked by its form only`() throws {
        let example = try Example("PLC-01")
        #expect(example.refusal(replacing: "body", "language", with: "tir") == nil)
        for text in ["nl", "Tir", "tigr", "ti1"] {
            let refusal = example.refusal(replacing: "body", "language", with: .string(text))
            #expect(refusal?.path.description == "body.language")
        }
    }

    @Test func `a stateless child can be placed`() throws {
        #expect(try Example("PLC-01").refusal(replacing: "body", "nationality", with: "XXA") == nil)
    }

    @Test(arguments: ["medicalOrPregnancyNeeds", "siblingsOrOwnChildAlong"])
    func `needs are described where there are any`(member: String) throws {
        let refusal = try Example("PLC-01").refusal(replacing: "body", .member(member), with: "yes")
        #expect(refusal?.code == .ruleViolated && refusal?.path.description == "body.needs")
    }

    @Test func `a consultation names role, outcome and time`() throws {
        let refusal = try Example("PLC-01").refusal(replacing: "body", "consultations", 1, "outcome", with: "maybe")
        #expect(refusal?.code == .codeUnknown && refusal?.path.description == "body.consultations[1].outcome")
        #expect(refusal?.list?.id == "consultation-outcome")
    }
}

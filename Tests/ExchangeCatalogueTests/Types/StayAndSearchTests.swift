import ExchangeCatalogue
import ExchangeCore
import Testing

struct StayAndSearchTests {
    @Test(arguments: ["honour-related-violence", "child-marriage", "possible-trafficking-victim", "trafficking-victim"])
    func `a child is placed for honour-related violence too`(ground: String) throws {
        #expect(try Example("PLC-01").refusal(replacing: "body", "placementGround", with: .string(ground)) == nil)
    }

    // MARK: PLC-04, PLC-05

    @Test func `rest and preparation beyond three weeks has a reason`() throws {
        func refusal(
            end: JSONValue, reason: JSONValue? = nil, policy: CasePolicy = CasePolicy()
        ) throws -> ContentError? {
            try CaseFile().refusal(
                "PLC-04", from: .provider, to: [.immigration], policy: policy,
                ["end": end, "extensionReason": reason])
        }
        #expect(try refusal(end: "2026-12-14") == nil)
        let late = try refusal(end: "2026-12-15")
        #expect(late?.rule == "extension-needs-reason" && late?.path.description == "body.extensionReason")
        #expect(late?.message.contains("end it on 2026-12-14") == true)
        #expect(try refusal(end: "2027-06-01", reason: "the child is ill") == nil)
        // How long it is in principle, the partners agree.
        var policy = CasePolicy()
        policy.restPeriodDays = 28
        #expect(try refusal(end: "2026-12-21", policy: policy) == nil)
        #expect(try refusal(end: "2026-12-22", policy: policy)?.message.contains("2026-12-21") == true)
    }

    @Test(arguments: ["PLC-04", "RES-02", "RES-04", "ZCO-02"])
    func `a period does not end before it starts`(code: String) throws {
        let refusal = try Example(code).refusal(replacing: "body", "end", with: "2020-01-01")
        #expect(refusal?.rule == "ends-after-it-starts" && refusal?.path.description == "body.end")
    }

    @Test func `a hearing before its day has a reason and somebody's consent`() throws {
        let example = try Example("PLC-05")
        let reason = example.refusal(replacing: "body", "earlierReason", with: nil)
        #expect(reason?.rule == "earlier-hearing-needs-reason" && reason?.path.description == "body.earlierReason")
        let consent = example.refusal(replacing: "body", "earlierConsentBy", with: nil)
        #expect(consent?.rule == "earlier-hearing-needs-consent")
        #expect(consent?.path.description == "body.earlierConsentBy")
        let onTime = example.document.replacing(["body", "earlierReason"], with: nil)
            .replacing(["body", "earlierConsentBy"], with: nil).replacing(["body", "plannedFor"], with: "2027-02-23")
        #expect(example.refusal(of: onTime) == nil)
    }

    // MARK: DEP-02 to DEP-05

    @Test func `the police say why a child is not registered as missing, and by which reference it is`() throws {
        let example = try Example("DEP-02")
        let reference = example.refusal(replacing: "body", "policeReference", with: nil)
        #expect(
            reference?.rule == "registered-names-reference" && reference?.path.description == "body.policeReference")
        let reason = example.refusal(replacing: "body", "registered", with: false)
        #expect(reason?.rule == "unregistered-needs-reason" && reason?.path.description == "body.reason")
        let category = example.refusal(replacing: "body", "alertCategory", with: nil)
        #expect(category?.rule == "alert-names-category" && category?.path.description == "body.alertCategory")
    }

    @Test func `a sighting is stat and says where, when and how far it can be believed`() throws {
        let example = try Example("DEP-03")
        let priority = example.refusal(replacing: "priority", with: "routine")
        #expect(priority?.rule == "sighting-is-stat" && priority?.path.description == "priority")
        let place = example.refusal(replacing: "body", "sighting", with: nil)
        #expect(place?.rule == "sighting-says-where" && place?.path.description == "body.sighting")
        let status = example.refusal(replacing: "body", "status", with: "searching")
        #expect(status?.rule == "sighting-is-named" && status?.allowed == ["sighted"])
        #expect(try Example.accept(example.document.replacing(["priority"], with: nil)).priority == .stat)
    }

    @Test func `a search does not end by silence`() throws {
        let example = try Example("DEP-03")
        let police = example.document.replacing(["role"], with: "police")
            .replacing(["recipients"], with: ["guardian", "provider", "reception"])
        #expect(example.refusal(of: police) == nil)
        let silent = example.refusal(of: police.replacing(["body", "nextReviewDate"], with: nil))
        #expect(silent?.rule == "police-name-next-review" && silent?.path.description == "body.nextReviewDate")
        #expect(example.refusal(replacing: "body", "nextReviewDate", with: nil) == nil)
    }

    @Test func `whoever has something new tells the police`() throws {
        let refusal = try Example("DEP-03").refusal(replacing: "recipients", with: ["guardian", "reception"])
        #expect(refusal?.rule == "information-reaches-police" && refusal?.path.description == "recipients")
    }

    @Test func `that a child is found is stat and says where`() throws {
        let example = try Example("DEP-04")
        let priority = example.refusal(replacing: "priority", with: "asap")
        #expect(priority?.rule == "found-is-stat" && priority?.path.description == "priority")
        let place = example.refusal(replacing: "body", "placeNote", with: nil)
        #expect(place?.rule == "found-says-where" && place?.path.description == "body.location")
        let coded = example.document.replacing(["body", "placeNote"], with: nil)
            .replacing(["body", "location"], with: "BO-07")
        #expect(example.refusal(of: coded) == nil)
    }

    @Test func `a registration as gone names its alert`() throws {
        let refusal = try Example("DEP-05").refusal(replacing: "body", "departureAlert", with: nil)
        #expect(refusal?.code == .fieldMissing && refusal?.path.description == "body.departureAlert")
    }

    @Test func `no type asks for the address of a place that has a code`() {
        func names(_ fields: [Field]) -> [String] {
            fields.flatMap { field -> [String] in
                switch field.kind {
                case .object(let inner), .array(.object(let inner), _): [field.name] + names(inner)
                default: [field.name]
                }
            }
        }
        for definition in Catalogue.standard.all {
            let addresses = names(definition.fields).filter { $0.lowercased().contains("address") }
            #expect(addresses == [], "\(definition.type)")
        }
    }
}

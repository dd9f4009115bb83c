import ExchangeCatalogue
import ExchangeCore
import Testing

/// What may stand in a directory as a routing rule.
struct RoutingDocumentTests {
    private static let rule: JSONValue = [
        "type": "SIG-01", "senderRole": "police", "when": [["member": "acuteDanger", "isOneOf": [true]]],
        "mustTell": ["guardian", "immigration"], "mayTell": ["lawyer"], "ground": "agreement of 2026-03-01",
    ]

    private func refusal(_ rule: JSONValue) -> ContentError? {
        do throws(ContentError) {
            _ = try RoutingDocument.rules(in: [rule], at: FieldPath("routing"), by: .standard)
            return nil
        } catch {
            return error
        }
    }

    private func refusal(replacing path: PathStep..., with value: JSONValue?) -> ContentError? {
        refusal(Self.rule.replacing(path, with: value))
    }

    @Test func `a rule survives its document`() throws {
        let rules = try RoutingDocument.rules(
            in: [Self.rule, ["type": "DEP-01", "mustTell": ["police"], "ground": "x"]], at: FieldPath("routing"),
            by: .standard)
        #expect(rules.map(\.code) == ["SIG-01", "DEP-01"] && rules[1].mayTell.isEmpty && rules[1].senderRole == nil)
        let again = try RoutingDocument.rules(
            in: RoutingDocument.value(of: rules), at: FieldPath("routing"), by: .standard)
        #expect(again == rules)
    }

    @Test func `a type, role, member or code that nobody knows is refused by its place`() {
        let type = refusal(replacing: "type", with: "SIG-99")
        #expect(type?.code == .typeUnknown && type?.path.description == "routing[0].type")
        let role = refusal(replacing: "mayTell", 0, with: "ministry")
        #expect(role?.code == .codeUnknown && role?.path.description == "routing[0].mayTell[0]")
        #expect(refusal(replacing: "senderRole", with: "ministry")?.path.description == "routing[0].senderRole")
        let member = refusal(replacing: "when", 0, "member", with: "acuteDangers")
        #expect(member?.code == .fieldUnknown && member?.path.description == "routing[0].when[0].member")
        #expect(member?.allowed.contains("acuteDanger") == true)
        let code = refusal(
            replacing: "when", 0, with: ["member": "talkType", "isOneOf": ["identification", "hearing"]])
        #expect(code?.code == .codeUnknown && code?.path.description == "routing[0].when[0].isOneOf[1]")
        #expect(code?.list == CodeList.talkType.reference)
        #expect(refusal(replacing: "whom", with: "x")?.code == .fieldUnknown)
    }

    @Test func `a rule rests on codes and on yes or no, and never on text`() {
        let text = refusal(replacing: "when", 0, with: ["member": "locationNote", "isOneOf": ["Ter Apel"]])
        #expect(text?.code == .fieldUnknown && text?.path.description == "routing[0].when[0].member")
        let flag = refusal(replacing: "when", 0, "isOneOf", 0, with: "yes")
        #expect(flag?.code == .fieldInvalid && flag?.path.description == "routing[0].when[0].isOneOf[0]")
        #expect(refusal(replacing: "when", with: []) != nil)
    }

    @Test func `a rule says whom, each once, and on what ground`() {
        #expect(refusal(replacing: "ground", with: nil)?.path.description == "routing[0].ground")
        for ground in ["", "  ", "a\nb", "a\u{1B}[2J", String(repeating: "é", count: 257)] {
            #expect(refusal(replacing: "ground", with: .string(ground))?.code == .fieldInvalid)
        }
        #expect(refusal(replacing: "mayTell", with: ["guardian"])?.path.description == "routing[0].mustTell")
        let nobody = Self.rule.replacing(["mustTell"], with: nil).replacing(["mayTell"], with: nil)
        #expect(refusal(nobody)?.code == .fieldInvalid)
    }

    @Test func `a rule for a sender who may not send the type is refused, for it would never apply`() {
        let error = refusal(replacing: "senderRole", with: "prosecutor")
        #expect(error?.code == .senderNotEntitled && error?.path.description == "routing[0].senderRole")
    }

    @Test func `no agreement tells a conference to an outsider, or police data to who is not named by law`() {
        func rule(_ code: String, _ role: String) -> JSONValue {
            ["type": .string(code), "mustTell": ["police"], "mayTell": [.string(role)], "ground": "x"]
        }
        let conference = refusal(rule("COB-03", "reception"))
        #expect(conference?.code == .recipientNotEntitled && conference?.path.description == "routing[0].mayTell")
        #expect(conference?.message.contains("whatever is agreed") == true)
        // Among its members partners may agree what they like.
        #expect(refusal(rule("COB-03", "mental-health")) == nil)
        #expect(
            refusal(["type": "RES-03", "mustTell": ["immigration", "municipality"], "ground": "x"])?.code
                == .recipientNotEntitled)
        #expect(
            refusal(["type": "NOD-02", "mustTell": ["police"], "ground": "x"])?.path.description == "routing[0].type")
        #expect(refusal(rule("DEP-01", "lawyer")) == nil)
    }

    @Test func `a rule that has a role owe what it may not send is not signed, and is read`() throws {
        func rule(_ code: String, _ told: String) -> JSONValue {
            [
                "type": .string(code), "mustTell": ["municipality"], "mayTell": ["provider", .string(told)],
                "ground": "x",
            ]
        }
        func refusal(_ rule: JSONValue) throws -> ContentError? {
            let rules = try RoutingDocument.rules(in: [Self.rule, rule], at: FieldPath("routing"), by: .standard)
            do throws(ContentError) {
                try Catalogue.standard.demandAnswers(under: rules, at: FieldPath("routing"))
                return nil
            } catch {
                return error
            }
        }
        let error = try refusal(rule("TRF-02", "guardian"))
        #expect(error?.code == .recipientNotEntitled && error?.path.description == "routing[1].mayTell[1]")
        #expect(error?.allowed == ["municipality", "provider", "reception"])
        for words in ["rule 2", "TRF-02", "PLC-03", "take guardian out"] {
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
        }
        #expect(try refusal(rule("TRF-02", "reception")) == nil)
        // After a signal an outcome is the answer, so that anybody can give it.
        #expect(try refusal(rule("SIG-01", "lawyer")) == nil)
    }

    @Test func `there is a bound on rules, facts and values`() {
        let many = JSONValue.array(Array(repeating: Self.rule, count: ProtocolLimits.directoryMaximumRoutingRules + 1))
        #expect(throws: ContentError.self) {
            _ = try RoutingDocument.rules(in: many, at: FieldPath("routing"), by: .standard)
        }
        let fact: JSONValue = ["member": "acuteDanger", "isOneOf": [true]]
        #expect(
            refusal(
                replacing: "when",
                with: .array(Array(repeating: fact, count: ProtocolLimits.routingRuleMaximumFacts + 1))) != nil)
        #expect(
            refusal(
                replacing: "when", 0, "isOneOf",
                with: .array(Array(repeating: true, count: ProtocolLimits.routingFactMaximumValues + 1))) != nil)
    }
}

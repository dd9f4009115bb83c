import ExchangeCatalogue
import ExchangeCore
import Testing

struct SignalFollowUpTests {
    // MARK: Screening

    private func indicatorFields(_ fields: [Field]) -> [Field] {
        fields.filter { field in
            guard case .array(.object(let inner), _) = field.kind else { return false }
            return inner.contains { if case .codeOfNamedList = $0.kind { true } else { false } }
        }
    }

    @Test func `indicators are screening and never a verdict, and schema and page say so`() throws {
        var count = 0
        for definition in Catalogue.standard.all {
            for field in indicatorFields(definition.fields) {
                count += 1
                #expect(field.meaning.contains("screening, never a verdict"), "\(definition.type) \(field.name)")
                let schema = try JSONWriter.write(
                    JSONSchema.document(for: definition), limits: JSONSchema.limits)
                #expect(String(decoding: schema, as: UTF8.self).contains(field.meaning), "\(definition.type)")
                let page = try RepositoryFiles.bytes("docs/messages/\(definition.type.code).md")
                #expect(String(decoding: page, as: UTF8.self).contains(field.meaning), "\(definition.type)")
            }
        }
        #expect(count == 3)
    }

    // MARK: SIG-03

    @Test func `a change names the signal that it changes, what becomes of it, and why`() throws {
        let example = try Example("SIG-03")
        let refusal = example.refusal(replacing: "supersedes", with: nil)
        #expect(refusal?.rule == "change-names-signal" && refusal?.path.description == "supersedes")
        #expect(example.refusal(replacing: "body", "reason", with: nil)?.code == .fieldMissing)
        let kind = example.refusal(replacing: "body", "changeKind", with: "erased")
        #expect(kind?.allowed == ["supplement", "correction", "withdrawal"])
    }

    @Test(arguments: [("acuteDanger", "acute-danger-is-stat"), ("childAboutToLeave", "about-to-leave-is-stat")])
    func `a supplement that tells of danger is stat`(member: String, rule: String) throws {
        let document = try Example("SIG-03").document.replacing(["body", .member(member)], with: true)
        #expect(try Example.accept(document).priority == .stat)
        let refusal = try Example("SIG-03").refusal(of: document.replacing(["priority"], with: "asap"))
        #expect(refusal?.rule == rule && refusal?.path.description == "priority")
    }

    @Test func `the indicators of a change have the strength that their list gives them`() throws {
        let refusal = try Example("SIG-03").refusal(replacing: "body", "indicators", 0, "strength", with: "medium")
        #expect(refusal?.rule == "indicator-strength-of-its-list")
    }

    // MARK: SIG-05, SIG-06

    @Test func `a group risk within a day is stat`() throws {
        let example = try Example("SIG-05")
        let acute = example.document.replacing(["body", "acute"], with: true)
        #expect(try Example.accept(acute).priority == .stat)
        let refusal = example.refusal(of: acute.replacing(["priority"], with: "urgent"))
        #expect(refusal?.rule == "acute-risk-is-stat" && refusal?.path.description == "priority")
    }

    @Test func `the police have to register, and others do with consent`() throws {
        let example = try Example("SIG-06")
        let silent = example.document.replacing(["body", "registrationConsent"], with: nil)
        #expect(example.refusal(of: silent) == nil)
        for consent in [nil, JSONValue.bool(false)] {
            let document = silent.replacing(["role"], with: "guardian")
                .replacing(["body", "registrationConsent"], with: consent)
            let refusal = example.refusal(of: document)
            #expect(refusal?.rule == "others-register-with-consent")
            #expect(refusal?.path.description == "body.registrationConsent")
        }
        #expect(example.refusal(replacing: "role", with: "guardian") == nil)
    }

    @Test func `a registration has codes only, and nothing that leads to the child`() throws {
        for field in try Example("SIG-06").definition.fields {
            switch field.kind {
            case .code, .codes, .boolean, .integer, .date: break
            default: Issue.record("\(field.name) is more than a code")
            }
        }
    }

    // MARK: STA-01

    @Test func `a status names who decided it, since when, and why`() throws {
        let example = try Example("STA-01")
        for member in ["traffickingStatus", "decidingOrganisation", "since", "reason"] {
            let refusal = example.refusal(replacing: "body", .member(member), with: nil)
            #expect(refusal?.code == .fieldMissing && refusal?.path.description == "body.\(member)")
        }
        #expect(example.refusal(replacing: "body", "traffickingStatus", with: "NotAVictimOfTrafficking") == nil)
        #expect(example.refusal(replacing: "role", with: "provider")?.code == .senderNotEntitled)
    }
}

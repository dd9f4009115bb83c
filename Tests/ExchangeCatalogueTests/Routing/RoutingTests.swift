import ExchangeCatalogue
import ExchangeCore
import Testing

/// Who must be told and who may be, by rules of the directory and by the catalogue.
struct RoutingTests {
    /// Version 7 of a directory with a rule of each kind.
    private static let routing = Routing(
        version: 7,
        rules: [
            RoutingRule(
                code: "SIG-01", senderRole: .police, facts: [.init(member: "acuteDanger", values: [true])],
                mustTell: [.guardian, .immigration, .reception], ground: "agreement on acute danger of 2026-03-01"),
            RoutingRule(
                code: "SIG-01", facts: [.init(member: "dutchForms", values: ["arbeid"])],
                mustTell: [.guardian, .police], mayTell: [.lawyer], ground: "agreement on labour of 2026-04-01"),
            RoutingRule(code: "SIG-02", mustTell: [.police], ground: "agreement on answers of 2026-05-01"),
            RoutingRule(
                code: "DEP-04", mustTell: [.guardian], mayTell: [.police], ground: "agreement on ends of 2026-06-01"),
        ])

    private func audience(
        _ code: String, as role: Role, _ members: KeyValuePairs<String, JSONValue> = [:]
    ) throws -> Audience {
        var body = JSONObject()
        for (name, value) in members { body[name] = value }
        return Self.routing.audience(of: try Example(code).definition, sentAs: role, body: body)
    }

    /// What the sender's node says to an example whose recipients are replaced.
    private func refusal(
        _ code: String, as role: Role, to recipients: [Role], answering answered: Role? = nil,
        holding messages: [SignedContent] = [], _ members: KeyValuePairs<String, JSONValue> = [:],
        by routing: Routing = Self.routing
    ) throws -> ContentError? {
        guard case .object(let document) = try Example(code).document, case .object(var body)? = document["body"] else {
            throw ContentError(.contentMalformed, at: .document, "the example has no body")
        }
        for (name, value) in members { body[name] = value }
        var content = try SignedContent.signal()
        content.type = try Example(code).definition.type
        content.sender = try Community.party(role)
        content.recipients = try recipients.map { Recipient(try Community.party($0)) }
        content.body = body
        let party = try answered.map(Community.party)
        do throws(ContentError) {
            try Catalogue.standard.judgeRecipients(
                of: content, by: routing, answering: party,
                in: CaseHistory(messages, of: .standard))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a rule applies by type, sender and facts, and of two that apply the first`() throws {
        let acute = try audience("SIG-01", as: .police, ["acuteDanger": true, "dutchForms": ["arbeid"]])
        #expect(acute.agreement?.number == 1)
        #expect(acute.duties == [.role(.guardian), .role(.immigration), .role(.reception)])
        #expect(try audience("SIG-01", as: .health, ["acuteDanger": true]).agreement == nil)
        #expect(try audience("SIG-01", as: .police, ["acuteDanger": false]).agreement == nil)
        // Of a list of codes one is enough.
        let labour = try audience("SIG-01", as: .guardian, ["dutchForms": ["seksueel", "arbeid"]])
        #expect(labour.agreement?.number == 2)
        #expect(labour.duties == [.role(.police)] && labour.roles == [.guardian, .police, .lawyer])
        #expect(try audience("SIG-01", as: .guardian, ["dutchForms": ["seksueel"]]).agreement == nil)
    }

    @Test func `without a rule the sets of the catalogue are in force, and each ground says by what`() throws {
        let definition = try Example("SIG-01").definition
        let audience = try audience("SIG-01", as: .health)
        #expect(audience.duties == definition.duties(ofSenderIn: .health))
        #expect(audience.roles == definition.recipientRoles)
        #expect(audience.ground.contains("catalogue") && audience.ground.contains("version 7"))
        let agreed = try self.audience("SIG-01", as: .police, ["acuteDanger": true])
        #expect(agreed.ground == "rule 1 of version 7 of the directory: agreement on acute danger of 2026-03-01")
        #expect(agreed.groundOfDuty.contains(agreed.ground))
    }

    @Test func `a submission that names nobody is for those of the rule`() throws {
        let document = try Example("SIG-01").document.replacing(["recipients"], with: nil)
            .replacing(["body", "acuteDanger"], with: true)
        let submission = try Submission.parse(document.bytes)
        func parties(by routing: Routing) throws -> [Role] {
            try submission.parties(
                as: try Example("SIG-01").definition, sender: try Community.party(.police), answering: nil,
                by: routing, organisations: Community.organisations
            ).map(\.role)
        }
        #expect(try parties(by: Self.routing) == [.guardian, .immigration, .reception])
        #expect(try parties(by: .ofCatalogue) == [.guardian, .immigration])
    }

    @Test func `too many are refused with the ground of the rule and the directory's version`() throws {
        let error = try refusal("SIG-01", as: .guardian, to: [.police, .immigration], ["dutchForms": ["arbeid"]])
        #expect(error?.code == .recipientNotEntitled && error?.path.description == "recipients[1].role")
        #expect(error?.allowed == ["guardian", "police", "lawyer"])
        #expect(error?.message.contains("rule 2 of version 7 of the directory: agreement on labour") == true)
        #expect(try refusal("SIG-01", as: .guardian, to: [.police, .lawyer], ["dutchForms": ["arbeid"]]) == nil)
        let catalogue = try refusal("SIG-01", as: .guardian, to: [.police, .lawyer], by: .ofCatalogue)
        #expect(catalogue?.code == .recipientNotEntitled && catalogue?.message.contains("the catalogue") == true)
    }

    @Test func `who is answered is told whatever a rule says`() throws {
        #expect(try audience("SIG-02", as: .immigration).duties == [.senderOfAnsweredMessage, .role(.police)])
        #expect(try refusal("SIG-02", as: .immigration, to: [.health, .police], answering: .health) == nil)
        #expect(
            try refusal("SIG-02", as: .immigration, to: [.health], answering: .police)?.code == .recipientNotEntitled)
    }

    @Test func `who was alerted is told of the end, also where it was agreed otherwise since`() throws {
        var file = CaseFile()
        try file.hold("DEP-01", 1, from: .provider, to: [.police, .guardian, .reception])
        #expect(
            try refusal("DEP-04", as: .provider, to: [.police, .guardian, .reception], holding: file.messages) == nil)
        #expect(
            try refusal("DEP-04", as: .provider, to: [.police, .immigration], holding: file.messages)?.code
                == .recipientNotEntitled)
    }

    @Test func `whom a type can be told to is what its rules and the catalogue leave`() throws {
        let signal = try Example("SIG-01").definition
        #expect(Self.routing.rolesTold(by: signal) == Set(signal.recipientRoles + [.reception, .lawyer]))
        #expect(Self.routing.rolesTold(by: try Example("DEP-04").definition) == [.guardian, .police])
        // Whoever sent what is answered is told, in whatever role.
        let answer = try Example("SIG-02").definition
        #expect(Self.routing.rolesTold(by: answer).isSuperset(of: answer.recipientRoles))
    }
}

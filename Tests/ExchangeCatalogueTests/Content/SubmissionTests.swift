import ExchangeCatalogue
import ExchangeCore
import Testing

struct SubmissionTests {
    private func resolve(
        _ document: JSONValue, sender: Role, answering: Role? = nil,
        organisations: (Role) -> [OIN] = Community.organisations
    ) throws -> [Party] {
        let submission = try Submission.parse(document.bytes)
        return try submission.parties(
            as: try Catalogue.standard.definition(of: submission.type), sender: try Community.party(sender),
            answering: try answering.map(Community.party), organisations: organisations)
    }

    private func refusal(_ attempt: () throws -> Void) -> ContentError? {
        do { try attempt() } catch { return error as? ContentError }
        return nil
    }

    @Test func `the version is 1 where none is named`() throws {
        let document = try Example("SIG-01").document.replacing(["version"], with: nil)
        #expect(try Submission.parse(document.bytes).type.version == 1)
    }

    @Test func `what the agency leaves open is filled in by the type`() throws {
        let content = try Example.accept(try Example("NOD-09").document.replacing(["handling"], with: nil))
        #expect(content.priority == .routine && content.handling == .green)
        #expect(content.caseRef == Community.caseRef)
        #expect(content.conversation == content.id)
    }

    @Test func `what the agency names is kept`() throws {
        let example = try Example("SIG-01")
        let conversation = Community.messageID(5).description
        let document = example.document.replacing(["conversation"], with: .string(conversation))
            .replacing(["priority"], with: "stat").replacing(["handling"], with: "red")
        let content = try Example.accept(document)
        #expect(content.priority == .stat && content.handling == .red)
        #expect(content.conversation.description == conversation)
        #expect(content.caseRef.description == "5f0c2a6e-9d1b-4c37-8a54-2e7d1f90b3c6")
    }

    @Test func `the duty roles are told where the agency names nobody, and never the sender`() throws {
        let document = try Example("SIG-01").document.replacing(["recipients"], with: nil)
        #expect(try resolve(document, sender: .police).map(\.role) == [.guardian, .immigration])
        #expect(try resolve(document, sender: .health).map(\.role) == [.guardian, .police, .immigration])
    }

    @Test func `an answer goes to the sender of what it answers, and to the guardian once`() throws {
        let document = try Example("SIG-02").document
        #expect(try resolve(document, sender: .immigration, answering: .police).map(\.role) == [.police, .guardian])
        #expect(try resolve(document, sender: .immigration, answering: .guardian).map(\.role) == [.guardian])
        let refusal = refusal { _ = try resolve(document, sender: .immigration) }
        #expect(refusal?.code == .recipientUnresolved && refusal?.path.description == "inReplyTo")
    }

    @Test func `a duty role that nobody has is an error and not an omission`() throws {
        let document = try Example("SIG-01").document.replacing(["recipients"], with: nil)
        let refusal = refusal {
            _ = try resolve(document, sender: .police) { $0 == .guardian ? [] : Community.organisations($0) }
        }
        #expect(refusal?.code == .recipientUnresolved)
        #expect(refusal?.message.contains("guardian") == true)
    }

    @Test func `a role that two organisations have must be named by OIN`() throws {
        let document = try Example("PLC-02").document.replacing(["recipients", 1], with: "provider")
        let refusal = refusal {
            _ = try resolve(document, sender: .reception) {
                $0 == .provider
                    ? Community.organisations(.provider) + Community.organisations(.health)
                    : Community.organisations($0)
            }
        }
        #expect(refusal?.code == .recipientUnresolved && refusal?.path.description == "recipients[1]")
        #expect(refusal?.allowed == ["00000099000000005000", "00000099000000007000"])
    }

    @Test func `a probe has nobody to be told by default`() throws {
        let document = try Example("NOD-09").document.replacing(["recipients"], with: nil)
        #expect(refusal { _ = try resolve(document, sender: .health) }?.path.description == "recipients")
    }

    @Test func `recipients are roles or parties and nothing else`() throws {
        let example = try Example("SIG-01")
        let unknown = example.refusal(replacing: "recipients", 1, with: "ministry")
        #expect(unknown?.code == .codeUnknown && unknown?.path.description == "recipients[1]")
        #expect(unknown?.list?.id == "role")
        #expect(example.refusal(replacing: "recipients", 1, with: 7)?.path.description == "recipients[1]")
        #expect(example.refusal(replacing: "recipients", with: [])?.path.description == "recipients")
        let short = example.refusal(replacing: "recipients", 1, with: ["oin": "123", "role": "immigration"])
        #expect(short?.path.description == "recipients[1].oin")
    }

    @Test(arguments: ["id", "sender", "created", "padding", "attachments", "$schema"])
    func `what only the node may say is refused by name`(name: String) throws {
        let refusal = try Example("SIG-01").refusal(replacing: .member(name), with: "x")
        #expect(refusal?.code == .fieldUnknown)
        #expect(refusal?.path == FieldPath(name))
    }

    @Test(arguments: ["type", "purpose", "legalBasis", "body"])
    func `what every submission needs is named where it is missing`(name: String) throws {
        let refusal = try Example("SIG-01").refusal(replacing: .member(name), with: nil)
        #expect(refusal?.code == .fieldMissing && refusal?.path.description == name)
    }

    @Test func `a submission that is no JSON is refused with the byte`() {
        let refusal = refusal { _ = try Submission.parse(Array(#"{"type":"SIG-01","body":{"a":1.5}}"#.utf8)) }
        #expect(refusal?.code == .contentMalformed && refusal?.byteOffset == 29)
        #expect(refusal?.cause?.code == .numberNotInteger)
        #expect(refusal?.path.description == "body.a")
    }

    @Test func `a legal basis outside the list is refused with its list`() throws {
        let refusal = try Example("SIG-01").refusal(replacing: "legalBasis", 1, with: "because")
        #expect(refusal?.code == .codeUnknown && refusal?.path.description == "legalBasis[1]")
        #expect(refusal?.list?.id == "legal-basis")
    }
}

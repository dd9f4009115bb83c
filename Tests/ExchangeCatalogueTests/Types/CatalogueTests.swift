import ExchangeCatalogue
import ExchangeCore
import Testing

struct CatalogueTests {
    private func refusal(_ content: SignedContent) -> ContentError? {
        do throws(ContentError) {
            try Catalogue.standard.validate(content)
            return nil
        } catch {
            return error
        }
    }

    @Test func `the types of a case are there, in the order of their families`() {
        let codes = Catalogue.standard.all.map(\.type.code)
        let families = ["SIG", "PLC", "DEP", "COB", "NOD"]
        let demanded = [
            "SIG-01", "SIG-02", "SIG-04", "PLC-01", "PLC-02", "PLC-03", "DEP-01", "COB-01", "COB-02", "COB-03",
            "NOD-02", "NOD-03", "NOD-09",
        ]
        #expect(demanded.allSatisfy(codes.contains))
        #expect(codes.map { families.firstIndex(of: String($0.prefix(3))) ?? -1 }.isSortedUpwards)
    }

    @Test func `a type and a version that nobody knows are told apart`() throws {
        var content = try SignedContent.signal()
        content.type = try #require(MessageType(code: "SIG-99"))
        #expect(refusal(content)?.code == .typeUnknown)
        #expect(refusal(content)?.path.description == "type")
        #expect(refusal(content)?.allowed.contains("SIG-01") == true)
        content.type = try #require(MessageType(code: "SIG-01", version: 2))
        #expect(refusal(content)?.code == .versionUnknown)
        #expect(refusal(content)?.path.description == "version")
        #expect(refusal(content)?.allowed == ["1"])
    }

    @Test(arguments: Catalogue.standard.all.map(\.type))
    func `a sender in a role that is not entitled is refused`(type: MessageType) throws {
        let definition = try #require(Catalogue.standard[type])
        for role in Role.allCases {
            var content = try SignedContent.signal()
            content.type = type
            content.sender = Party(oin: content.sender.oin, role: role)
            let refusal = refusal(content)
            #expect((refusal?.code == .senderNotEntitled) == !definition.senderRoles.contains(role))
            guard refusal?.code == .senderNotEntitled else { continue }
            #expect(refusal?.path.description == "sender.role")
            #expect(refusal?.allowed == definition.senderRoles.map(\.rawValue))
        }
    }

    @Test(arguments: Catalogue.standard.all.map(\.type))
    func `a recipient in a role that is not entitled is refused`(type: MessageType) throws {
        let definition = try #require(Catalogue.standard[type])
        let sender = try #require(definition.senderRoles.first)
        let entitled = try #require(definition.recipientRoles.first)
        for role in Role.allCases {
            var content = try SignedContent.signal()
            content.type = type
            content.sender = Party(oin: content.sender.oin, role: sender)
            content.recipients = [
                Recipient(Party(oin: content.recipients[0].party.oin, role: entitled)),
                Recipient(Party(oin: content.recipients[1].party.oin, role: role)),
            ]
            let refusal = refusal(content)
            #expect((refusal?.code == .recipientNotEntitled) == !definition.recipientRoles.contains(role))
            guard refusal?.code == .recipientNotEntitled else { continue }
            #expect(refusal?.path.description == "recipients[1].role")
        }
    }

    @Test func `everybody but the sender of a signal is to be told`() throws {
        let definition = try Example("SIG-01").definition
        #expect(definition.duties(ofSenderIn: .police) == [.role(.guardian), .role(.immigration)])
        #expect(definition.duties(ofSenderIn: .guardian) == [.role(.police), .role(.immigration)])
        #expect(definition.duties(ofSenderIn: .health) == [.role(.guardian), .role(.police), .role(.immigration)])
    }

    @Test func `only acknowledgements and probes end at the node and need no more than a receipt`() {
        for definition in Catalogue.standard.all {
            let isOfNode = definition.type.code.hasPrefix("NOD-")
            #expect(definition.isHandedOver == !isOfNode, "\(definition.type)")
            #expect(definition.acknowledgement == (isOfNode ? .receipt : .outcome), "\(definition.type)")
        }
    }

    @Test func `no type tells a case conference to somebody who is not its member`() throws {
        for definition in Catalogue.standard.all where definition.type.code.hasPrefix("COB-") {
            for role in [Role.reception, .health, .refugeeCouncil, .lawyer] {
                #expect(!definition.recipientRoles.contains(role), "\(definition.type)")
            }
        }
    }

    @Test func `every field says what it means`() {
        func check(_ fields: [Field], _ type: MessageType) {
            for field in fields {
                #expect(field.meaning.hasSuffix("."), "\(type) \(field.name)")
                #expect(field.name.utf8.first.map { (0x61...0x7A).contains($0) } == true, "\(type) \(field.name)")
                if case .object(let inner) = field.kind { check(inner, type) }
                if case .array(.object(let inner), _) = field.kind { check(inner, type) }
            }
        }
        for definition in Catalogue.standard.all {
            check(definition.fields, definition.type)
            #expect(Set(definition.rules.map(\.name)).count == definition.rules.count, "\(definition.type)")
        }
    }
}

extension [Int] {
    fileprivate var isSortedUpwards: Bool { zip(self, dropFirst()).allSatisfy { $0 <= $1 } }
}

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

    /// The families of the catalogue, each with how many types it has; a code is never left out of a row but where it
    /// says so.
    private static let families: [(family: String, numbers: [Int])] = [
        ("SIG", Array(1...6)), ("PLC", Array(1...5)), ("DEP", Array(1...5)), ("COB", Array(1...7)),
        ("STO", Array(1...4)), ("RES", Array(1...8)), ("PLN", [1, 2]), ("ZCO", [1, 2]), ("TRF", [1, 2]),
        ("ADV", [1, 2]), ("STA", [1]),
    ]

    @Test func `every type of a case is there, in the order of the families`() {
        let codes = Catalogue.standard.all.map(\.type.code)
        let demanded = Self.families.flatMap { row in row.numbers.map { "\(row.family)-0\($0)" } }
        #expect(codes.filter { !$0.hasPrefix("NOD-") } == demanded)
        // What nodes tell each other stands last.
        #expect(codes.drop { !$0.hasPrefix("NOD-") }.allSatisfy { $0.hasPrefix("NOD-") })
        #expect(["NOD-02", "NOD-03", "NOD-09"].allSatisfy(codes.contains))
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
    func `a recipient whom neither catalogue nor agreement names is the sender's to refuse, and not the recipient's`(
        type: MessageType
    ) throws {
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
            let isNamed = definition.recipientRoles.contains(role)
            // Under another version of the directory it may be right, but for what no agreement changes.
            #expect((refusal(content)?.code == .recipientNotEntitled) == (definition.confinement != nil && !isNamed))
            do throws(ContentError) {
                try Catalogue.standard.judgeRecipients(
                    of: content, by: .ofCatalogue, answering: nil, in: CaseHistory([], of: .standard))
                #expect(isNamed)
            } catch {
                #expect(!isNamed && error.code == .recipientNotEntitled)
                #expect(error.path.description == "recipients[1].role")
            }
        }
    }

    @Test func `everybody but the sender of a signal is to be told`() throws {
        let definition = try Example("SIG-01").definition
        #expect(definition.duties(ofSenderIn: .police) == [.role(.guardian), .role(.immigration)])
        #expect(definition.duties(ofSenderIn: .guardian) == [.role(.police), .role(.immigration)])
        #expect(definition.duties(ofSenderIn: .health) == [.role(.guardian), .role(.police), .role(.immigration)])
    }

    @Test func `only what nodes tell each other ends at the node`() {
        for definition in Catalogue.standard.all {
            #expect(definition.isHandedOver == !definition.type.code.hasPrefix("NOD-"), "\(definition.type)")
        }
    }

    @Test func `a receipt is enough for what asks nothing of anybody, and for nothing else`() {
        let needOnlyReceipt = Catalogue.standard.all.filter { $0.acknowledgement == .receipt }.map(\.type.code)
        #expect(needOnlyReceipt.filter { !$0.hasPrefix("NOD-") } == ["SIG-06", "STO-01"])
        #expect(Catalogue.standard.all.allSatisfy { $0.isHandedOver || $0.acknowledgement == .receipt })
    }

    @Test func `no type tells a case conference to somebody who is not its member`() throws {
        for definition in Catalogue.standard.all where definition.type.code.hasPrefix("COB-") {
            // A decision on placement is told to who places: `ConferenceDecisionTests`.
            let outsiders: [Role] = [.health, .refugeeCouncil, .lawyer, .municipality, .coordinationCentre, .reception]
            for role in outsiders where role != .reception || definition.type.code != "COB-05" {
                #expect(!definition.recipientRoles.contains(role), "\(definition.type)")
            }
            #expect(!definition.dutyRoles.contains(.role(.reception)), "\(definition.type)")
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

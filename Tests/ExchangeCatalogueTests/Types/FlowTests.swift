import ExchangeCatalogue
import ExchangeCore
import Testing

/// What is expected after a message, and what a message ends: the definitions must fit each other.
struct FlowTests {
    private func definition(_ code: String) -> MessageTypeDefinition? {
        Catalogue.standard.all.first { $0.type.code == code }
    }

    private func body(_ member: String, _ value: JSONValue) -> JSONObject {
        var body = JSONObject()
        body[member] = value
        return body
    }

    @Test(arguments: Catalogue.standard.all.map(\.type))
    func `what is expected exists, and whoever it is expected of may send it and is told`(type: MessageType) throws {
        let subject = try #require(Catalogue.standard[type])
        for expected in subject.expects {
            let answer = try #require(definition(expected.code), "\(type) expects \(expected.code)")
            switch expected.bearer {
            case .role(let role):
                #expect(answer.senderRoles.contains(role), "\(expected.code) by \(role)")
                #expect((subject.recipientRoles + subject.senderRoles).contains(role), "\(type): \(role)")
            case .eachRecipient:
                #expect(subject.recipientRoles.allSatisfy(answer.senderRoles.contains), "\(expected.code)")
            case .senderOfAnsweredMessage:
                #expect(subject.answersMessage && subject.dutyRoles.contains(.senderOfAnsweredMessage), "\(type)")
            }
            if let member = expected.condition?.member {
                #expect(subject.fields.contains { $0.name == member }, "\(type): \(member)")
            }
            if let member = expected.dueMember {
                let kind = subject.fields.first { $0.name == member }?.kind
                let isTime =
                    switch kind {
                    case .date, .timestamp: true;
                    default: false
                    }
                #expect(isTime, "\(type): \(member)")
            }
            #expect(expected.until.allSatisfy { definition($0) != nil }, "\(type)")
            // What its own sender alone may replace is not ended by anybody.
            #expect(!expected.until.contains(type.code), "\(type)")
        }
    }

    @Test func `of a child that is found no alert is owed any more, whatever asked for one`() {
        for type in Catalogue.standard.all {
            for expected in type.expects where expected.code == "DEP-01" {
                #expect(expected.until.contains("DEP-04"), "\(type.type)")
            }
        }
        #expect(Catalogue.standard.all.contains { $0.expects.contains { $0.code == "DEP-01" } })
    }

    @Test(arguments: Catalogue.standard.all.map(\.type))
    func `what is closed exists, and its sender can be told that it is`(type: MessageType) throws {
        let subject = try #require(Catalogue.standard[type])
        #expect(!subject.closes.contains(type.code))
        for code in subject.closes {
            let closed = try #require(definition(code), "\(type) closes \(code)")
            #expect(
                closed.senderRoles.contains { subject.recipientRoles.contains($0) || subject.senderRoles.contains($0) },
                "\(type) closes \(code)")
        }
    }

    @Test func `rules of the case look at types that exist`() {
        let codes = Catalogue.standard.all.map(\.type.code)
        for rule in Catalogue.standard.all.flatMap(\.caseRules) {
            #expect(rule.looksAt.allSatisfy(codes.contains), "\(rule.name)")
        }
    }

    @Test(arguments: [
        ("SIG-01", ["SIG-02", "SIG-04"]), ("SIG-04", ["PLC-01", "PLC-02"]), ("PLC-01", ["PLC-02"]),
        ("PLC-02", ["PLC-03"]), ("DEP-01", ["DEP-02"]), ("DEP-02", ["DEP-03"]), ("COB-01", ["COB-02"]),
        ("STO-02", ["STO-03"]), ("RES-01", ["RES-04"]), ("RES-05", ["RES-06"]), ("ZCO-01", ["ZCO-02"]),
        ("TRF-02", ["PLC-03"]), ("ADV-01", ["ADV-02"]),
    ])
    func `what the chain waits for is named`(code: String, expected: [String]) throws {
        #expect(try #require(definition(code)).expects.map(\.code) == expected)
    }

    @Test func `a placement that was refused expects no arrival`() throws {
        let expected = try #require(definition("PLC-02")?.expects.first)
        #expect(expected.condition?.holds(for: body("decision", "accepted")) == true)
        #expect(expected.condition?.holds(for: body("decision", "rejected")) == false)
        let alert = try #require(definition("PLC-03")?.expects.first)
        #expect(alert.code == "DEP-01" && alert.condition?.holds(for: body("arrived", false)) == true)
        #expect(alert.condition?.holds(for: body("arrived", true)) == false)
    }

    @Test func `an answer ends what it answers, and another's stays open`() throws {
        var file = CaseFile()
        try file.hold("PLC-01", 1, from: .guardian, to: [.reception])
        try file.hold("PLC-01", 2, from: .guardian, to: [.reception])
        try file.hold("PLC-02", 3, from: .reception, to: [.guardian], answering: 2)
        let history = CaseHistory(file.messages, of: .standard)
        #expect(history.open("PLC-01").map(\.id) == [Community.messageID(1)])
        #expect(history.open("PLC-02").map(\.id) == [Community.messageID(3)])
    }
}

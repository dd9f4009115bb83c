import ExchangeCatalogue
import ExchangeCore
import Testing

struct SignalChangeCaseTests {
    private func file() throws -> CaseFile {
        var file = CaseFile()
        try file.hold("SIG-01", 1, from: .police, to: [.guardian, .immigration])
        return file
    }

    @Test func `a change of a signal reaches exactly those who were told of it`() throws {
        let file = try file()
        #expect(try file.refusal("SIG-03", from: .police, to: [.immigration, .guardian], superseding: 1) == nil)
        let missing = try file.refusal("SIG-03", from: .police, to: [.guardian], superseding: 1)
        #expect(missing?.rule == "correction-reaches-the-same" && missing?.path.description == "recipients")
        #expect(missing?.message.contains("(immigration)") == true)
    }

    @Test func `nobody learns of a signal by its correction`() throws {
        var file = CaseFile()
        try file.hold("SIG-01", 1, from: .health, to: [.guardian, .police])
        let refusal = try file.refusal(
            "SIG-03", from: .health, to: [.guardian, .police, .immigration], superseding: 1)
        #expect(refusal?.rule == "correction-reaches-the-same")
        #expect(refusal?.path.description == "recipients[2].oin")
    }

    @Test func `a signal is changed by who told it`() throws {
        let file = try file()
        let others = try file.refusal("SIG-03", from: .guardian, to: [.immigration], superseding: 1)
        #expect(others?.rule == "correction-reaches-the-same" && others?.path.description == "supersedes")
        #expect(others?.allowed == [])
        let unknown = try file.refusal("SIG-03", from: .police, to: [.guardian, .immigration], superseding: 2)
        #expect(unknown?.path.description == "supersedes")
        #expect(unknown?.allowed == [Community.messageID(1).description])
    }

    @Test func `a change can be changed again, and reaches the same once more`() throws {
        var file = try file()
        try file.hold("SIG-03", 2, from: .police, to: [.guardian, .immigration], superseding: 1)
        #expect(try file.refusal("SIG-03", from: .police, to: [.guardian, .immigration], superseding: 2) == nil)
        let refusal = try file.refusal("SIG-03", from: .police, to: [.guardian], superseding: 2)
        #expect(refusal?.rule == "correction-reaches-the-same")
    }

    @Test func `a change is as pressing as the signal`() throws {
        var file = CaseFile()
        try file.hold("SIG-01", 1, from: .police, to: [.guardian, .immigration], ["acuteDanger": true])
        let recipients: [Role] = [.guardian, .immigration]
        let refusal = try file.refusal("SIG-03", from: .police, to: recipients, superseding: 1)
        #expect(refusal?.rule == "correction-as-pressing" && refusal?.path.description == "priority")
        #expect(refusal?.allowed == ["stat"])
        #expect(try file.refusal("SIG-03", from: .police, to: recipients, superseding: 1, priority: .stat) == nil)
    }

    @Test func `a correction goes past the guardian of a young adult`() throws {
        var file = try file()
        try file.hold(
            "PLC-01", 2, from: .guardian, to: [.reception, .police],
            ["birthDate": "2008-05-05", "birthDatePrecision": "day"])
        let adult = try Timestamp.noon("2026-05-05")
        #expect(try file.refusal("SIG-03", from: .police, to: [.immigration], superseding: 1, at: adult) == nil)
    }
}

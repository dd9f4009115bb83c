import ExchangeCore
import Testing

struct CaseLinkTests {
    private static let cases = (1...3).map { CaseReference(random: Bytes16(high: $0, low: $0)) }

    private func entry(
        _ ordinal: UInt64, by sender: OIN = Sample.avim, from: Int, to: Int, isLinked: Bool = true
    ) throws -> CaseLinkEntry {
        let start = Timestamp(milliseconds: 1_795_683_600_000)
        let message = MessageSummary(
            id: MessageID(at: start, random: Bytes16(high: ordinal, low: ordinal)), digest: .zero,
            type: try #require(MessageType(code: "SIG-02")), sender: Party(oin: sender, role: .police),
            caseReference: Self.cases[from], priority: .urgent, created: start, wanted: .outcome, isHandedOver: true)
        return CaseLinkEntry(
            message: message, keptAt: start, link: CaseLink(to: Self.cases[to], isLinked: isLinked))
    }

    @Test func `a link holds until its organisation takes it back, from whichever side`() throws {
        let first = try entry(1, from: 0, to: 1)
        #expect(CaseLinks.inForce([first]) == [first])
        #expect(try CaseLinks.inForce([first, entry(2, from: 0, to: 1, isLinked: false)]) == [])
        #expect(try CaseLinks.inForce([first, entry(2, from: 1, to: 0, isLinked: false)]) == [])
        let again = try entry(3, from: 0, to: 1)
        #expect(try CaseLinks.inForce([first, entry(2, from: 0, to: 1, isLinked: false), again]) == [again])
    }

    @Test func `nobody takes back what another said, and another pair is another link`() throws {
        let first = try entry(1, from: 0, to: 1)
        let others = try entry(2, by: Sample.nidos, from: 0, to: 1, isLinked: false)
        #expect(CaseLinks.inForce([first, others]) == [first])
        #expect(try CaseLinks.inForce([first, entry(2, from: 0, to: 2, isLinked: false)]) == [first])
    }

    @Test func `each side is found from the other`() throws {
        let link = try entry(1, from: 0, to: 1)
        #expect(link.other(than: Self.cases[0]) == Self.cases[1] && link.other(than: Self.cases[1]) == Self.cases[0])
    }
}

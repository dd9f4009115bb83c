import ExchangeCMS
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import SignalExchange
import Testing

/// How far one child is followed over the references under which it is registered.
struct LinkedCasesTests {
    private static let start = Timestamp(milliseconds: 1_795_683_600_000)
    private static let now = Now(monotonic: MonotonicTime(milliseconds: 1), wall: start)

    private static func reference(_ number: UInt64) -> CaseReference {
        CaseReference(random: Bytes16(high: number, low: number))
    }

    /// A store that holds answers which link cases, each with the next in the list.
    private func ledger(linking pairs: [(UInt64, UInt64)]) async throws -> MemoryLedger {
        let ledger = try await MemoryLedger.open(
            on: MemoryDisk(), digest: sha256, random: { randomBytes(count: $0) }, now: Self.now)
        let guardian = Party(oin: try #require(OIN("00000099000000001000")), role: .guardian)
        let police = Party(oin: try #require(OIN("00000099000000002000")), role: .police)
        let type = try #require(MessageType(code: "SIG-02"))
        for (index, (from, to)) in pairs.enumerated() {
            let message = MessageSummary(
                id: MessageID(at: Self.start, random: Bytes16(high: 1, low: UInt64(index))), digest: .zero, type: type,
                sender: guardian, caseReference: Self.reference(from), priority: .urgent, created: Self.start,
                wanted: .outcome, isHandedOver: true)
            let request = AcceptanceRequest(
                message: message, envelope: [1], recipients: [police], claim: nil,
                links: [CaseLink(to: Self.reference(to), isLinked: true)], inboxStep: nil)
            _ = try await ledger.accept(request, limits: NodeLimits(), now: Self.now)
        }
        return ledger
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `each reference leads to all others, over any number of answers, from whichever side`(start: UInt64)
        async throws
    {
        let ledger = try await ledger(linking: [(1, 2), (3, 2), (8, 9)])
        let linked = try await LinkedCases.following(Self.reference(start), in: ledger)
        #expect(linked.references.first == Self.reference(start))
        #expect(Set(linked.references) == Set((1...3).map(Self.reference)))
        #expect(linked.links.count == 2 && linked.isWhole)
    }

    @Test func `a circle ends, and whoever is linked with nobody stands alone`() async throws {
        let ledger = try await ledger(linking: [(1, 2), (2, 3), (3, 1)])
        #expect(try await LinkedCases.following(Self.reference(1), in: ledger).references.count == 3)
        #expect(try await LinkedCases.following(Self.reference(9), in: ledger).references == [Self.reference(9)])
    }

    @Test func `no more references are followed than one child can have, and it is said that there are more`()
        async throws
    {
        let ledger = try await ledger(linking: (1...20).map { ($0, $0 + 1) })
        let linked = try await LinkedCases.following(Self.reference(1), in: ledger)
        #expect(linked.references == (1...16).map(Self.reference) && !linked.isWhole)
        #expect(CaseLinks.referencesMaximum == 16)
    }
}

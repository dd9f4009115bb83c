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

    private static func party(_ text: String, _ role: Role) -> Party {
        guard let oin = OIN(text) else { preconditionFailure("\(text) is not an OIN") }
        return Party(oin: oin, role: role)
    }

    private static let guardian = party("00000099000000001000", .guardian)
    private static let police = party("00000099000000002000", .police)
    private static let immigration = party("00000099000000003000", .immigration)

    /// A store that holds answers which link cases, each with the next in the list.
    ///
    /// - Parameter clockStep: how far the clock is set before each further answer.
    private func ledger(
        linking pairs: [(UInt64, UInt64)], by sender: Party = LinkedCasesTests.guardian, in known: MemoryLedger? = nil,
        clockStep: Milliseconds = .zero
    ) async throws -> MemoryLedger {
        let ledger =
            if let known { known } else {
                try await MemoryLedger.open(
                    on: MemoryDisk(), digest: sha256, random: { randomBytes(count: $0) }, now: Self.now)
            }
        let type = try #require(MessageType(code: "SIG-02"))
        for (index, (from, to)) in pairs.enumerated() {
            let message = MessageSummary(
                id: MessageID(
                    at: Self.start, random: Bytes16(high: UInt64(sender.oin.text.suffix(6)) ?? 0, low: UInt64(index))),
                digest: .zero, type: type,
                sender: sender, caseReference: Self.reference(from), priority: .urgent, created: Self.start,
                wanted: .outcome, isHandedOver: true)
            let request = AcceptanceRequest(
                message: message, envelope: [1], recipients: [Self.police], claim: nil,
                links: [CaseLink(to: Self.reference(to), isLinked: true)], inboxStep: nil)
            let wall = (0..<index).reduce(Self.start) { wall, _ in wall + clockStep }
            _ = try await ledger.accept(
                request, limits: NodeLimits(), now: Now(monotonic: Self.now.monotonic, wall: wall))
        }
        return ledger
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `each reference leads to all others, over any number of answers, from whichever side`(start: UInt64)
        async throws
    {
        let ledger = try await ledger(linking: [(1, 2), (3, 2), (8, 9)])
        let linked = try await LinkedCases.following(Self.reference(start), in: ledger, of: Self.police.oin)
        #expect(linked.references.first == Self.reference(start))
        #expect(Set(linked.references) == Set((1...3).map(Self.reference)))
        #expect(linked.links.count == 2 && linked.isWhole)
    }

    @Test func `a circle ends, and whoever is linked with nobody stands alone`() async throws {
        let ledger = try await ledger(linking: [(1, 2), (2, 3), (3, 1)])
        #expect(
            try await LinkedCases.following(Self.reference(1), in: ledger, of: Self.police.oin).references.count == 3)
        #expect(
            try await LinkedCases.following(Self.reference(9), in: ledger, of: Self.police.oin).references == [
                Self.reference(9)
            ])
    }

    @Test func `no more references are followed than one child can have, and it is said that there are more`()
        async throws
    {
        let ledger = try await ledger(linking: (1...20).map { ($0, $0 + 1) })
        let linked = try await LinkedCases.following(Self.reference(1), in: ledger, of: Self.police.oin)
        #expect(linked.references == (1...16).map(Self.reference) && !linked.isWhole)
        #expect(CaseLinks.referencesMaximum == 16)
    }

    @Test func `what only others say is followed, and vouched for by nobody`() async throws {
        var ledger = try await ledger(linking: [(1, 2)])
        ledger = try await self.ledger(linking: [(2, 3)], by: Self.police, in: ledger)
        ledger = try await self.ledger(linking: [(1, 4), (3, 5), (5, 6)], by: Self.immigration, in: ledger)
        func linked(at organisation: Party) async throws -> LinkedCases {
            try await LinkedCases.following(Self.reference(1), in: ledger, of: organisation.oin)
        }
        let atPolice = try await linked(at: Self.police)
        #expect(atPolice.vouched == [1, 2, 3].map(Self.reference), "the guardian's word, and its own")
        #expect(Set(atPolice.references) == Set((1...6).map(Self.reference)) && atPolice.links.count == 5)
        // To the immigration service the police are others.
        #expect(Set(try await linked(at: Self.immigration).vouched) == Set([1, 2, 4].map(Self.reference)))
    }

    @Test
    func
        `however much stands under references of others, it pushes out nothing of this case, and each keeps its order`()
        async throws
    {
        var ledger = try await ledger(linking: [(1, 7), (1, 8)], by: Self.police, clockStep: .minutes(-1))
        ledger = try await self.ledger(linking: (10...15).map { ($0, 1) }, by: Self.immigration, in: ledger)
        let linked = try await LinkedCases.following(Self.reference(1), in: ledger, of: Self.police.oin)
        let held = try await linked.messages(ofTypes: ["SIG-02"], maximumItems: 3, in: ledger)
        #expect(held.vouched.count == 2 && held.vouched.allSatisfy { $0.message.sender == Self.police })
        #expect(held.all.count == 5 && Set(held.all).count == 5)
        #expect(held.vouched.map(\.keptAt) == [Self.start, Self.start + .minutes(-1)], "the clock was set back")
        #expect(held.all.filter(held.vouched.contains) == held.vouched)
        let alone = try await ledger.messages(
            in: linked.references, ofTypes: ["SIG-02"], maximumItems: 3
        ).filter { $0.message.sender == Self.police }
        #expect(alone.isEmpty, "read together, they push out all of it")
    }

    @Test func `invented references keep none from being followed that the guardian or this organisation names`()
        async throws
    {
        var ledger = try await ledger(linking: (10...40).map { (1, $0) }, by: Self.immigration)
        ledger = try await self.ledger(linking: [(1, 2), (2, 3)], in: ledger)
        let linked = try await LinkedCases.following(Self.reference(1), in: ledger, of: Self.police.oin)
        #expect(linked.vouched == [1, 2, 3].map(Self.reference) && !linked.isWhole)
        #expect(linked.references.count == CaseLinks.referencesMaximum)
    }
}

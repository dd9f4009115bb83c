import ExchangeCore
import ExchangeStore
import Testing

/// That two cases are one: kept with the message that says so, and found from either side.
@Suite(.temporaryFolder) struct CaseLinkConformance {
    private static let case2 = CaseReference(random: Bytes16(high: 2, low: 2))
    private static let case3 = CaseReference(random: Bytes16(high: 3, low: 3))

    @Test(arguments: StoreForm.all)
    func `a link is found from both sides, in the order of keeping, and outlives a start`(form: StoreForm) async throws
    {
        var ledger = try await form.open()
        try await ledger.accept(1, links: [CaseLink(to: Self.case2, isLinked: true)])
        try await ledger.receive(
            2, number: 1,
            links: [CaseLink(to: Self.case3, isLinked: true), CaseLink(to: Self.case2, isLinked: false)])
        try await ledger.accept(3, in: Self.case2)
        try await ledger.close()
        ledger = try await form.open()
        let (mine, theirs) = (try Sample.message(1).id, try Sample.message(2, from: Community.avim).id)
        func links(_ reference: CaseReference) async throws -> [String] {
            try await ledger.caseLinks(of: reference).map { entry in
                let name = entry.message.id == mine ? "mine" : entry.message.id == theirs ? "theirs" : "?"
                let other = [Sample.case1: "1", Self.case2: "2", Self.case3: "3"][entry.other(than: reference)] ?? "?"
                return "\(name) \(other) \(entry.link.isLinked)"
            }
        }
        #expect(try await links(Sample.case1) == ["mine 2 true", "theirs 2 false", "theirs 3 true"])
        #expect(try await links(Self.case2) == ["mine 1 true", "theirs 1 false"])
        #expect(try await links(Self.case3) == ["theirs 1 true"])
        #expect(try await links(CaseReference(random: Bytes16(high: 4, low: 4))) == [])
    }

    @Test(arguments: StoreForm.all)
    func `a message links its case once with another, and never with itself`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let link = CaseLink(to: Self.case2, isLinked: true)
        await #expect(throws: StoreError.self) { try await ledger.accept(1, links: [link, link]) }
        await #expect(throws: StoreError.self) {
            try await ledger.accept(1, links: [CaseLink(to: Sample.case1, isLinked: true)])
        }
        #expect(try await ledger.caseLinks(of: Sample.case1) == [])
    }

    @Test(arguments: StoreForm.all)
    func `the messages of several cases are read together, in the order of keeping`(form: StoreForm) async throws {
        let ledger = try await form.open()
        try await ledger.accept(1)
        try await ledger.accept(2, in: Self.case2)
        try await ledger.accept(3)
        try await ledger.accept(4, in: Self.case3)
        let found = try await ledger.messages(in: [Self.case2, Sample.case1], ofTypes: nil, maximumItems: 9)
        let expected = try [Sample.message(1).id, Sample.message(2, in: Self.case2).id, Sample.message(3).id]
        #expect(found.map(\.message.id) == expected)
        // Of more than are asked for, the newest: what came tonight is not what is left out.
        let newest = try await ledger.messages(in: [Self.case2, Sample.case1], ofTypes: nil, maximumItems: 2)
        #expect(newest.map(\.message.id) == Array(expected.suffix(2)))
    }
}

import ExchangeCore
import ExchangeStore
import Testing

/// The lists that people page through: what presses comes first, and nothing is left out.
@Suite(.temporaryFolder) struct ListConformance {
    /// More than a page holds.
    private static let routine = 1001

    private func receive(
        _ ordinals: ClosedRange<Int>, priority: Priority = .routine, in ledger: any ExchangeLedger
    ) async throws {
        var proposals: [ReceptionProposal] = []
        for ordinal in ordinals {
            proposals.append(try await ledger.proposal(ordinal, number: UInt64(ordinal), priority: priority))
        }
        _ = try await ledger.receive(proposals, from: Community.avim, limits: NodeLimits(), now: Sample.now())
    }

    private func ids(_ ordinals: ClosedRange<Int>, from sender: OIN) throws -> [MessageID] {
        try ordinals.map { try Sample.message($0, from: sender).id }
    }

    @Test(arguments: StoreForm.all)
    func `a stat message that came last is first in the inbox, and the pages hold each message once`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await receive(1...Self.routine, in: ledger)
        try await receive(1002...1002, priority: .stat, in: ledger)
        var filter = InboxFilter()
        filter.states = [.ready]
        let first = try await ledger.inbox(filter, now: Sample.start)
        #expect(first.count == 1000)
        #expect(first.first?.message.priority == .stat)
        filter.after = first.next
        try #require(filter.after != nil, "there is a second page")
        // What comes between two pages moves none of the rest.
        try await receive(1003...1004, priority: .stat, in: ledger)
        try await receive(1005...1005, in: ledger)
        let second = try await ledger.inbox(filter, now: Sample.start)
        #expect(second.next == nil)
        let shown = (first.entries + second.entries).map(\.message.id)
        #expect(
            try shown == ids(1002...1002, from: Community.avim) + ids(1...1001, from: Community.avim)
                + ids(1005...1005, from: Community.avim))
    }

    @Test(arguments: StoreForm.all)
    func `the pages of several states are one list`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let priorities: [Priority] = [.routine, .stat, .urgent, .routine, .asap, .stat, .routine]
        for (index, priority) in priorities.enumerated() {
            try await receive(index + 1...index + 1, priority: priority, in: ledger)
        }
        for (ordinal, step) in [(1, AcknowledgementStep.owned), (3, .declined), (6, .owned)] {
            let received = try Sample.message(ordinal, from: Community.avim).id
            _ = try await ledger.accept(
                Sample.request(
                    try Sample.message(ordinal), ordinal: ordinal,
                    inboxStep: InboxStep(messageID: received, step: step, role: "duty officer")),
                limits: NodeLimits(), now: Sample.now())
        }
        var filter = InboxFilter()
        filter.states = [.owned, .ready, .owned]
        filter.maximumItems = 2
        var pages: [[MessageID]] = []
        repeat {
            let page = try await ledger.inbox(filter, now: Sample.start)
            pages.append(page.map(\.message.id))
            filter.after = page.next
        } while filter.after != nil
        let expected = try [[2, 6], [5, 1], [4, 7]].map { page in
            try page.map { try Sample.message($0, from: Community.avim).id }
        }
        #expect(pages == expected)
    }

    @Test(arguments: StoreForm.all)
    func `an open stat delivery that was accepted last is first, and the pages hold each delivery once`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        try await withThrowingTaskGroup { group in
            for ordinal in 1...Self.routine { group.addTask { _ = try await ledger.accept(ordinal) } }
            try await group.waitForAll()
        }
        try await ledger.accept(1002, priority: .stat)
        for partner in [nil, Community.avim] {
            var filter = DeliveryFilter()
            filter.onlyOpen = true
            filter.partner = partner
            let first = try await ledger.deliveries(filter)
            #expect(first.count == 1000)
            #expect(first.first?.key.number == SequenceNumber(1002))
            filter.after = first.next
            try #require(filter.after != nil, "there is a second page")
            let second = try await ledger.deliveries(filter)
            #expect(second.next == nil)
            let numbers = (first.entries + second.entries).map(\.key.number.value)
            #expect(numbers == [1002] + Array(1...1001))
        }
    }

    @Test(arguments: StoreForm.all)
    func `all that was sent is paged from the newest to the oldest`(form: StoreForm) async throws {
        let ledger = try await form.open()
        for ordinal in 1...5 { try await ledger.accept(ordinal, priority: ordinal == 2 ? .stat : .routine) }
        var filter = DeliveryFilter()
        filter.maximumItems = 2
        var pages: [[UInt64]] = []
        repeat {
            let page = try await ledger.deliveries(filter)
            pages.append(page.map(\.key.number.value))
            filter.after = page.next
        } while filter.after != nil
        #expect(pages == [[5, 4], [3, 2], [1]])
    }

    @Test(arguments: [
        "", "3", "3-", "-1", "4-1", "3-0", "3--1", "03-1", "3-01", "3-1-1", "3-1 ", "3-9223372036854775808",
    ])
    func `a text that no page gave is no position`(text: String) { #expect(ListPosition(text) == nil) }

    @Test func `a position is read from its own text`() {
        let position = ListPosition(rank: 3, ordinal: 1042)
        #expect(position.description == "3-1042")
        #expect(ListPosition("3-1042") == position)
    }
}

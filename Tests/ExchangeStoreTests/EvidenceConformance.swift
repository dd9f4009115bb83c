import ExchangeCore
import ExchangeStore
import Testing

/// What is read for a third party.
@Suite(.temporaryFolder) struct EvidenceConformance {
    @Test(arguments: StoreForm.all)
    func `what ends at a node is listed by its case, in the order in which it was kept`(form: StoreForm) async throws {
        let ledger = try await form.open()
        let other = CaseReference(random: Bytes16(high: 2, low: 2))
        try await ledger.accept(1)
        var expected: [MessageID] = []
        for (ordinal, reference) in [(4, Sample.case1), (2, other), (3, Sample.case1)] {
            let message = try Sample.message(ordinal, in: reference, isHandedOver: false)
            _ = try await ledger.accept(
                Sample.request(message, ordinal: ordinal), limits: NodeLimits(), now: Sample.now())
            if reference == Sample.case1 { expected.append(message.id) }
        }
        #expect(try await ledger.nodeMessages(in: Sample.case1, maximumItems: 9).map(\.id) == expected)
        #expect(try await ledger.nodeMessages(in: Sample.case1, maximumItems: 1).map(\.id) == [expected[0]])
    }

    @Test(arguments: StoreForm.all)
    func `every proof that was given for a message is there, and what was signed anew behind it`(
        form: StoreForm
    ) async throws {
        let ledger = try await form.open()
        let old = KeptAnswer.receipt(Array("receipt 1 under 1".utf8))
        let fresh = Array("receipt 1, signed anew".utf8)
        try await ledger.receive(1, number: 1)
        try await ledger.receive(2, number: 2, refusing: .schemaViolated)
        _ = try await ledger.reissue(1, number: 1, old: old, fresh: .receipt(fresh))
        let message = try Sample.message(1, from: Community.avim).id
        let given = try await ledger.proofs(of: message, to: Community.avim)
        #expect(given.map(\.proof) == [Array("receipt 1 under 1".utf8), fresh])
        #expect(given.map(\.isReissued) == [false, true])
        #expect(given.map(\.isReceipt) == [true, true])
        #expect(given.map(\.number) == [SequenceNumber(1), SequenceNumber(1)])
        let refused = try Sample.message(2, from: Community.avim).id
        #expect(try await ledger.proofs(of: refused, to: Community.avim).map(\.isReceipt) == [false])
        #expect(try await ledger.proofs(of: message, to: Community.coa).isEmpty)
    }
}

import ExchangeCore
import ExchangeStore
import Testing

/// Which queries of a case are not answered, also after a start.
@Suite(.temporaryFolder) struct CaseQueryConformance {
    private static func message(_ ordinal: Int, _ code: String, from sender: OIN) throws -> MessageSummary {
        let sample = try Sample.message(ordinal, from: sender)
        return MessageSummary(
            id: sample.id, digest: sample.digest, type: try #require(MessageType(code: code)), sender: sample.sender,
            caseReference: sample.caseReference, priority: .asap, created: sample.created, wanted: .receipt,
            isHandedOver: false)
    }

    private static func receive(
        _ message: MessageSummary, number: UInt64, _ ledger: any ExchangeLedger
    ) async throws {
        let item = ChannelItem(number: SequenceNumber(number), messageID: message.id, messageDigest: message.digest)
        let received = ReceivedMessage(
            summary: message, storedEnvelope: [1], predecessor: nil, acknowledgement: nil)
        let proposal = ReceptionProposal(
            query: ReceptionQuery(item: item), examination: .verified(received), verdict: .receipt,
            answer: .receipt([1]))
        _ = try await ledger.receive(
            [proposal], from: message.sender.oin, limits: NodeLimits(), now: Sample.now())
    }

    private static func accept(
        _ message: MessageSummary, claim: IdempotencyClaim? = nil, _ ledger: any ExchangeLedger
    ) async throws {
        let request = AcceptanceRequest(
            message: message, envelope: [1], recipients: [Party(oin: Community.avim, role: .police)], claim: claim,
            inboxStep: nil)
        _ = try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
    }

    @Test(arguments: StoreForm.all)
    func `a query that was receipted is unanswered until its answer is accepted, also after a start`(
        form: StoreForm
    ) async throws {
        var ledger = try await form.open()
        let query = try Self.message(1, "NOD-07", from: Community.avim)
        let other = try Self.message(2, "NOD-07", from: Community.avim)
        for (number, message) in [(1, query), (2, other)] as [(UInt64, MessageSummary)] {
            try await Self.receive(message, number: number, ledger)
        }
        // Neither our own queries nor anything else is one.
        try await ledger.receive(3, number: 3)
        try await Self.accept(try Self.message(4, "NOD-07", from: Community.nidos), ledger)
        func unanswered(after query: MessageID? = nil, maximumItems: Int = 9) async throws -> [MessageID] {
            try await ledger.caseQueries(after: query, maximumItems: maximumItems).filter { !$0.isAnswered }.map(
                \.query)
        }
        #expect(try await unanswered() == [query.id, other.id])
        #expect(try await unanswered(after: query.id) == [other.id])
        #expect(try await unanswered(maximumItems: 1) == [query.id])
        // Nothing of it is kept in memory alone.
        try await ledger.close()
        ledger = try await form.open()
        #expect(try await unanswered() == [query.id, other.id])
        let claim = try #require(
            IdempotencyClaim(key: CaseQuery.answerKey(of: query.id), submissionDigest: query.digest))
        try await Self.accept(try Self.message(5, "NOD-10", from: Community.nidos), claim: claim, ledger)
        #expect(try await unanswered() == [other.id])
        #expect(try await ledger.caseQueries(after: nil, maximumItems: 9).map(\.isAnswered) == [true, false])
    }
}

package import ExchangeCore
package import ExchangeStore

extension MemoryLedger {
    package func submission(claimedBy key: String) async throws -> (message: MessageID, submission: Digest)? {
        try read().submission(claimedBy: key)
    }

    package func lastMessages(in reference: CaseReference, to recipients: [OIN]) async throws -> [MessageID?] {
        try read().lastMessages(in: reference, to: recipients)
    }

    package func due(
        for partner: OIN, now: Timestamp, maximumItems: Int, maximumBytes: Int
    ) async throws -> DueDeliveries {
        try read().dueDeliveries(
            for: partner, now: now, horizon: now + limits.deferralMaximum, maximumItems: maximumItems,
            maximumBytes: maximumBytes, using: digest)
    }

    package func receptionFacts(_ queries: [ReceptionQuery], from partner: OIN) async throws -> [ReceptionFacts] {
        let store = try read()
        return queries.map { store.receptionFacts(for: $0, from: partner) }
    }

    package func account(with partner: OIN) async throws -> ChannelAccount { try read().account(with: partner) }

    package func runningDigest(
        with partner: OIN, isOutgoing: Bool, at number: SequenceNumber
    ) async throws -> Digest? {
        try read().runningDigest(with: partner, isOutgoing: isOutgoing, at: number)
    }

    package func answeredNumbers(of partner: OIN) async throws -> [AnsweredNumber] {
        try read().answeredNumbers(of: partner)
    }

    package func incarnationFacts(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], of partner: OIN
    ) async throws -> IncarnationFacts {
        try read().incarnationFacts(incarnation, after: predecessors, of: partner)
    }

    package func validationData(at moment: Timestamp) async throws -> [Digest: ValidationObject.Kind] {
        try read().validationData(at: moment)
    }

    package func validationObjects(_ digests: Set<Digest>) async throws -> [Digest: [UInt8]] {
        let store = try read()
        return Dictionary(
            uniqueKeysWithValues: digests.compactMap { digest in
                store.validationObjects[digest].map { (digest, $0) }
            })
    }

    // MARK: What the organisation's systems follow

    package func consumers() async throws -> [Consumer] { try read().consumers.ascending.map(\.value) }
    package func consumer(_ name: ConsumerName) async throws -> Consumer? { try read().consumers[name] }

    package func lastPosition(of feed: FeedName) async throws -> FeedPosition { try read().lastPosition(of: feed) }

    package func deliveryFeed(
        after position: FeedPosition, maximumItems: Int
    ) async throws -> [FeedEntry<DeliveryEntry>] {
        try read().deliveryFeed(after: position, maximumItems: maximumItems)
    }

    // MARK: What people see

    package func inbox(_ filter: InboxFilter, now: Timestamp) async throws -> Page<InboxEntry> {
        try read().inboxPage(filter, now: now)
    }

    package func message(_ id: MessageID) async throws -> KeptMessage? { try read().keptMessage(id) }

    package func deliveries(_ filter: DeliveryFilter) async throws -> Page<DeliveryEntry> {
        try read().deliveryPage(filter)
    }

    package func nodeMessages(in reference: CaseReference, maximumItems: Int) async throws -> [MessageSummary] {
        try read().nodeMessages(in: reference, maximumItems: maximumItems)
    }

    package func proofs(of message: MessageID, to partner: OIN) async throws -> [GivenProof] {
        try read().proofs(of: message, to: partner)
    }

    package func receipted(among messages: [MessageID]) async throws -> Set<MessageID> {
        try read().receipted(among: messages)
    }

    package func delivery(_ key: DeliveryKey) async throws -> DeliveryEntry? {
        let store = try read()
        return store.deliveryRow(key).flatMap(store.entry)
    }

    package func withdrawnCount() async throws -> Int { try read().withdrawn }
    package func heldCount() async throws -> Int { try read().held }
    package func partners() async throws -> [PartnerEntry] { try read().partnerEntries() }

    package func alarms(includingCleared: Bool) async throws -> [AlarmEntry] {
        try read().alarmsWithCases(includingCleared: includingCleared)
    }

    package func verifyAuditChain() async throws -> AuditChainState {
        let store = try read()
        return store.verifyAuditChain(digest: digest)
    }
}

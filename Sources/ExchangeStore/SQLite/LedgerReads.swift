package import ExchangeCore
import Foundation
import GRDB

extension SQLiteLedger {
    package func submission(claimedBy key: String) async throws -> (message: MessageID, submission: Digest)? {
        try await read { try $0.submission(claimedBy: key) }
    }

    package func lastMessages(in reference: CaseReference, to recipients: [OIN]) async throws -> [MessageID?] {
        try await read { try $0.lastMessages(in: reference, to: recipients) }
    }

    package func due(
        for partner: OIN, now: Timestamp, maximumItems: Int, maximumBytes: Int
    ) async throws -> DueDeliveries {
        let horizon = now + limits.deferralMaximum
        return try await read { database in
            try DueQuery(
                database: database, partner: partner, now: now, horizon: horizon, maximumItems: maximumItems,
                maximumBytes: maximumBytes
            ).run()
        }
    }

    package func receptionFacts(
        _ queries: [ReceptionQuery], from partner: OIN
    ) async throws -> [ReceptionFacts] {
        try await read { database in try queries.map { try database.receptionFacts(for: $0, from: partner) } }
    }

    package func account(with partner: OIN) async throws -> ChannelAccount {
        try await read { try $0.account(with: partner) }
    }

    package func runningDigest(
        with partner: OIN, isOutgoing: Bool, at number: SequenceNumber
    ) async throws -> Digest? {
        guard number != .none else { return .zero }
        // No channel of ours reaches beyond SQLite's range, and a partner may ask for any number.
        guard let number = Int64(exactly: number.value) else { return nil }
        return try await read { database in
            isOutgoing
                ? try database.runningDigest(issuedTo: partner, at: number)
                : try database.runningDigest(receivedFrom: partner, at: number)
        }
    }

    package func answeredNumbers(by partner: OIN, beyond number: SequenceNumber) async throws -> NumberRange? {
        try await read { try $0.answeredNumbers(by: partner, beyond: number) }
    }

    package func agreement(with partner: OIN) async throws -> PairAgreement? {
        try await read { try $0.agreement(with: partner) }
    }

    package func answeredNumbers(of partner: OIN) async throws -> [AnsweredNumber] {
        try await read { try $0.answeredNumbers(of: partner) }
    }

    package func receiptedDeliveries(
        in ranges: [NumberRange], to partner: OIN
    ) async throws -> [ReceiptedDelivery] {
        guard !ranges.isEmpty else { return [] }
        return try await read { database in
            try ranges.flatMap { try database.receiptedDeliveries(in: $0, to: partner) }
        }
    }

    package func incarnationFacts(
        _ incarnation: IncarnationID, after predecessor: IncarnationID?, of partner: OIN
    ) async throws -> IncarnationFacts {
        try await read { try $0.incarnationFacts(incarnation, after: predecessor, of: partner) }
    }

    package func inbox(_ filter: InboxFilter, now: Timestamp) async throws -> Page<InboxEntry> {
        try await read { try $0.inbox(filter, now: now) }
    }

    package func message(_ id: MessageID) async throws -> KeptMessage? {
        try await read { try $0.message(id) }
    }

    package func deliveries(_ filter: DeliveryFilter) async throws -> Page<DeliveryEntry> {
        try await read { try $0.deliveries(filter) }
    }

    package func receipted(among messages: [MessageID]) async throws -> Set<MessageID> {
        try await read { try $0.receipted(among: messages) }
    }

    package func delivery(_ key: DeliveryKey) async throws -> DeliveryEntry? { try await read { try $0.delivery(key) } }

    package func withdrawnCount() async throws -> Int { try await read { try $0.withdrawnCount() } }

    package func partners() async throws -> [PartnerEntry] { try await read { try $0.partners() } }

    package func alarms(includingCleared: Bool) async throws -> [AlarmEntry] {
        try await read { try $0.alarms(includingCleared: includingCleared) }
    }

    package func verifyAuditChain() async throws -> AuditChainState {
        let digest = digest
        return try await read { try $0.verifyAuditChain(digest: digest) }
    }
}

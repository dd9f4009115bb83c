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
        try await read { try $0.runningDigest(with: partner, isOutgoing: isOutgoing, at: number) }
    }

    package func answeredNumbers(of partner: OIN) async throws -> [AnsweredNumber] {
        try await read { try $0.answeredNumbers(of: partner) }
    }

    package func heldPart(
        of partner: OIN, after number: SequenceNumber, maximumItems: Int, maximumBytes: Int
    ) async throws -> HeldPart {
        try await read {
            try $0.heldPart(of: partner, after: number, maximumItems: maximumItems, maximumBytes: maximumBytes)
        }
    }

    package func incarnationFacts(
        _ incarnation: IncarnationID, after predecessors: [PredecessorClaim], of partner: OIN
    ) async throws -> IncarnationFacts {
        try await read { try $0.incarnationFacts(incarnation, after: predecessors, of: partner) }
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

    package func nodeMessages(in reference: CaseReference, maximumItems: Int) async throws -> [MessageSummary] {
        try await read { try $0.nodeMessages(in: reference, maximumItems: maximumItems) }
    }

    package func proofs(of message: MessageID, to partner: OIN) async throws -> [GivenProof] {
        try await read { try $0.proofs(of: message, to: partner) }
    }

    package func receipted(among messages: [MessageID]) async throws -> Set<MessageID> {
        try await read { try $0.receipted(among: messages) }
    }

    package func delivery(_ key: DeliveryKey) async throws -> DeliveryEntry? { try await read { try $0.delivery(key) } }

    package func withdrawnCount() async throws -> Int { try await read { try $0.withdrawnCount() } }

    package func heldCount() async throws -> Int { try await read { try $0.heldCount() } }

    package func partners() async throws -> [PartnerEntry] { try await read { try $0.partners() } }

    package func alarms(includingCleared: Bool) async throws -> [AlarmEntry] {
        try await read { try $0.alarms(includingCleared: includingCleared) }
    }

    package func verifyAuditChain() async throws -> AuditChainState {
        let digest = digest
        return try await read { try $0.verifyAuditChain(digest: digest) }
    }
}

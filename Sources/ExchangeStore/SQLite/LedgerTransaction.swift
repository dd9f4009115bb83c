import ExchangeCore
import Foundation
import GRDB

/// One transaction of SQLite, and what to tell once it has been committed: it gives the next number, extends running
/// digests, and writes rows.
struct LedgerTransaction: StoreTransaction {
    let database: Database
    let digest: DigestFunction
    let limits: StoreLimits
    /// The time of the operation, for rows that say when they were made.
    let at: Timestamp
    private(set) var events: [LedgerEvent] = []
    /// What is more than one transaction does, so that others get in between; all of it of the operation's partner.
    var unfinished = UnfinishedSteps()
    /// How many rows it may still move that follow from what it wrote: one budget for all of a batch, and the more items it
    /// has, the less for each.
    private var stepsLeft: Int

    init(_ database: Database, digest: @escaping DigestFunction, limits: StoreLimits, at: Timestamp) {
        self.database = database
        self.digest = digest
        self.limits = limits
        self.at = at
        stepsLeft = limits.operationMaximumSteps
    }

    /// - Returns: whether there is a step left; then it is taken.
    mutating func takeStep() -> Bool {
        guard stepsLeft > 0 else { return false }
        stepsLeft -= 1
        return true
    }

    mutating func tell(_ event: LedgerEvent) { events.append(event) }

    // MARK: Facts

    func acceptanceFacts(for request: AcceptanceRequest) throws -> AcceptanceFacts {
        try database.acceptanceFacts(for: request)
    }

    func deliveryFacts(for key: DeliveryKey) throws -> DeliveryFacts? { try database.deliveryFacts(for: key) }

    func receptionFacts(for query: ReceptionQuery, from partner: OIN) throws -> ReceptionFacts {
        try database.receptionFacts(for: query, from: partner)
    }

    func tallyFacts(for tally: Tally) throws -> TallyFacts { try database.tallyFacts(for: tally) }

    // MARK: Changes

    mutating func keep(_ message: MessageSummary, envelope: [UInt8], isOutgoing: Bool) throws {
        if !isOutgoing, CaseQuery.isQueryOrAnswer(message.type) { tell(.caseQueryArrived) }
        try database.change(
            """
            INSERT INTO message (id, digest, type_code, type_version, sender, sender_role, case_reference, priority,
                created_at, wanted, is_handed_over, is_outgoing, kept_at, envelope, envelope_digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                message.id.column, message.digest.column, message.type.code, message.type.version,
                message.sender.oin.text, message.sender.role.rawValue, message.caseReference.column,
                message.priority.rawValue, message.created.milliseconds, message.wanted.rawValue,
                message.isHandedOver, isOutgoing, at.milliseconds, Data(envelope),
                StoredEnvelope.digest(of: envelope, using: digest)?.column,
            ])
    }

    func note(_ actor: ActorID, of message: MessageID, step: MessageID?) throws {
        try database.change("UPDATE delivery SET actor = ? WHERE message_id = ?", [actor.text, message.column])
        guard let step else { return }
        try database.changeOne(
            "inbox entry \(step)", "UPDATE inbox SET actor = ? WHERE message_id = ?", [actor.text, step.column])
    }

    func keep(caseKey: [UInt8], of reference: CaseReference) throws {
        try database.change(
            "INSERT INTO case_key (case_reference, wrapped_key) VALUES (?, ?)", [reference.column, Data(caseKey)])
    }

    /// A partner has a row from the first thing that is written of it.
    func ensurePartner(_ partner: OIN) throws {
        try database.change("INSERT OR IGNORE INTO partner (oin) VALUES (?)", [partner.text])
    }
}

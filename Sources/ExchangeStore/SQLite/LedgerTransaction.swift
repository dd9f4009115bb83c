import ExchangeCore
import Foundation
import GRDB

/// Applies the core's changes within one transaction, and collects what to tell once it has been committed.
///
/// It decides nothing: it gives the next number, extends running digests, and writes rows. Where a change does not
/// apply (its row is not there, a constraint refuses it) it throws, and all of the decision is taken back.
struct LedgerTransaction {
    let database: Database
    let digest: DigestFunction
    let limits: StoreLimits
    /// The time of the operation, for rows that say when they were made.
    let at: Timestamp
    private(set) var events: [LedgerEvent] = []
    /// What is more than one transaction does, so that others get in between; all of it of the operation's partner.
    var unfinished = Unfinished()
    /// How many rows it may still move that follow from what it wrote: one budget for all of a batch, and the more items it
    /// has, the less for each.
    private var stepsLeft: Int

    struct Unfinished {
        /// Whether the channel's contiguous position has further to go.
        var hasMoreToAdvance = false
        /// Messages whose successors are still to be let go.
        var toRelease: [MessageID] = []

        var isEmpty: Bool { !hasMoreToAdvance && toRelease.isEmpty }
    }

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

    mutating func apply(_ changes: [LedgerChange]) throws {
        for change in changes { try apply(change) }
    }

    mutating func tell(_ event: LedgerEvent) { events.append(event) }

    private mutating func apply(_ change: LedgerChange) throws {
        switch change {
        case .keepCaseKey(let key, let reference): try keep(caseKey: key, of: reference)
        case .keepMessage(let message, let envelope, let isOutgoing):
            try keep(message, envelope: envelope, isOutgoing: isOutgoing)
        case .noteActor(let actor, let message, let step): try note(actor, of: message, step: step)
        case .openDelivery(let message, let recipient): try openDelivery(of: message, to: recipient)
        case .claimIdempotencyKey(let claim, let message): try keep(claim, for: message)
        case .fillSlot(let partner, let item, let answer): try fillSlot(from: partner, item, answer)
        case .countUsage(let partner, let usage): try keep(usage, of: partner)
        case .reissueProof(let partner, let number, let proof): try reissueProof(to: partner, number, proof)
        case .handOver(let message, let availableAt, let awaited):
            try handOver(message, availableAt: availableAt, awaiting: awaited)
        case .releaseSuccessors(let message, let partner, let at):
            try releaseSuccessors(of: [message], from: partner, at: at)
        case .alignSuccessors(let message, let partner, let until):
            try alignSuccessors(of: message, from: partner, until: until)
        case .moveTransport(let key, let state, let proof, let detail, let at):
            try moveTransport(of: key, to: state, proof: proof, detail: detail, at: at)
        case .declare(let key, let state, let reason, let isToBeTold):
            try declare(key, state, reason: reason, isToBeTold: isToBeTold)
        case .endDeclaration(let key): try endDeclaration(of: key)
        case .deferDelivery(let key, let until, let detail, let isAttempt):
            try deferDelivery(key, until: until, detail: detail, isAttempt: isAttempt)
        case .moveFollowUp(let message, let partner, let state, let role, let acknowledgement, let at):
            try moveFollowUp(
                of: message, by: partner, to: state, role: role, acknowledgement: acknowledgement, at: at)
        case .moveInbox(let message, let state, let role, let at):
            try moveInbox(message, to: state, role: role, at: at)
        case .keepIncarnation(let seen, let skipped, let partner): try keep(seen, skipping: skipped, of: partner)
        case .keepTally(let partner, let incarnation, let signed, let agreement):
            try keepTally(from: partner, incarnation, signed: signed, agreement)
        case .raiseAlarm(let alarm): try raise(alarm)
        case .clearAlarm(let code, let partner, let messageID):
            try clear(code, partner: partner, messageID: messageID, at: at)
        case .appendLeaf(let leaf): try append(leaf)
        }
    }

    private func keep(_ message: MessageSummary, envelope: [UInt8], isOutgoing: Bool) throws {
        try database.change(
            """
            INSERT INTO message (id, digest, type_code, type_version, sender, sender_role, case_reference, priority,
                created_at, wanted, is_handed_over, is_outgoing, kept_at, envelope)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                message.id.column, message.digest.column, message.type.code, message.type.version,
                message.sender.oin.text, message.sender.role.rawValue, message.caseReference.column,
                message.priority.rawValue, message.created.milliseconds, message.wanted.rawValue,
                message.isHandedOver, isOutgoing, at.milliseconds, Data(envelope),
            ])
    }

    private func note(_ actor: ActorID, of message: MessageID, step: MessageID?) throws {
        try database.change("UPDATE delivery SET actor = ? WHERE message_id = ?", [actor.text, message.column])
        guard let step else { return }
        try database.changeOne(
            "inbox entry \(step)", "UPDATE inbox SET actor = ? WHERE message_id = ?", [actor.text, step.column])
    }

    private func keep(caseKey: [UInt8], of reference: CaseReference) throws {
        try database.change(
            "INSERT INTO case_key (case_reference, wrapped_key) VALUES (?, ?)", [reference.column, Data(caseKey)])
    }

    /// A partner has a row from the first thing that is written of it.
    func ensurePartner(_ partner: OIN) throws {
        try database.change("INSERT OR IGNORE INTO partner (oin) VALUES (?)", [partner.text])
    }
}

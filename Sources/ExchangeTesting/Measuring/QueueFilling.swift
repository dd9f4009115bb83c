import ExchangeCore
import Foundation
import GRDB
import SignalExchange

@_spi(Measuring)
extension LocalNode {
    /// Queues messages for a partner, past the node, which must be down: rows as it writes them itself, many times faster.
    ///
    /// Each is a message of its own, with a copy of the newest envelope of the store. What is not made is what waiting
    /// does not need: storage keys of cases, idempotency keys, and audit leaves.
    ///
    /// - Parameters:
    ///   - partner: should be dead. A node that ran would refuse these messages: they do not open under their ids.
    ///   - progress: is told how many are queued, some times.
    /// - Throws: what the database throws; ``LocalExchangeError`` `message-unknown` where the node has sent nothing yet.
    public func fillQueue(for partner: LocalNode, count: Int, progress: (Int) -> Void = { _ in }) throws {
        let store = try DatabaseQueue(path: handle.folder.store)
        try store.writeWithoutTransaction { database in
            // Nothing is lost with it: where this does not come to its end, the exchange is thrown away.
            try database.execute(
                sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
            let filling = try QueueFilling(database, from: handle.member.oin, to: partner.handle.member)
            for start in stride(from: 0, to: count, by: QueueFilling.chunk) {
                let rows = min(QueueFilling.chunk, count - start)
                try database.inTransaction(.immediate) {
                    for _ in 0..<rows { try filling.add(to: database) }
                    return .commit
                }
                progress(start + rows)
            }
        }
        try store.close()
        // What the disk has still to take would be paid for by what is measured next.
        let file = try FileHandle(forUpdating: URL(filePath: handle.folder.store))
        try file.synchronize()
        try file.close()
    }
}

/// Adds messages and deliveries to a store, one by one.
private final class QueueFilling {
    /// Rows in one transaction.
    static let chunk = 50_000

    private let message: Statement
    private let delivery: Statement
    private let sender: OIN
    private let partner: ExamplePKI.Member
    private let envelope: Data
    private var number: Int64

    init(_ database: Database, from sender: OIN, to partner: ExamplePKI.Member) throws {
        let newest = "SELECT envelope FROM message WHERE is_outgoing = 1 ORDER BY ordinal DESC LIMIT 1"
        guard let envelope = try Data.fetchOne(database, sql: newest) else {
            throw LocalExchangeError(.messageUnknown, "the node has sent no message yet whose envelope could be copied")
        }
        self.envelope = envelope
        self.sender = sender
        self.partner = partner
        try database.execute(sql: "INSERT OR IGNORE INTO partner (oin) VALUES (?)", arguments: [partner.oin.text])
        number =
            try Int64.fetchOne(
                database, sql: "SELECT issued_number FROM partner WHERE oin = ?", arguments: [partner.oin.text]) ?? 0
        message = try database.makeStatement(
            sql: """
                INSERT INTO message (id, digest, type_code, type_version, sender, sender_role, case_reference, priority,
                    created_at, wanted, is_handed_over, is_outgoing, kept_at, envelope)
                VALUES (?, ?, 'SIG-01', 1, ?, 'health', ?, 'asap', ?, 3, 1, 1, ?, ?)
                """)
        delivery = try database.makeStatement(
            sql: """
                INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
                    envelope_bytes, accepted_at, running_digest)
                VALUES (?, ?, ?, ?, ?, 2, ?, ?, ?)
                """)
    }

    func add(to database: Database) throws {
        let now = Timestamp.current
        let id = Data(MessageID(at: now, random: Randomness.bytes16()).bytes)
        let reference = Data(CaseReference(random: Randomness.bytes16()).bytes)
        let digest = Data(Randomness.bytes16().bytes + Randomness.bytes16().bytes)
        number += 1
        try message.execute(
            arguments: [id, digest, sender.text, reference, now.milliseconds, now.milliseconds, envelope])
        try delivery.execute(
            arguments: [
                partner.oin.text, number, id, partner.role.rawValue, reference, envelope.count, now.milliseconds,
                digest,
            ])
    }
}

package import ExchangeCore
import Foundation
import GRDB
import SignalExchange

extension NodeHandle {
    /// Makes all that the node's store holds older, while the node does not run: as if so much time had passed.
    ///
    /// - Throws: what the database throws.
    package func age(by span: Milliseconds) throws {
        let store = try DatabaseQueue(path: folder.store)
        try store.write { database in
            for (table, columns) in [
                ("message", ["kept_at"]), ("inbox", ["moved_at", "received_at", "available_at"]),
                ("delivery", ["accepted_at", "receipted_at", "owned_at", "declined_at", "concluded_at"]),
            ] {
                let changes = columns.map { "\($0) = \($0) - \(span.count)" }.joined(separator: ", ")
                try database.execute(sql: "UPDATE \(table) SET \(changes)")
            }
        }
        try store.close()
    }

    /// Takes away the digests of the envelopes, as in a store of before these were kept.
    ///
    /// - Throws: what the database throws.
    package func forgetEnvelopeDigests() throws {
        let store = try DatabaseQueue(path: folder.store)
        try store.write { try $0.execute(sql: "UPDATE message SET envelope_digest = NULL") }
        try store.close()
    }

    /// Puts a clock into the node's store that is of no message, and is due before all others.
    ///
    /// - Throws: what the database throws.
    package func addClockOfNoMessage() throws {
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = false
        let store = try DatabaseQueue(path: folder.store, configuration: configuration)
        let nobodys = MessageID(at: Timestamp(milliseconds: 0), random: Bytes16(high: 0, low: 0))
        try store.write { database in
            try database.execute(
                sql: "INSERT INTO message_clock (message_id, case_reference, look_at) VALUES (?, zeroblob(16), 0)",
                arguments: [Data(nobodys.bytes)])
        }
        try store.close()
    }

    /// Spoils where a received message stands in the node's inbox, as a failing disk would: nothing reads it any more.
    ///
    /// - Throws: what the database throws.
    package func spoilInboxState(of id: MessageID) throws {
        let store = try DatabaseQueue(path: folder.store)
        try store.write { database in
            try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try database.execute(
                sql: "UPDATE inbox SET state = 'spoiled' WHERE message_id = ?", arguments: [Data(id.bytes)])
        }
        try store.close()
    }

    /// Changes the envelope of a message in the node's store, as a failing disk would: behind the back of the node, which
    /// may run.
    ///
    /// - Throws: ``EnvelopeMissing`` where the store has no such message, and what the database throws.
    package func damageEnvelope(of id: MessageID, _ change: ([UInt8]) -> [UInt8]) throws {
        let store = try DatabaseQueue(path: folder.store)
        try store.write { database in
            let key = Data(id.bytes)
            let found = try Data.fetchOne(
                database, sql: "SELECT envelope FROM message WHERE id = ?", arguments: [key])
            guard let envelope = found else { throw EnvelopeMissing(id: id) }
            try database.execute(
                sql: "UPDATE message SET envelope = ? WHERE id = ?", arguments: [Data(change(Array(envelope))), key])
        }
        try store.close()
    }
}

/// A store has no such message.
package struct EnvelopeMissing: Error, CustomStringConvertible {
    package let id: MessageID
    package var description: String { "the store has no message \(id)" }
}

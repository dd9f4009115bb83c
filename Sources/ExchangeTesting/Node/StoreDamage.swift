package import ExchangeCore
import Foundation
import GRDB
import SignalExchange

extension NodeHandle {
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

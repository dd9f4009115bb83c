import ExchangeCore
import ExchangeTesting
import Foundation
import GRDB
import SignalExchange
import Testing

extension NodeHandle {
    /// Changes the envelope of a message in the node's store, as a failing disk would: behind the back of the node.
    func damageEnvelope(of id: MessageID, _ change: ([UInt8]) -> [UInt8]) throws {
        let store = try DatabaseQueue(path: folder.store)
        try store.write { database in
            let key = Data(id.bytes)
            let found = try Data.fetchOne(
                database, sql: "SELECT envelope FROM message WHERE id = ?", arguments: [key])
            let envelope = try #require(found)
            try database.execute(
                sql: "UPDATE message SET envelope = ? WHERE id = ?", arguments: [Data(change(Array(envelope))), key])
        }
        try store.close()
    }
}

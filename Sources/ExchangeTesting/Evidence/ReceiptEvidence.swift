import ExchangeCMS
import ExchangeCatalogue
package import ExchangeCore
import ExchangeStore
package import Foundation
package import SignalExchange

/// A message as it was signed and the receipt of one recipient, as files: what a third party needs to see that the
/// recipient was told.
package struct ReceiptEvidence: Hashable, Sendable {
    package let messageID: MessageID
    package let type: String
    package let sender: OIN
    package let recipient: OIN
    /// The DER of the message's SignedData. It holds the content in clear.
    package let signedMessage: URL
    /// The DER of the recipient's signed receipt (RFC 2634).
    package let receipt: URL

    /// Writes what a node that has stopped can prove: `<type>-<id>/signed.der`, and `receipt-<oin>.der` beside it.
    ///
    /// The store is opened with the node's own keys, which begins an incarnation as any opening does.
    /// - Parameters:
    ///   - folder: made where it is not there.
    ///   - maximumItems: the newest deliveries, where there are more.
    /// - Throws: `StoreError` where the node still runs, and what reading its keys throws.
    package static func export(
        from node: NodeFolder, to folder: URL, maximumItems: Int = 100_000
    ) async throws -> [ReceiptEvidence] {
        let keys = try NodeKeys.load(from: node)
        let ledger = try await SQLiteLedger.open(
            at: node.store, digest: sha256, random: { randomBytes(count: $0) }, now: NodeClock().now)
        do {
            var filter = DeliveryFilter()
            filter.maximumItems = maximumItems
            let caseKeys = CaseKeys(ledger: ledger, archive: keys.archive)
            var evidence: [ReceiptEvidence] = []
            for entry in try await ledger.deliveries(filter) where entry.transport == .receipted {
                evidence.append(try await write(entry, from: ledger, caseKeys, to: folder))
            }
            try await ledger.close()
            return evidence
        } catch {
            try await ledger.close()
            throw error
        }
    }

    private static func write(
        _ entry: DeliveryEntry, from ledger: SQLiteLedger, _ caseKeys: CaseKeys, to folder: URL
    ) async throws -> ReceiptEvidence {
        let message = entry.message
        let place = folder.appending(path: "\(message.type.code)-\(message.id)")
        let evidence = ReceiptEvidence(
            messageID: message.id, type: message.type.code, sender: message.sender.oin,
            recipient: entry.recipient.oin, signedMessage: place.appending(path: "signed.der"),
            receipt: place.appending(path: "receipt-\(entry.recipient.oin).der"))
        if !FileManager.default.fileExists(atPath: evidence.signedMessage.path) {
            guard let kept = try await ledger.message(message.id) else { throw Missing(messageID: message.id) }
            let key = try await caseKeys.key(for: message.caseReference)
            let stored = try Opener().openStored(try UnverifiedEnvelope(kept.envelope, at: .store), with: key)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(stored.signedData).write(to: evidence.signedMessage)
        }
        try Data(entry.proof).write(to: evidence.receipt)
        return evidence
    }

    /// A delivery's message is not in the store.
    package struct Missing: Error, CustomStringConvertible {
        package let messageID: MessageID
        package var description: String { "the store has a delivery of \(messageID) and not the message" }
    }
}

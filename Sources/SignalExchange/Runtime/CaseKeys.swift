package import ExchangeCMS
package import ExchangeCore
package import ExchangeStore
import Synchronization

/// The storage keys of cases. A case's content is readable only through its key, and the key only through the archive
/// key of the organisation: erasing one row of the store erases the case.
package final class CaseKeys: Sendable {
    /// Enough for the cases of a working day; beyond it keys are unwrapped again.
    private static let cacheMaximumKeys = 4096

    private let ledger: any ExchangeLedger
    private let archive: ArchiveKey
    private let cache = Mutex<[CaseReference: CaseStorageKey]>([:])

    package init(ledger: any ExchangeLedger, archive: ArchiveKey) {
        self.ledger = ledger
        self.archive = archive
    }

    /// A key for a case that begins now, under a reference that was drawn now. It is kept in the transaction that accepts the
    /// case's first message, and is none before that.
    func fresh() throws(CMSError) -> (key: CaseStorageKey, wrapped: [UInt8]) {
        let key = CaseStorageKey()
        return (key, key.identifier + (try archive.wrap(key)))
    }

    /// The key of a case, made and kept where it has none yet.
    package func key(for reference: CaseReference) async throws -> CaseStorageKey {
        if let cached = cache.withLock({ $0[reference] }) { return cached }
        let candidate = CaseStorageKey()
        // Two that ask at once get the same key: the store keeps the first.
        let kept = try await ledger.caseKey(
            for: reference, orKeep: candidate.identifier + (try archive.wrap(candidate)))
        let key = try archive.open(kept)
        cache.withLock { cache in
            if cache.count >= Self.cacheMaximumKeys { cache.removeAll(keepingCapacity: true) }
            cache[reference] = key
        }
        return key
    }
}
